"""A page with explorers as the book builds it, for the tests of the views and for the benchmark."""

from __future__ import annotations

import contextlib
import csv
import io
import re
import time
from pathlib import Path
from xml.etree import ElementTree

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


def becomes(page, ask, wanted, what="", seconds=15):
    """Wait until a function of no argument gives what is wanted. What follows an act of the reader follows some frames later: ask with this, not at once."""
    end = time.monotonic() + seconds
    while (got := ask()) != wanted and time.monotonic() < end:
        page.wait_for_timeout(25)
    assert got == wanted, f"{what or 'it'} became {got!r}, not {wanted!r}"


def changes(page, ask, before, seconds=15):
    """Wait until a function of no argument gives something else than before, and give that."""
    end = time.monotonic() + seconds
    while (got := ask()) == before:
        assert time.monotonic() < end, f"stayed {before!r}"
        page.wait_for_timeout(25)
    return got


def frames(page):
    """Wait for the next frame and the one after it: what an act asked to be drawn has been drawn."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def said(page, name):
    """The sentence of an explorer, once it says the present state (it follows when the hand rests); the picture has followed by then."""
    until(page, f"document.querySelector('#explorer-{name} .explorer-summary').textContent === solubleExplorers['{name}'].summary")
    frames(page)
    return page.locator(f"#explorer-{name} .explorer-summary").inner_text().replace("\u00a0", " ")


def frames(page):
    """Wait for the next frame and the one after it: what an act asked to be drawn has been drawn."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def sentence(page, name):
    """The words of an explorer when they say the present state (they follow when the hand rests); its picture has followed by then."""
    frames(page)
    until(page, f"document.querySelector('#explorer-{name} .explorer-summary').textContent === solubleExplorers['{name}'].summary")
    return page.locator(f"#explorer-{name} .explorer-summary").inner_text().replace("\u00a0", " ")


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


def axe_finds_nothing(page):
    """The accessibility rules of axe-core hold on the page. (It is opened with ``bypass_csp=True`` where a policy is served.)"""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    assert not found, [(v["id"], [n["html"][:150] for n in v["nodes"]][:2]) for v in found]


def in_each_theme(page):
    """Gives the names of the themes, each when the page shows it and has settled."""
    for theme in ("light", "dark"):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        page.wait_for_timeout(300)
        yield theme


def fits(page):
    """Nothing of the page lies outside its width."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.evaluate("document.documentElement.scrollWidth")


def words_stand_free(page, name):
    """No word of an explorer's picture leaves it or lies on another. (Words that are turned round are not looked at.)"""
    figure = page.locator(f"#explorer-{name}")
    boxes = figure.locator(".explorer-chart").evaluate(
        """e => [...e.querySelectorAll('text:not([transform])')].filter(t => t.textContent)
            .map(t => { const b = t.getBBox(); return [t.textContent, b.x, b.y + 3, b.x + b.width, b.y + b.height - 3]; })"""
    )
    width, height = figure.locator(".explorer-stage").evaluate("e => [e.clientWidth, e.clientHeight]")
    outside = [b for b in boxes if not (b[1] >= -1 and b[3] <= width + 1 and b[2] >= -4 and b[4] <= height + 4)]
    assert not outside, ((width, height), outside)
    crowded = [(p[0], q[0]) for i, p in enumerate(boxes) for q in boxes[i + 1 :] if p[1] < q[3] and q[1] < p[3] and p[2] < q[4] and q[2] < p[4]]
    assert not crowded, crowded


def notes_and_rows(text):
    """A CSV that an explorer gave: the lines of its head, and its rows as dictionaries."""
    lines = text.splitlines()
    return [line for line in lines if line.startswith("#")], list(csv.DictReader(io.StringIO("\n".join(line for line in lines if not line.startswith("#")))))


def words_of_the_saved_picture(page):
    """The words of the SVG that an explorer gives; the file stands alone, with neither the page's variables nor its classes."""
    with page.expect_download() as saved:
        page.locator("[data-action=svg]").click()
    text = Path(saved.value.path()).read_text(encoding="utf8")
    assert "var(" not in text and "class=" not in text
    return set(ElementTree.fromstring(text).itertext())


@contextlib.contextmanager
def notebook(browser, serve, folder, widget):
    """The module for Jupyter shows ``widget`` on a page, with a stand-in for the kernel.

    ``kernel.state`` is what the page last told it, ``kernel.send(values)`` tells the page, ``kernel.end()`` closes the widget.
    """
    write_page(folder, [])
    (folder / "explorer.js").write_text("", encoding="utf8")
    with serve(folder) as at:
        page = browser.new_page()
        page.goto(at)
        page.evaluate(
            """async state => {
                const { default: widget } = await import('./explorer.mjs');
                const on = {}, own = { ...state };
                const model = { get: k => own[k], set: (k, v) => Object.assign(own, typeof k === 'string' ? { [k]: v } : k), save_changes: () => Object.assign(state, own),
                                on: (names, f) => names.split(' ').forEach(n => on[n] = f), off() {} };
                const end = await widget.render({ model, el: document.querySelector('main').appendChild(document.createElement('div')) });
                window.kernel = { state, end, send(values) { own.values = state.values = values; on['change:values'](); } };
            }""",
            {k: v for k, v in widget.get_state().items() if k in ("config", "model_code", "values", "scenario", "summary")},
        )
        page.wait_for_selector("figure.explorer[data-state=live]")
        yield page
        page.close()
