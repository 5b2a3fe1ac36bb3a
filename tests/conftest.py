"""What the tests share: a browser, a small web server, the built site."""

from __future__ import annotations

import contextlib
import gzip
import os
import sys
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from explorer_page import opening  # noqa: E402

from soluble.sphinxext import browser as browsers  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
os.environ.setdefault("MPLBACKEND", "agg")
#: How many times slower pages run than they could (``make test SLOW=4``): a test that asks before the page has answered fails then each time.
SLOW = float(os.environ.get("SOLUBLE_SLOW", "1"))


class _Handler(SimpleHTTPRequestHandler):
    """Serves a folder with gzip, as a static host does, and with a content security policy when there is one."""

    protocol_version = "HTTP/1.1"
    zipped = (".html", ".css", ".js", ".mjs", ".json", ".svg", ".txt", ".xml", ".csv")

    def __init__(self, *args, policy=None, **kwargs):
        self.policy = policy
        super().__init__(*args, **kwargs)

    def do_GET(self):
        path = Path(self.translate_path(self.path))
        if path.is_dir():
            path /= "index.html"
        if not path.is_file():
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = path.read_bytes()
        time.sleep(0.01 * (SLOW - 1))
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        if path.suffix in self.zipped:
            body = gzip.compress(body, 6, mtime=0)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        if self.policy:
            self.send_header("Content-Security-Policy", self.policy)
        self.end_headers()
        with contextlib.suppress(ConnectionError):  # a page that is closed early wants no more
            self.wfile.write(body)

    def log_message(self, *args):
        pass


@contextlib.contextmanager
def serving(folder, policy=None):
    """Serve ``folder`` on a free port of this machine; gives the address without the last slash."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(folder), policy=policy))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session")
def serve():
    """The function ``serving``, for tests that make their own folder."""
    return serving


#: Frames and what an observer sees come late on a slow machine, whatever the processor's speed: ``%d`` milliseconds here.
LATE = """{
  const [frame, cancel, asked] = [requestAnimationFrame, cancelAnimationFrame, {}];
  window.requestAnimationFrame = (f) => { const id = setTimeout(() => { asked[id] = frame(f); }, %d); return id; };
  window.cancelAnimationFrame = (id) => { clearTimeout(id); cancel(asked[id]); };
  for (const name of ['IntersectionObserver', 'ResizeObserver']) {
    window[name] = class extends window[name] { constructor(f, options) { super((seen, own) => setTimeout(() => f(seen, own), %d), options); } };
  }
}"""


def slowed(opener):
    """A ``new_page`` or ``new_context`` of playwright, such that its pages run ``SLOW`` times slower."""
    late = LATE.replace("%d", f"{30 * (SLOW - 1):.0f}")

    def page(opens):
        def opening_slowly(**options):
            new = opens(**options)
            new.add_init_script(late)
            new.context.new_cdp_session(new).send("Emulation.setCPUThrottlingRate", {"rate": SLOW})
            return new

        return opening_slowly

    def context(**options):
        new = new_context(**options)
        new.new_page = page(new.new_page)
        return new

    new_context, opener.new_page, opener.new_context = opener.new_context, page(opener.new_page), context


@pytest.fixture(scope="session")
def browser():
    """One Chromium for all tests. A missing browser is an error with a message, never a skip."""
    path = browsers.find()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as p:
        b = p.chromium.launch(executable_path=path, args=browsers.FLAGS)
        if SLOW > 1:
            slowed(b)
        yield b
        b.close()


@pytest.fixture(scope="session")
def html():
    """The folder of the built site."""
    folder = ROOT / "_build" / "html"
    if not (folder / "index.html").exists():
        raise FileNotFoundError(f"{folder} holds no site. Run 'make book' first; 'make test' does so by itself.")
    return folder


@pytest.fixture(scope="session")
def site(html):
    """The address of the built site, served with gzip."""
    with serving(html) as address:
        yield address


@pytest.fixture
def opened(browser, address):
    """``opened(fragment, width=..., ...)`` gives the page of the module's ``address`` with its explorers alive; any error on it fails the test."""
    with opening(browser, address) as go:
        yield go
