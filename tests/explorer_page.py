"""A page with explorers as the book builds it, for the tests of the views and for the benchmark."""

from __future__ import annotations

import contextlib
import re
import time
from pathlib import Path

from soluble import style

DIST = Path(__file__).resolve().parents[1] / "soluble" / "web" / "dist"
POLICY = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"
LIVE = "[...document.querySelectorAll('figure.explorer')].every(f => f.dataset.state === 'live')"


def write_page(folder, widgets, head=""):
    """A page as the book builds it: figures with inert data, models and bundle as files, nothing inline."""
    body = "".join(f"<h2>{w.config['id']}</h2>{w.to_html()}" for w in widgets)
    models = {}

    def take(match):
        models[match[1]] = match[2]
        return ""

    body = re.sub(r'<script type="application/x-soluble-model" data-key="([^"]*)">(.*?)</script>', take, body, flags=re.S)
    for key, code in models.items():
        (folder / f"{key}.js").write_text(code, encoding="utf8")
    for file in DIST.glob("*"):
        (folder / file.name).write_bytes(file.read_bytes())
    colours = "".join(f"--{n}:{c.light};" for n, c in style.css_variables().items())
    dark = "".join(f"--{n}:{c.dark};" for n, c in style.css_variables().items())
    (folder / "page.css").write_text(
        f":root{{{colours}--accent:#0b63a5}}:root[data-theme=dark]{{{dark}--accent:#72bbf7}}"
        "body{margin:0;background:var(--paper);color:var(--ink);font:17px/1.5 sans-serif}main{max-width:46rem;margin:auto;padding:1rem}"
    )
    views = sorted({f"view-{w.config['view']}" for w in widgets if (folder / f"view-{w.config['view']}.js").exists()})
    scripts = "".join(f'<script defer src="{name}.js"></script>' for name in ["kit", *models, *views, "explorer"])
    (folder / "index.html").write_text(
        '<!doctype html><html lang="en"><head><meta charset="utf8"><meta name="viewport" content="width=device-width"><title>Explorers</title>'
        f'<link rel="icon" href="data:,"><link rel="stylesheet" href="page.css"><link rel="stylesheet" href="explorer.css">{head}{scripts}</head>'
        f"<body><main><h1>Explorers</h1>{body}</main></body></html>",
        encoding="utf8",
    )


def until(page, what, seconds=15):
    """Wait until an expression holds. (Playwright's own way polls by eval inside the page, which the strict policy forbids.)"""
    end = time.monotonic() + seconds
    while not page.evaluate(f"() => Boolean({what})"):
        assert time.monotonic() < end, f"never came true: {what}"
        page.wait_for_timeout(25)


@contextlib.contextmanager
def opening(browser, address):
    """Gives ``go(fragment, width, height, **options of a context)``: a page whose explorers all live.

    Whatever the console or a script complains of on any of these pages is an ``AssertionError`` at the end.
    """
    contexts, wrong = [], []

    def go(fragment="", width=1280, height=900, **options):
        context = browser.new_context(viewport={"width": width, "height": height}, accept_downloads=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: wrong.append(str(e)))
        page.goto(f"{address}/{fragment}")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")  # wakes every explorer
        until(page, LIVE)
        return page

    yield go
    for context in contexts:
        context.close()
    assert not wrong, wrong
