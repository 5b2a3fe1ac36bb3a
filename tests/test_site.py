"""The whole built site, as a reader meets it: every page, in a real browser, with every outside request blocked."""

from __future__ import annotations

import contextlib
import gzip
import re
import time
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from conftest import ROOT, serving
from explorer_page import becomes, changes, sentence

from soluble import atlas, evidence

pytestmark = [pytest.mark.site]

HTML = ROOT / "_build" / "html"
WRITTEN = sorted(p.relative_to(HTML).as_posix() for p in HTML.rglob("*.html")) if HTML.exists() else []
FRAMES = [p for p in WRITTEN if p.startswith("chapters/explorer-")]
DECKS = [p for p in WRITTEN if p.startswith("slides/")]  # tests/test_slides.py has their tests
PAGES = [p for p in WRITTEN if p not in FRAMES + DECKS]
IL6 = "chapters/03-il6.html"
EVIDENCE = "chapters/evidence.html"
CHAPTERS = [p for p in PAGES if re.match(r"chapters/\d\d-", p)]
BUDGET = 250_000
POLICY = (HTML / "_assets" / "csp.txt").read_text(encoding="utf8").strip() if HTML.exists() else ""


def test_the_site_is_there():
    """Without this the tests below would be parametrised over nothing."""
    assert IL6 in PAGES, "the site is not built, or the IL-6 chapter is missing: run 'make book'"
    assert len(PAGES) >= 10


def soup_of(page):
    return BeautifulSoup((HTML / page).read_text(encoding="utf8"), "html.parser")


@contextlib.contextmanager
def opened(browser, url, *, theme="light", width=1280, height=900, scripts=True, watch=None):
    """A page with nothing but its own origin reachable. ``watch`` collects what went wrong, in words."""
    watch = [] if watch is None else watch
    context = browser.new_context(
        viewport={"width": width, "height": height}, java_script_enabled=scripts, color_scheme=theme, accept_downloads=True
    )
    context.add_init_script(f"try {{ localStorage.setItem('mode', '{theme}'); localStorage.setItem('theme', '{theme}'); }} catch (e) {{}}")
    origin = "file://" if url.startswith("file:") else "{0.scheme}://{0.netloc}/".format(urlsplit(url))

    def gate(route):
        if route.request.url.startswith((origin, "data:", "blob:")):
            route.continue_()
        else:
            watch.append(f"outside request: {route.request.url}")
            route.abort()

    context.route("**/*", gate)
    page = context.new_page()
    page.on("console", lambda m: watch.append(f"console {m.type}: {m.text}") if m.type == "error" else None)
    page.on("pageerror", lambda e: watch.append(f"script error: {e}"))
    page.on("response", lambda r: watch.append(f"{r.status}: {r.url}") if r.status >= 400 else None)
    page.goto(url, wait_until="load")
    try:
        yield page
    finally:
        context.close()


def settle(page, seconds=60):
    """Wake every explorer as printing does, and wait until it lives. Asked from here: polling inside the page needs eval."""
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    deadline = time.monotonic() + seconds
    while not page.evaluate("[...document.querySelectorAll('figure.explorer')].every(f => f.dataset.state === 'live')"):
        assert time.monotonic() < deadline, page.evaluate("[...document.querySelectorAll('figure.explorer')].map(f => f.id + ': ' + f.dataset.state).join(', ')")
        page.wait_for_timeout(50)


def readable(violations):
    return "\n".join(f"{v['id']}: {v['help']}\n    " + "\n    ".join(n["html"][:200] for n in v["nodes"][:4]) for v in violations)


@pytest.mark.browser
@pytest.mark.parametrize("page", PAGES)
def test_page_is_quiet_accessible_and_fits(browser, site, page):
    """No outside request, no console error, nothing for axe in light and dark; under the strict content security policy nothing is refused,
    everything lives, and nothing scrolls sideways at 360 px."""
    for theme in ("light", "dark"):
        watch = []
        with opened(browser, f"{site}/{page}", theme=theme, watch=watch) as tab:
            settle(tab)
            # What the theme cannot change is asked once; colours are asked in both.
            asked = {"resultTypes": ["violations"]} | ({} if theme == "light" else {"runOnly": ["color-contrast", "link-in-text-block"]})
            found = Axe().run(tab, options=asked).response["violations"]
            assert not found, f"axe in {theme}:\n{readable(found)}"
        assert not watch, "\n".join(watch)
    watch = []
    with serving(HTML, policy=POLICY) as address, opened(browser, f"{address}/{page}", width=360, height=740, watch=watch) as tab:
        settle(tab)
        wide = tab.evaluate("document.documentElement.scrollWidth")
        assert wide <= 360, f"the page is {wide} px wide on a 360 px screen"
    assert not watch, "\n".join(watch)


def test_every_explorer_has_a_page_of_its_own():
    shown = {f"chapters/{f['id']}.html" for page in PAGES for f in soup_of(page).select("figure.explorer")}
    assert shown == set(FRAMES) and len(FRAMES) > 25


@pytest.mark.browser
@pytest.mark.parametrize("page", FRAMES)
def test_an_explorers_own_page_lives_under_the_strict_policy(browser, site, page):
    """Nothing asked of elsewhere, no error, nothing for axe, no sideways scrolling; its links lead to pages that are there."""
    watch = []
    with serving(HTML, policy=POLICY) as address, opened(browser, f"{address}/{page}", width=360, watch=watch) as tab:
        settle(tab)
        assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    assert not watch, "\n".join(watch)
    with opened(browser, f"{site}/{page}", theme="dark", watch=watch) as tab:
        settle(tab)
        found = Axe().run(tab, options={"resultTypes": ["violations"]}).response["violations"]
        assert not found, readable(found)
    assert not watch, "\n".join(watch)
    for link in soup_of(page).select("a[href]"):
        target, _, anchor = link["href"].partition("#")
        if not re.match(r"[a-z]+:", target):
            there = (HTML / page).parent / target
            assert there.is_file() and (not anchor or f'id="{anchor}"' in there.read_text(encoding="utf8")), link["href"]


@pytest.mark.browser
def test_an_explorer_can_be_framed_elsewhere(browser, site, tmp_path):
    """In a page of another origin: it opens at the setting of the address, tells its height and nothing else; the lines to copy do that."""
    with opened(browser, f"{site}/chapters/04-il8.html") as tab:
        settle(tab)
        tab.evaluate("navigator.clipboard.writeText = async text => { window.copied = text; }; solubleExplorers['il8-drugs'].set('dose_B', 1000)")
        tab.locator("#explorer-il8-drugs [data-action=embed]").click()
        lines = changes(tab, lambda: tab.evaluate("window.copied ?? ''"), "")
    assert lines.startswith(f'<iframe src="{site}/chapters/explorer-il8-drugs.html#il8-drugs:') and "dose_B=1000" in lines
    listener = "window.heard = []; addEventListener('message', e => { heard.push(e.data); document.querySelector('iframe').height = e.data.height; })"
    (tmp_path / "index.html").write_text(f"<!doctype html><title>A course</title><link rel=icon href=data:,><script>{listener}</script>{lines}", encoding="utf8")
    with serving(tmp_path) as elsewhere:
        context = browser.new_context(viewport={"width": 900, "height": 700})
        tab = context.new_page()
        tab.goto(f"{elsewhere}/index.html")
        frame = tab.frames[1]
        frame.wait_for_selector("figure[data-state=live]")
        assert frame.evaluate("solubleExplorers['il8-drugs'].values.dose_B") == 1000
        apart = lambda: abs(tab.locator("iframe").bounding_box()["height"] - frame.evaluate("document.documentElement.scrollHeight"))  # noqa: E731
        becomes(tab, lambda: apart() <= 4, True, "a frame without a bar inside and without a gap below")
        heard = tab.evaluate("heard")
        assert heard and all(sorted(h) == ["height", "id", "soluble"] and h["id"] == "il8-drugs" for h in heard)
        context.close()


def test_the_policy_is_strict():
    """What the site asks a host to serve (the pages above live under it) lets no script in but the site's own files."""
    assert "default-src 'self'" in POLICY
    scripts = re.search(r"script-src ([^;]*)", POLICY).group(1)
    assert "unsafe" not in scripts and "http" not in scripts and "*" not in scripts, scripts


@pytest.mark.browser
@pytest.mark.parametrize("page", CHAPTERS)
def test_opens_from_a_folder(browser, page):
    """Through file:// the explorers live and nothing is asked of a network."""
    watch = []
    with opened(browser, (HTML / page).as_uri(), watch=watch) as tab:
        settle(tab)
        assert tab.locator("figure.explorer").count() >= 1
    assert not watch, "\n".join(watch)


@pytest.mark.browser
@pytest.mark.parametrize("page", CHAPTERS)
def test_without_scripts_the_figures_show(browser, site, page):
    """With scripts off, each explorer is its picture and caption, and each hidden answer can be opened."""
    with opened(browser, f"{site}/{page}", scripts=False) as tab:
        for figure in tab.locator("figure.explorer").all():
            box = figure.locator(".explorer-stage svg").first.bounding_box()
            assert box and box["width"] > 200 and box["height"] > 120
            assert figure.locator("figcaption").inner_text().strip()
        assert tab.locator("details").count() >= 3


def loaded_bytes(browser, address):
    """Bytes of everything that a first visit of ``address`` loads, as the gzip server sends them, by URL."""
    sizes = {}
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    tab.on("requestfinished", lambda r: sizes.__setitem__(r.url, r.sizes()["responseBodySize"]))
    tab.goto(address, wait_until="networkidle")
    context.close()
    return sizes


@pytest.mark.browser
@pytest.mark.parametrize("page", [*CHAPTERS, EVIDENCE])
def test_first_visit_is_light(browser, site, page):
    """At most 250 kB over the wire for a chapter, explorers and maths included."""
    sizes = loaded_bytes(browser, f"{site}/{page}")
    total = sum(sizes.values())
    assert total <= BUDGET, f"{total} bytes:\n" + "\n".join(f"{n:8d} {u}" for u, n in sorted(sizes.items(), key=lambda kv: -kv[1]))
    assert total > 20_000, "too little to be true: was the page loaded?"


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    """Each internal link and anchor of the page exists, and nothing is loaded from elsewhere."""
    soup = soup_of(page)
    here = HTML / page
    ids = {}
    lost = []
    for tag, attribute in [("a", "href"), ("img", "src"), ("script", "src"), ("link", "href"), ("form", "action")]:
        for element in soup.find_all(tag, **{attribute: True}):
            url = urlsplit(element[attribute])
            if url.scheme in ("http", "https", "mailto") or element[attribute].startswith("//"):
                if tag != "a" and not (tag == "link" and element.get("rel") in (["canonical"], ["license"])):
                    lost.append(f"<{tag}> from elsewhere: {element[attribute]}")
                continue
            if url.scheme:
                continue
            target = (here.parent / unquote(url.path)).resolve() if url.path else here
            if target.is_dir():
                target /= "index.html"
            if not target.exists():
                lost.append(element[attribute])
            elif url.fragment and tag == "a" and target.suffix == ".html" and "=" not in url.fragment:
                if target not in ids:
                    other = BeautifulSoup(target.read_text(encoding="utf8"), "html.parser")
                    ids[target] = {e["id"] for e in other.find_all(id=True)} | {e["name"] for e in other.find_all("a", attrs={"name": True})}
                if unquote(url.fragment) not in ids[target]:
                    lost.append(element[attribute])
    assert not lost, "\n".join(sorted(set(lost)))


@pytest.mark.parametrize("page", PAGES)
def test_pictures_say_what_they_show(page):
    """Every picture has a text that says something: not a path, not the word figure."""
    poor = []
    for img in soup_of(page).find_all("img"):
        alt = img.get("alt")
        if alt is None or (alt == "" and img.get("role") not in ("presentation", "none")) or "/" in alt or re.search(r"\.(svg|png)$", alt):
            poor.append(str(img)[:160])
    for svg in soup_of(page).find_all("svg", role="img"):
        label = svg.get("aria-label") or (svg.title and svg.title.get_text()) or svg.get("aria-labelledby")
        if not label or len(label) < 4:
            poor.append(str(svg)[:160])
    assert not poor, "\n".join(poor)


@pytest.mark.parametrize("page", CHAPTERS)
def test_chapter_pictures_have_full_descriptions(page):
    """A drawn or computed figure of a chapter is described in a sentence, not a word."""
    article = soup_of(page).find("article") or soup_of(page)
    shown = [i.get("alt", "") for i in article.find_all("img")]
    shown += [s.get("aria-label", "") for s in article.select(".cell_output svg[role=img], figure:not(.explorer) svg[role=img]")]
    assert shown, "the chapter shows no figure"
    assert all(len(text.split()) >= 8 for text in shown), [t for t in shown if len(t.split()) < 8]


@pytest.mark.browser
@pytest.mark.parametrize("page", [p for p in PAGES if 'class="explorer"' in (HTML / p).read_text(encoding="utf8")])
def test_every_explorer_control_changes_picture_words_and_data(browser, site, page):
    """Each control of each explorer of the site: picture, summary sentence and data follow."""
    with opened(browser, f"{site}/{page}") as tab:
        settle(tab)
        for name in tab.evaluate("Object.keys(window.solubleExplorers)"):
            figure = tab.locator(f"figure.explorer[id='explorer-{name}']")
            sliders = figure.locator(".explorer-controls input:is([type=range], [type=checkbox]), .explorer-choices select")
            assert sliders.count() >= 1
            for i in range(sliders.count()):
                state = lambda: tab.evaluate(  # noqa: E731
                    """name => { const x = window.solubleExplorers[name];
                       const f = document.getElementById('explorer-' + name);
                       const drawn = f.querySelector('.explorer-stage svg')?.innerHTML ?? f.querySelector('.explorer-stage canvas').toDataURL();
                       return [drawn, x.summary, JSON.stringify(x.data())]; }""",
                    name,
                )
                slider = sliders.nth(i)
                for alone in (True, False):
                    if not alone:  # the time between doses of nothing changes nothing: move the others first
                        for j in set(range(sliders.count())) - {i}:
                            if sliders.nth(j).get_attribute("type") == "range":
                                at_end = float(sliders.nth(j).input_value()) >= float(sliders.nth(j).get_attribute("max"))
                                sliders.nth(j).press("PageDown" if at_end else "PageUp")
                        tab.wait_for_timeout(1500)
                    before = state()
                    slider.focus()
                    if slider.get_attribute("type") == "checkbox":
                        slider.press("Space")
                    elif slider.get_attribute("type") is None:  # a list: another of its choices
                        slider.select_option(index=0 if slider.evaluate("e => e.selectedIndex") else 1)
                    else:
                        low, high = (float(slider.get_attribute(edge)) for edge in ("min", "max"))
                        slider.press("Home" if float(slider.input_value()) > (low + high) / 2 else "End")
                    for _ in range(50):
                        tab.wait_for_timeout(100)
                        after = state()
                        changed = all(new != old for new, old in zip(after, before, strict=True))
                        if changed:
                            break
                    if changed:
                        break
                what = f"{page}, {name}, {slider.get_attribute('aria-label') or slider.get_attribute('id')}"
                assert after[0] != before[0], f"{what}: the picture stayed"
                assert after[1] != before[1], f"{what}: the sentence stayed: {before[1]}"
                assert after[2] != before[2], f"{what}: the data stayed"
                figure.locator("[data-action=reset]").click()
                tab.wait_for_timeout(60)


HOSTILE = [
    "#{id}:" + "{p}=1e999",
    "#{id}:" + "{p}=NaN",
    "#{id}:" + "{p}=-1e300",
    "#{id}:" + "{p}=<img src=x onerror=window.hacked=1>",
    "#{id}:__proto__=1&constructor=2&toString=3",
    "#{id}:scenario=__proto__",
    "#{id}:scenario=<script>window.hacked=1</script>",
    "#%E0%A4%A",
    "#" + "a" * 100_000,
    "#{id}:" + "&".join(f"x{i}=1" for i in range(5000)),
    "#javascript:window.hacked=1",
]


@pytest.mark.browser
@pytest.mark.parametrize("hash_", HOSTILE, ids=[str(i) for i in range(len(HOSTILE))])
def test_hostile_address_is_harmless(browser, site, hash_):
    """Nonsense, huge and hostile states in the address are clamped or ignored; nothing breaks or runs."""
    watch = []
    with opened(browser, f"{site}/{IL6}") as tab:
        settle(tab)
        name = tab.evaluate("Object.keys(window.solubleExplorers)[0]")
        control = tab.evaluate("n => Object.keys(window.solubleExplorers[n].values)[0]", name)
    filled = hash_.replace("{id}", name).replace("{p}", control)
    with opened(browser, f"{site}/{IL6}{filled}", watch=watch) as tab:
        settle(tab)
        assert tab.evaluate("window.hacked === undefined && ({}).toString instanceof Function && Object.prototype.hasOwnProperty('polluted') === false")
        values = tab.evaluate("n => Object.values(window.solubleExplorers[n].values)", name)
        assert all(isinstance(v, (int, float)) and v == v and abs(v) < 1e308 for v in values), values
        assert tab.evaluate("n => window.solubleExplorers[n].summary.length", name) > 20
        assert "<" not in tab.evaluate("n => window.solubleExplorers[n].summary", name)
    assert not watch, "\n".join(watch)


@pytest.mark.browser
def test_a_number_tells_where_it_comes_from(browser, site):
    """A fact hovered or focused shows interval, n, population, source and where seen; its source resolves."""
    with opened(browser, f"{site}/{IL6}") as tab:
        facts = tab.locator(".fact:has(> a[href*='#fact-'])")  # trials and disagreements have notes of their own
        assert facts.count() >= 20
        rich = None
        for i in range(facts.count()):
            fact = facts.nth(i)
            tip = fact.locator("[role=tooltip]")
            text = tip.text_content()
            assert re.search(r"seen|abstract|table|full text", text, re.I), text
            links = tip.locator("a").evaluate_all("as => as.map(a => a.getAttribute('href'))")
            assert any("references.html#" in h for h in links), links
            if rich is None and re.search(r"interval|95", text, re.I) and re.search(r"\bn\b|patients|participants", text):
                rich = fact
        assert rich is not None, "no fact on the page shows its interval and n"
        tip = rich.locator("[role=tooltip]")
        rich.scroll_into_view_if_needed()
        rich.hover()
        tip.wait_for(state="visible")
        tab.mouse.move(2, 2)
        tip.wait_for(state="hidden")
        rich.evaluate("e => (e.matches('[tabindex]') ? e : e.querySelector('[tabindex], button, a')).focus()")
        tip.wait_for(state="visible")
        tab.keyboard.press("Escape")
        tip.wait_for(state="hidden")


@pytest.mark.browser
@pytest.mark.parametrize("words", ["IL-6", "interleukin-6", "CXCL8", "FGF2", "SDF-1", "tocilizumab"])
def test_search_knows_the_other_names(browser, site, words):
    """Search finds a mediator by any of its names."""
    with opened(browser, f"{site}/search.html?q={words}") as tab:
        tab.wait_for_selector("#search-results li", timeout=10_000)
        assert tab.locator("#search-results li a").count() >= 1


@pytest.mark.browser
@pytest.mark.parametrize("page", [IL6, "index.html", EVIDENCE])
@pytest.mark.parametrize("width", [1280, 360])
def test_no_control_is_dead(browser, site, page, width):
    """Each visible button does something: the page changes, a dialog opens, printing or full screen is asked for."""
    spy = """() => { window.did = 0; new MutationObserver(() => window.did++).observe(document, {subtree: true, childList: true, attributes: true, characterData: true});
        window.print = () => window.did++; Element.prototype.requestFullscreen = function () { window.did++; return Promise.resolve(); };
        addEventListener('hashchange', () => window.did++); }"""
    selector = "button, summary, [role=button], label.overlay, input[type=radio]"
    with opened(browser, f"{site}/{page}", width=width) as tab:
        settle(tab)
        count = tab.locator(selector).count()
    dead = []
    with opened(browser, f"{site}/{page}", width=width) as tab:
        for i in range(count):
            if i % 12 == 0:
                tab.goto("about:blank")
                tab.goto(f"{site}/{page}")
                settle(tab)
                tab.evaluate(spy)
            control = tab.locator(selector).nth(i)
            if not control.is_visible() or not control.is_enabled():
                continue
            tab.evaluate("window.did = 0")
            control.evaluate("e => e.click()")
            answered = lambda: tab.evaluate("window.did") or control.evaluate("e => e.matches(':checked')")  # noqa: E731
            for _ in range(40):
                if answered():
                    break
                tab.wait_for_timeout(50)
            else:
                dead.append(control.evaluate("e => e.outerHTML.slice(0, 160)"))
            tab.keyboard.press("Escape")
    assert not dead, "\n".join(dead)


def loaded_atlas(tab):
    """Bring the facts to the atlas of the page, and wait for them."""
    settle(tab)
    tab.evaluate("() => window.solubleExplorers.atlas.load()")


def atlas_ids(tab):
    return [row[0] for row in tab.evaluate("() => window.solubleExplorers.atlas.data().rows")]


@pytest.mark.browser
@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        ({"mediator": "IL-6"}, lambda f: f["mediator"] == "IL-6"),
        ({"question": "risk"}, lambda f: f["topic"].isin(["risk", "prevention"])),
        ({"people": "NSCLC", "design": "meta-analysis"}, lambda f: (f["people"] == "NSCLC") & (f["design"] == "meta-analysis")),
        ({"ends": "overall survival", "mediator": "VEGF"}, lambda f: f["ends"].map(lambda e: "overall survival" in e) & (f["mediator"] == "VEGF")),
        ({"words": "ridker", "interval": 1}, lambda f: (f["source"] == "ridker2017") & f["ci_low"].notna()),
        ({"mediator": "CCL5", "question": "prognosis"}, lambda f: (f["mediator"] == "CCL5") & (f["topic"] == "prognosis")),
    ],
)
def test_the_atlas_filters_draws_and_lists(browser, site, wanted, fits):
    """For each filter the data are those that pandas finds; picture, list, sentence and address follow."""
    table = atlas.annotated()
    expected = set(table.index[fits(table)])
    with opened(browser, f"{site}/{EVIDENCE}") as tab:
        loaded_atlas(tab)
        figure = tab.locator("#explorer-atlas")
        before = figure.locator(".explorer-stage svg").inner_html()
        tab.evaluate("pairs => Object.entries(pairs).forEach(([k, v]) => window.solubleExplorers.atlas.set(k, v))", wanted)
        becomes(tab, lambda: set(atlas_ids(tab)), expected)
        changes(tab, figure.locator(".explorer-stage svg").inner_html, before)
        words = sentence(tab, "atlas")
        assert re.match(rf"{len(expected)} facts? from" if expected else "No fact of the collection fits", words), words
        assert figure.locator(".explorer-list tbody tr").count() == min(20, len(expected))
        address = changes(tab, lambda: tab.evaluate("location.hash"), "")
        assert all(str(v).split()[0] in unquote(address) for v in wanted.values()), address
    with opened(browser, f"{site}/{EVIDENCE}{address}") as tab:
        loaded_atlas(tab)
        assert set(atlas_ids(tab)) == expected, "the address brings the same choice back"


@pytest.mark.browser
def test_the_atlas_says_in_the_browser_what_python_says(browser, site):
    """The sentence of the first picture, and of one measure of every kind, computed twice."""
    table = atlas.annotated()
    with opened(browser, f"{site}/{EVIDENCE}") as tab:
        settle(tab)
        shown = tab.locator("#explorer-atlas .explorer-summary").inner_text()
        loaded_atlas(tab)
        for name in ("hazard ratio", "odds ratio", "response rate (%)", "area under the curve"):
            tab.evaluate("name => window.solubleExplorers.atlas.set('draw', name)", name)
            assert tab.evaluate("() => window.solubleExplorers.atlas.summary") == atlas.summary(table, name)
        assert shown == atlas.summary(table, "hazard ratio")


@pytest.mark.browser
def test_the_selected_facts_are_a_table_that_the_library_reads(browser, site, tmp_path):
    """What a reader takes along is valid evidence, and can be read and pooled in Python."""
    with opened(browser, f"{site}/{EVIDENCE}#atlas:mediator=IL-1beta&question=treatment") as tab:
        loaded_atlas(tab)
        with tab.expect_download() as download:
            tab.locator("#explorer-atlas [data-action=csv]").click()
        path = tmp_path / "facts.csv"
        download.value.save_as(path)
    table = evidence.facts(path)
    assert set(table["mediator"]) == {"IL-1beta"} and "canopy1-os-hr" in table.index
    assert evidence.pool(table.loc[["canopy1-os-hr", "canopy2-os-hr", "canopya-os-hr"]]).k == 3


@pytest.mark.browser
def test_the_contents_show_where_one_is(browser, site):
    with opened(browser, f"{site}/{IL6}") as page:
        ground = "e => getComputedStyle(e).backgroundColor"
        here, other = page.locator("nav.bd-links li.active > a").first, page.locator("nav.bd-links li:not(.active) > a").last
        assert here.evaluate(ground) != other.evaluate(ground)


@pytest.mark.browser
def test_code_and_what_it_prints_begin_at_the_left(browser, site):
    """The cells of the map of gaps and the cells of a notebook share a class name; no rule of the one may reach the other."""
    with opened(browser, f"{site}/chapters/05-il10.html") as tab:
        sides = tab.evaluate("[...new Set([...document.querySelectorAll('.cell pre')].map((e) => getComputedStyle(e).textAlign))]")
    assert sides and set(sides) <= {"start", "left"}


@pytest.mark.browser
def test_a_dip_between_equal_ends_is_told(browser, site):
    """The sentence of a response names the lowest point, which a look at the two ends would miss."""
    with opened(browser, f"{site}/chapters/05-il10.html#il10-dose:scenario=kept-out") as tab:
        settle(tab)
        said = tab.evaluate("window.solubleExplorers['il10-dose'].summary")
    low = re.search(r"over the range it falls from [\d.]+ to ([\d.]+) near ", said)
    assert low and float(low[1]) < 0.8, said


@pytest.mark.browser
def test_a_cell_of_the_map_sets_the_filter(browser, site):
    """By keyboard: the cell is a link; sentence and list come into view with the focus."""
    with opened(browser, f"{site}/{EVIDENCE}") as tab:
        settle(tab)
        gap = tab.locator(".gap-map a.is-empty").first
        gap.focus()
        tab.keyboard.press("Enter")
        words = tab.locator("#explorer-atlas .explorer-summary")
        becomes(tab, lambda: "it has a gap" in words.inner_text() and words.evaluate("e => e === document.activeElement"), True, "the gap said, with the focus on it")
        full = tab.locator(".gap-map a[href*='mediator=IL-6&question=prediction']")
        count = int(full.get_attribute("aria-label").split(" in all")[0].split()[-1])
        full.click()
        becomes(tab, lambda: len(atlas_ids(tab)), count)
        becomes(tab, lambda: words.evaluate("e => { const b = e.getBoundingClientRect(); return b.top >= 0 && b.bottom <= innerHeight; }"), True, "the sentence in view")


@pytest.mark.browser
@pytest.mark.parametrize("hash_", ["mediator=__proto__", "people=<img src=x onerror=window.hacked=1>", "constructor=1&words=" + "a" * 500, "draw=toString&interval=7", "words=%E0%A4%A"])
def test_a_hostile_address_does_not_move_the_atlas(browser, site, hash_):
    watch = []
    with opened(browser, f"{site}/{EVIDENCE}#atlas:{hash_}", watch=watch) as tab:
        loaded_atlas(tab)
        values = tab.evaluate("() => window.solubleExplorers.atlas.values")
        assert set(values) == {"mediator", "question", "people", "ends", "design", "words", "draw", "interval"}
        assert not any(v for k, v in values.items() if k != "words") and len(values["words"]) <= 60
        assert tab.evaluate("window.hacked === undefined")
    assert not watch, "\n".join(watch)


@pytest.mark.browser
def test_the_atlas_works_from_a_folder_and_its_facts_come_late(browser):
    """Through file:// the facts load when the reader comes to the picture, not before."""
    watch = []
    with opened(browser, (HTML / EVIDENCE).as_uri(), watch=watch, height=800) as tab:
        settle(tab)
        assert tab.evaluate("window.solubleFacts === undefined"), "the facts weigh on the first visit"
        tab.locator("#explorer-atlas .explorer-stage").scroll_into_view_if_needed()
        tab.locator("#explorer-atlas .explorer-list tbody tr").first.wait_for(timeout=10_000)
        assert len(atlas_ids(tab)) == len(evidence.facts())
    assert not watch, "\n".join(watch)


@pytest.mark.browser
def test_without_scripts_each_fact_can_be_reached(browser, site):
    """The first picture shows, and the pages of the families hold every fact once, each with its address."""
    with opened(browser, f"{site}/{EVIDENCE}", scripts=False) as tab:
        box = tab.locator("#explorer-atlas .explorer-stage svg").bounding_box()
        assert box["width"] > 400 and box["height"] > 300
        assert "Drawn: hazard ratio" in tab.locator("#explorer-atlas .explorer-summary").inner_text()
        pages = tab.locator(".families a").evaluate_all("links => links.map(a => a.getAttribute('href'))")
    found = [row["id"].removeprefix("fact-") for page in pages for row in BeautifulSoup((HTML / "chapters" / page).read_text(encoding="utf8"), "html.parser").select("tr[id^=fact-]")]
    assert sorted(found) == sorted(evidence.facts().index)


def test_a_fact_is_two_clicks_from_its_source():
    """From a number in a chapter: one click to the fact, one to the paper; or by its entry in the references, which leads out, too."""
    links = soup_of(IL6).select(".fact a.fact-value[href*='#fact-']")
    sources = soup_of("chapters/references.html")
    assert len(links) >= 20
    for link in links:
        page, _, anchor = link["href"].partition("#")
        row = soup_of((Path("chapters") / page).as_posix().replace("chapters/../", "")).find(id=anchor)
        key = row.select_one("a[href*='references.html#']")["href"].partition("#")[2]
        entry = sources.find(id=key)
        assert row.find("a", href=evidence.references()[key]["url"]), anchor
        assert entry and re.search(r"doi\.org|pubmed", str(entry)), key


def test_nothing_of_this_machine_is_published():
    """No absolute path of the building machine stands in the site."""
    marks = [str(ROOT), str(Path.home()) + "/"]
    found = [
        f"{p.relative_to(HTML)}: {m}"
        for p in HTML.rglob("*")
        if p.is_file() and p.suffix in {".html", ".js", ".css", ".json", ".xml", ".txt", ".ipynb", ".svg", ".csv", ".bib"}
        for m in marks
        if m in p.read_text(encoding="utf8", errors="ignore")
    ]
    assert not found, "\n".join(found)


def test_page_weight_is_measured_as_a_host_sends_it():
    """The stylesheet really is merged: a chapter links at most three, and no script blocks the first paint."""
    soup = soup_of(IL6)
    assert len(soup.find_all("link", rel="stylesheet")) <= 3
    blocking = [s.get("src") for s in soup.find_all("script", src=True) if not (s.has_attr("defer") or s.has_attr("async") or s.get("type") == "module")]
    assert not blocking, blocking
    assert len(gzip.compress((HTML / IL6).read_bytes(), 6)) < 120_000
