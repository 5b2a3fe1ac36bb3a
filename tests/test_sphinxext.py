"""The Sphinx extension, piece by piece, on small fixtures; the whole site is tested in test_site.py."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup

from soluble import notebooks, style
from soluble.sphinxext import assets, icons, mathml, mediators, rebuild, styles, svg, weight

FACTS = """id,source,mediator
one-hr,a2020,IL-6
two-hr,b2021,IL-6
"""
TRIALS = """id,name,facts
first,FIRST,one-hr
second,SECOND,two-hr
"""
DISAGREEMENTS = """# Contradictions
- id: this
  side_a: {facts: [one-hr]}
- id: that
  side_a: {facts: [two-hr]}
"""


# --- equations ----------------------------------------------------------------------------------------------------


def test_latex_becomes_mathml():
    made = mathml.to_mathml(r"\frac{dT}{dt} = a T (1 - bT)", "block")
    assert made.startswith("<math") and "<mfrac>" in made and 'display="block"' in made


@pytest.mark.parametrize("latex", [r"\nosuchcommand{x}", r"\frac{1}", r"\left( x", r"x_{1"])
def test_latex_that_cannot_be_set_is_an_error(latex):
    with pytest.raises(mathml.UnsupportedLaTeX):
        mathml.to_mathml(latex)


# --- style sheets ---------------------------------------------------------------------------------------------------


def used(*words, tags=(), ids=()):
    return styles.Used(tags={"html", "body", *tags}, ids=set(ids), words=set(words))


@pytest.mark.parametrize(
    ("css", "kept"),
    [
        (".a{color:red}", True),
        (".b{color:red}", False),
        (".a .b{color:red}", False),
        (".a:not(.b){color:red}", True),
        ("p.a{color:red}", False),
        ("html .a:hover{color:red}", True),
        ("#here{color:red}", True),
        ("#there{color:red}", False),
        ("@media print{.a{color:red}}", True),
        ("@media print{.b{color:red}}", False),
        ("@font-face{font-family:'Font Awesome 6 Free';src:url(x)}", False),
        (".a{animation:turn 1s}@keyframes turn{to{rotate:1turn}}", True),
    ],
)
def test_only_reachable_rules_are_kept(css, kept):
    out = styles.squeeze([css], used("a", ids=["here"]))
    assert bool(out) is kept, out


def test_squeezing_keeps_meaning():
    out = styles.squeeze(['.a > .a::before { content: "a ; b {" ; margin : 0 auto;\n}\n/* gone */ .b, .a{width:calc(1px + 2px)}'], used("a"))
    assert '.a>.a::before{content:"a ; b {";margin:0 auto}' in out and ".a{width:calc(1px + 2px)}" in out and "gone" not in out


def test_properties_that_nobody_asks_for_go():
    out = styles.squeeze([":root{--pst-a:1;--pst-b:var(--pst-a);--pst-c:2;--ink:#111}.a{color:var(--pst-b)}"], used("a"))
    assert "--pst-c" not in out and "--pst-a:1" in out and "--ink" in out


def test_keyframes_that_nobody_uses_go():
    assert styles.squeeze(["@keyframes idle{from{top:0}to{top:1px}}.a{top:0}"], used("a")) == ".a{top:0}"


def test_palette_has_each_colour_in_both_forms():
    css = styles.palette()
    for name, colour in style.css_variables().items():
        assert f"--{name}:{colour.light};" in css and f"--{name}:{colour.dark};" in css


# --- pictures -------------------------------------------------------------------------------------------------------

DRAWING = f"""<?xml version="1.0"?><!DOCTYPE svg><svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
 width="360pt" height="180pt" viewBox="0 0 360 180" version="1.1"><metadata>secret</metadata>
<defs><style type="text/css">*{{stroke-linejoin: round; stroke-linecap: butt}}</style><path id="mark" d="M 0.123456 1"/></defs>
<g id="unused"><path style="fill: {style.INK}; stroke: {style.MEDIATORS["IL-6"].light}" d="M 10.123456 20.98765 L 3 4"/></g>
<use xlink:href="#mark"/><text style="font: 11px 'Source Sans 3', 'Arial', sans-serif">{style.INK} 0.123456</text></svg>"""


def test_a_picture_follows_the_readers_colours():
    made = svg.inlined(DRAWING, "p1", 'Rising "then" falling')
    assert "fill: currentColor; stroke: var(--med-il-6)" in made
    assert 'role="img" aria-label="Rising &quot;then&quot; falling"' in made
    assert ">" + style.INK + " 0.123456<" in made, "what stands as text stays as it is"
    assert "secret" not in made and "<style" not in made and "xml version" not in made


def test_pictures_do_not_share_ids():
    one, two = svg.inlined(DRAWING, "p1", "x"), svg.inlined(DRAWING, "p2", "x")
    ids = [set(re.findall(r'id="([^"]+)"', s)) for s in (one, two)]
    assert ids[0] == {"p1", "p1-mark"} and not ids[0] & ids[1]
    assert 'href="#p1-mark"' in one and "unused" not in one


def test_a_pictures_style_reaches_only_itself():
    made = svg.inlined(f'<svg viewBox="0 0 100 10"><style>.a{{fill:{style.INK}}}</style><path class="a" d="M0 0"/></svg>', "p1", "x")
    assert "<style>#p1{.a{fill:currentColor}}</style>" in made and 'id="p1"' in made


# --- pages ----------------------------------------------------------------------------------------------------------

PAGE = """<!DOCTYPE html><html lang="en"><head><title>x</title><link rel="stylesheet" href="../_static/theme.css"/>
<meta name="viewport" content="a"/><meta name="viewport" content="b"/><script src="../_static/theme.js"></script></head>
<body><main role="main"><article><h1>Title</h1>BODY</article></main></body></html>"""


def page(tmp_path, body):
    (tmp_path / "chapters").mkdir(exist_ok=True)
    (tmp_path / "chapters" / "x.html").write_text(PAGE.replace("BODY", body), encoding="utf8")
    return assets.Page("chapters/x.html", tmp_path)


def test_the_themes_scripts_and_sheets_go(tmp_path):
    made = page(tmp_path, "<p>text</p>")
    made.strip()
    assert not made.soup.select("script, link[rel=stylesheet]") and len(made.soup.select("meta[name=viewport]")) == 1


def test_code_keeps_its_empty_lines(tmp_path):
    made = page(tmp_path, "<p>a</p>\n\n\n<pre>x = 1\n\n\ny = 2</pre>\n\n\n<p>b</p>").text()
    assert "x = 1\n\n\ny = 2" in made and "</p>\n\n" not in made


def test_pandas_heads_become_one_row_with_texts(tmp_path):
    made = page(
        tmp_path,
        '<table border="1" class="dataframe"><thead><tr style="x"><th></th><th>a</th></tr><tr><th>what</th><th></th></tr></thead>'
        "<tbody><tr><th>r</th><td>1</td></tr></tbody></table>",
    )
    made.mend_tables()
    assert [th.text for th in made.soup.select("thead th")] == ["what", "a"]
    assert made.soup.select_one("tbody th")["scope"] == "row" and made.soup.select_one(".table-scroll > table")


def test_names_are_not_broken_at_their_hyphen(tmp_path):
    made = page(tmp_path, "<p>IL-6, sIL-6R and PD-1 but not well-known; <code>IL-6</code></p>")
    made.hold_names()
    assert [n.text for n in made.soup.select(".nb")] == ["IL-6", "sIL-6R", "PD-1"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("<button onclick='go()'>x</button>", "inline handler"),
        ("<script src='https://cdn.example/x.js'></script>", "from elsewhere"),
        ("<script>alert(1)</script>", "inline script"),
    ],
)
def test_what_the_policy_would_refuse_stops_the_build(tmp_path, body, says):
    with pytest.raises(assets.PageError, match=says):
        page(tmp_path, body).strip()


def test_icons_are_drawn_and_unknown_ones_stop_the_build(tmp_path):
    made = page(tmp_path, '<i class="fa-solid fa-bars"></i>')
    made.draw_icons()
    assert 'class="icon"' in made.text() and "fa-bars" not in made.text()
    with pytest.raises(assets.PageError, match="fa-rainbow"):
        page(tmp_path, '<i class="fa-solid fa-rainbow"></i>').draw_icons()
    with pytest.raises(KeyError, match="there are"):
        icons.icon("rainbow")


def test_a_picture_without_words_stops_the_build(tmp_path):
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters" / "a.svg").write_text(DRAWING, encoding="utf8")
    made = page(tmp_path, '<img src="a.svg" alt="Cells and ligands"/>')
    made.draw_pictures()
    assert 'aria-label="Cells and ligands"' in made.text() and "viewBox" in made.text()
    for body in ('<img src="a.svg"/>', '<img src="a.svg" alt="../chapters/a.svg"/>'):
        with pytest.raises(assets.PageError, match="alt text"):
            page(tmp_path, body).draw_pictures()


EXPLORER = (
    f'<figure class="explorer" id="explorer-a" data-view="forest"><div class="explorer-stage"><svg viewBox="0 0 9 9"><path stroke="{style.INK}"/></svg></div>'
    '<figcaption>A tumour over time.</figcaption><script type="application/json" class="explorer-config">{"a": "<b>"}</script>'
    '<script type="application/x-soluble-model" data-key="m-1">(globalThis.solubleModels ||= {})["m-1"] = {a: 1 < 2 && true};</script></figure>'
)


def test_an_explorers_model_becomes_a_file_and_its_bundle_is_loaded(tmp_path):
    made = page(tmp_path, EXPLORER)
    made.strip()
    made.theme_explorers()
    assert made.models == {"m-1": '(globalThis.solubleModels ||= {})["m-1"] = {a: 1 < 2 && true};'}
    made.load({"book.css": "1", "book.js": "1", "explorer.css": "1", "explorer.js": "1", "kit.js": "1", "view-forest.js": "1", "view-field.js": "1", "models/m-1.js": "1"})
    text = made.text()
    assert [s["src"].split("?")[0] for s in made.soup.select("script[src]")] == [
        "../_assets/book.js",
        "../_assets/kit.js",
        "../_assets/models/m-1.js",
        "../_assets/view-forest.js",
        "../_assets/explorer.js",
    ]
    assert all(s.has_attr("defer") for s in made.soup.select("script[src]"))
    assert '{"a": "<b>"}' in text and "currentColor" in text and 'aria-label="A tumour over time."' in text


def test_a_page_without_explorers_loads_none(tmp_path):
    made = page(tmp_path, "<p>text</p>")
    made.load({"book.css": "1", "book.js": "1", "explorer.css": "1", "explorer.js": "1"})
    assert "explorer" not in made.text()


def test_the_policy_allows_the_one_inline_line_and_no_other():
    digest = base64.b64encode(hashlib.sha256(assets.FIRST_LINE.encode()).digest()).decode()
    said = assets.policy()
    assert f"'sha256-{digest}'" in said and "default-src 'self'" in said
    assert "unsafe" not in said.replace("style-src 'self' 'unsafe-inline'", "")


# --- mediators --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [("IL-6", "interleukin-6"), ("IL-8", "CXCL8"), ("bFGF", "FGF2"), ("CXCL12", "SDF-1"), ("TGF-β", "TGF-beta"), ("IL 6", "IL6"), ("IL‑1β", "IL1B")],
)
def test_all_names_of_a_mediator_are_one_word(one, other):
    assert mediators.words_of(one) == mediators.words_of(other) != []


def test_a_name_inside_a_word_is_no_mediator():
    assert mediators.words_of("MMPX") == ["mmpx"] and "il6" not in mediators.words_of("IL-60")


def test_no_two_mediators_share_a_name(tmp_path):
    assert len(mediators.mediators()) >= 9
    path = tmp_path / "m.yaml"
    path.write_text("- {name: A, long: a factor, synonyms: [X]}\n- {name: B, long: b factor, synonyms: [x]}\n")
    with pytest.raises(ValueError, match="both A and B"):
        mediators.mediators(path)


# --- rebuilding -------------------------------------------------------------------------------------------------------


@pytest.fixture
def tree(tmp_path):
    for name, text in {
        "models/a-2000.yaml": "a",
        "models/b-2001.yaml": "b",
        "evidence/facts.csv": FACTS,
        "evidence/trials.csv": TRIALS,
        "evidence/disagreements.yaml": DISAGREEMENTS,
        "evidence/mediators.yaml": "[]",
        "references.bib": "",
        "soluble/model.py": "1",
        "soluble/teaching.py": "1",
        "soluble/sphinxext/facts.py": "1",
        "course/notes/01-network.yaml": "[]",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("text", "changed", "again"),
    [
        ('```{code-cell}\nload_model("a-2000")\n```', "models/a-2000.yaml", True),
        ('```{code-cell}\nload_model("a-2000")\n```', "models/b-2001.yaml", False),
        ("```{code-cell}\n1\n```", "soluble/model.py", True),
        ("only words", "soluble/model.py", False),
        ("only words", "soluble/sphinxext/facts.py", True),
        ("{fact}`one-hr|ci`", "one-hr", True),
        ("{fact}`one-hr|ci`", "two-hr", False),
        ('fact("two-hr")', "two-hr", True),
        ("{trial}`first`", "one-hr", True),
        ("{trial}`first`", "two-hr", False),
        ("{trial}`a trial <second>`", "two-hr", True),
        ("{trial}`first`", "evidence/trials.csv", True),
        ("{disagree}`both sides <this>`", "one-hr", True),
        ("{disagree}`this`", "two-hr", False),
        ("{disagree}`this`", "evidence/disagreements.yaml", True),
        ("```{evidence-table}\n```", "two-hr", True),
        ("The evidence is thin.", "two-hr", False),
        ("from soluble import evidence, style", "two-hr", True),
        ("```{model-sheets}\n```", "models/b-2001.yaml", True),
        ("```{question-bank}\n```", "course/notes/01-network.yaml", True),
        ("```{question-bank}\n```", "two-hr", True),
        ("only words", "course/notes/01-network.yaml", False),
    ],
)
def test_a_page_is_read_again_when_what_it_rests_on_changes(tree, text, changed, again):
    before = rebuild.digest(text, tree, tree / "soluble")
    if changed.endswith("-hr"):
        path = tree / "evidence" / "facts.csv"
        path.write_text(path.read_text().replace(f"{changed},", f"{changed},new"))
    else:
        (tree / changed).write_text("changed")
    assert (rebuild.digest(text, tree, tree / "soluble") != before) is again


def links_of(address, site_branch="", hub=""):
    from types import SimpleNamespace

    from soluble.sphinxext import context

    config = SimpleNamespace(html_theme_options={"repository_url": address, "repository_branch": ""}, soluble_site_branch=site_branch, soluble_hub=hub)
    env = SimpleNamespace(doc2path=lambda name, base: f"{name}.md")
    return [link["href"] for link in context.repository_links(SimpleNamespace(config=config, env=env), "chapters/03-il6")]


def test_no_link_to_a_repository_that_is_not_named():
    assert links_of("") == links_of("", "gh-pages", "https://hub.example.org") == []
    found = links_of("https://github.com/someone/book/")
    assert "https://github.com/someone/book/edit/main/chapters/03-il6.md" in found
    assert "https://mybinder.org/v2/gh/someone/book/main?urlpath=lab/tree/notebooks/student/03-il6.ipynb" in found
    assert any("/issues/new" in a for a in found) and not any("git-pull" in a for a in found)
    assert not any("colab" in a for a in found), "Colab opens notebooks, which the source does not hold"
    found = links_of("https://github.com/someone/book/", "gh-pages")
    assert "https://colab.research.google.com/github/someone/book/blob/gh-pages/downloads/03-il6.ipynb" in found


@pytest.mark.parametrize(
    ("site_branch", "branch", "path"),
    [("", "main", "book/chapters/03-il6.md"), ("gh-pages", "gh-pages", "book/downloads/03-il6.ipynb")],
)
def test_a_hub_pulls_the_repository_and_opens_the_chapter(site_branch, branch, path):
    """The form that nbgitpuller documents: repo, branch, and a path that begins with the folder of the repository."""
    for address in ("https://github.com/someone/book/", "https://git.example.org/someone/book.git"):
        (link,) = (a for a in links_of(address, site_branch, "https://hub.example.org/") if "git-pull" in a)
        assert link.startswith("https://hub.example.org/hub/user-redirect/git-pull?")
        assert parse_qs(urlsplit(link).query) == {"repo": [address.rstrip("/")], "branch": [branch], "urlpath": [f"lab/tree/{path}"]}


# --- notebooks --------------------------------------------------------------------------------------------------------


def test_a_chapter_becomes_plain_markdown():
    text = (
        "(label)=\n# Title\n\nSee {ref}`the puzzle <puzzle>` and {term}`SBML`.\n\n:::{admonition} Key points\n:class: key-points\n- one\n:::\n\n"
        "::::{exercise} Try\n:id: x\n:kind: recall\n:minutes: 5\n\nWhy?\n::::\n\n:::{hint}\nThink.\n:::\n\n```{evidence-table}\n```\n"
        ":::{quiz}\nWhich?\n\n- [x] this\n\n  Because.\n- [ ] that\n\n  No.\n:::\n"
    )
    made = notebooks.plain(text)
    assert "{" not in made and "(label)=" not in made and "the puzzle and SBML" in made
    assert "> **Key points**" in made and "### Exercise: Try" in made and "*recall · 5 min*" in made
    assert "<details><summary>Hint</summary>" in made
    assert "- this" in made and "Right. Because." in made and "Not so. No." in made and "[x]" not in made


def test_facts_trials_and_disagreements_are_words_in_a_notebook():
    made = notebooks.plain("{fact}`canopy1-os-hr`, {trial}`canopy-1`, {trial}`the last <canopy-a>`, {disagree}`open <il8-dynamics>`, {disagree}`il8-dynamics`")
    assert made == "0.87, CANOPY-1, the last, open, disputed"


def test_a_chapters_references_are_its_own(tmp_path):
    bib = tmp_path / "r.bib"
    bib.write_text("@article{a2020,\n  title = {A},\n}\n\n@article{b2021,\n  title = {B {x}},\n}\n", encoding="utf8")
    assert notebooks.bibtex({"b2021"}, bib).strip() == "@article{b2021,\n  title = {B {x}},\n}"


# --- weight -----------------------------------------------------------------------------------------------------------


def test_a_page_weighs_what_it_loads(tmp_path):
    (tmp_path / "a.css").write_text("@font-face{src:url(f.woff2?v=1)}" + "a{b:c}" * 100)
    (tmp_path / "f.woff2").write_bytes(bytes(range(256)))
    (tmp_path / "a.js").write_text("x=1;" * 500)
    (tmp_path / "p.html").write_text('<link rel="stylesheet" href="a.css?v=2"><script defer src="a.js"></script><a href="https://x.org">y</a>')
    found = {path.name: count for path, count in weight.weigh(tmp_path / "p.html").items()}
    assert set(found) == {"p.html", "a.css", "a.js", "f.woff2"} and found["f.woff2"] == 256 and found["a.js"] < 100


# --- in Sphinx --------------------------------------------------------------------------------------------------------

SOURCE = """# Page

{fact}`canopy1-os-hr|ci` and {fact}`canopy1-os`.

{trial}`canopy-1`, {trial}`the second trial <canopy-2>`, {trial}`canopy-9`, {disagree}`il1b-prevention-or-treatment`,
{disagree}`both sides <il1b-prevention-or-treatment>` and {disagree}`il1b`.

$$\\nosuchcommand$$

:::{exercise} Try this
:id: try-this
:kind: recall
:minutes: 3

Why?
:::

:::{hint}
Think.
:::

:::{solution} try-this
So.
:::

:::{quiz}
Which one?

- [x] this

  Because it *is*.
- [ ] that

  It is not.
:::

:::{quiz}
No feedback?

- [x] this
- [ ] that
:::

:::{solution} nowhere
:::
"""


def through_sphinx(folder, **more):
    """One small page through Sphinx: the folder of the site and the warnings."""
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace

    (folder / "index.md").write_text(SOURCE, encoding="utf8")
    warnings = io.StringIO()
    settings = {
        "extensions": ["myst_parser", "soluble.sphinxext.facts", "soluble.sphinxext.teaching", "soluble.sphinxext.mathml"],
        "myst_enable_extensions": ["colon_fence", "dollarmath"],
        "html_math_renderer": "mathml",
        "html_theme": "basic",
        "soluble_references": "index",
        "soluble_evidence": "index",
    }
    with docutils_namespace():
        app = Sphinx(folder, None, folder / "out", folder / "trees", "html", confoverrides=settings | more, status=None, warning=warnings)
        app.build()
    return folder / "out", warnings.getvalue()


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The page's HTML and the warnings."""
    site, warnings = through_sphinx(tmp_path_factory.mktemp("book"))
    return BeautifulSoup((site / "index.html").read_text(encoding="utf8"), "html.parser"), warnings


def test_the_edition_for_a_course_holds_no_solution(tmp_path, built):
    assert "Solution" in built[0].text and "So." in built[0].text
    site, _ = through_sphinx(tmp_path, soluble_solutions=False, html_copy_source=False)
    assert "Think." in (site / "index.html").read_text(encoding="utf8")
    for file in site.rglob("*"):
        if file.is_file():
            text = file.read_text(encoding="utf8", errors="ignore")
            assert "So.</p>" not in text and '"solution"' not in text.lower() and ">Solution<" not in text, file.name


def test_a_fact_tells_where_it_comes_from(built):
    fact = built[0].select_one(".fact")
    value, tip = fact.select_one("a.fact-value"), fact.select_one("[role=tooltip]")
    assert "0.87 (95 % CI 0.70–1.10)" in value.text and value["href"].endswith("#fact-canopy1-os-hr")
    assert value["aria-describedby"] == tip["id"]
    words = tip.get_text(" ")
    for part in ("Interval", "0.70–1.10", "Population", "Comparison", "End point", "Seen in", "abstract", "Source:"):
        assert part in words, part
    assert any(re.search(r"#\w+\d{4}$", a["href"]) for a in tip.select("a"))


def noted(built, address):
    """The texts that lead to this place, and the notes beside them in words."""
    values = built[0].select(f"a.fact-value[href$='{address}']")
    notes = [v.parent.select_one("[role=tooltip]") for v in values]
    assert all(v["aria-describedby"] == n["id"] for v, n in zip(values, notes, strict=True))
    return [v.text for v in values], [n.get_text(" ") for n in notes]


def test_a_trial_tells_axis_drug_setting_result_and_source(built):
    (name,), (words,) = noted(built, "#trial-canopy-1")
    assert name == "CANOPY-1"
    for part in ("IL-1β", "canakinumab with pembrolizumab", "placebo", "first line", "643", "0.87 (95 % CI 0.70–1.10)", "negative", "Tan et al. 2024"):
        assert part in words, part
    assert noted(built, "#trial-canopy-2")[0] == ["the second trial"]


def test_a_disagreement_tells_both_sides(built):
    texts, notes = noted(built, "#disagreement-il1b-prevention-or-treatment")
    assert texts == ["disputed", "both sides"]
    for part in ("One side", "0.33 (95 % CI 0.18–0.59)", "The other", "0.94 (95 % CI 0.78–1.14)", "To decide"):
        assert part in notes[0], part


def test_an_unknown_id_is_a_warning_with_the_nearest_names(built):
    assert "no fact 'canopy1-os'; near: canopy1-os-hr" in built[1]
    assert "no trial 'canopy-9'; near: canopy-" in built[1] and "trials.csv" in built[1]
    assert "no disagreement 'il1b'" in built[1] and "disagreements.yaml" in built[1]


def test_latex_that_cannot_be_set_is_a_warning(built):
    assert "LaTeX that cannot become MathML" in built[1] and "nosuchcommand" in built[1]


def test_an_exercise_is_a_named_section_and_its_answers_are_folded(built):
    section = built[0].select_one("section.exercise#try-this")
    assert section["aria-labelledby"] == "try-this-title" and "3 min" in section.text and "Recall" in section.text
    assert [d.summary.text for d in built[0].select("details.folded")] == ["Hint", "Solution"]


def test_a_quiz_can_be_read_without_scripts(built):
    quiz = built[0].select_one("form.quiz")
    assert quiz.fieldset.legend.get_text(strip=True) == "Which one?"
    answers = quiz.select(".quiz-answer")
    assert [a["data-right"] for a in answers] == ["true", "false"]
    assert all(a.select_one("label > input[type=radio]") and a.select_one("details > summary") for a in answers)
    assert "Right. Because it is." in " ".join(answers[0].select_one(".quiz-why").get_text().split())
    assert quiz.select_one("[aria-live=polite]") is not None and len({i["name"] for i in quiz.select("input")}) == 1


def test_a_quiz_without_feedback_and_a_solution_without_exercise_are_errors(built):
    assert "has no feedback beneath it" in built[1] and "there is no exercise 'nowhere'" in built[1]


# --- building ---------------------------------------------------------------------------------------------------------


def test_building_elsewhere_says_where_to_go(tmp_path, capsys):
    from soluble.sphinxext import build

    assert build.build(tmp_path) == 2
    assert "top folder of the repository" in capsys.readouterr().err


def test_a_failed_build_fails_loudly(tmp_path, capsys, monkeypatch):
    from soluble.sphinxext import build

    (tmp_path / "_config.yml").write_text("")
    monkeypatch.setattr(build, "COMMAND", ["-c", "raise SystemExit(1)"])
    assert build.build(tmp_path) == 1
    assert "not built" in capsys.readouterr().err
