"""What the templates know of a page: icons, downloads, links to the repository, the line above a chapter's title."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import quote, urlencode

import soluble
from docutils import nodes
from markupsafe import Markup
from sphinx.application import Sphinx

from . import assets, atlas, cite, icons, mediators, terms

HERE = Path(__file__).parent
CHAPTER = re.compile(r"(?:.*/)?(\d\d)-[\w-]+$")

# How kernels behave while the book is built: pictures as SVG, and a number of NumPy printed as a number.
KERNEL = """\
from IPython.lib import pretty

pretty.for_type(float, lambda number, printer, cycle: printer.text(float.__repr__(number)))
c.InlineBackend.figure_formats = {"svg"}
c.IPKernelApp.log_level = 40
"""


def settings(app: Sphinx, config) -> None:
    """Own templates come before the theme's; notebooks run for the static page and draw as SVG."""
    config.templates_path.insert(0, str(HERE / "templates"))
    os.environ["SOLUBLE_STATIC"] = "1"
    if os.environ.get("SOLUBLE_EDITION") == "course":
        config.soluble_solutions = False
    profile = Path(app.doctreedir).parent / ".ipython"
    (profile / "profile_default").mkdir(parents=True, exist_ok=True)
    (profile / "profile_default" / "ipython_kernel_config.py").write_text(KERNEL, encoding="utf8")
    os.environ["IPYTHONDIR"] = str(profile)


def page(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Give the templates what they show (Sphinx calls this before it writes a page)."""
    context["icon"] = lambda name: Markup(icons.icon(name))
    context["page_source_suffix"] = ".md" if doctree is not None else ""
    context["downloads"] = [
        {**item, "href": context["pathto"](item["file"], 1)} for item in getattr(app.env, "soluble_downloads", {}).get(pagename, [])
    ]
    context["repository_links"] = list(repository_links(app, pagename)) if doctree is not None else []
    if CHAPTER.match(pagename):
        context["chapter"] = pagename.rpartition("/")[2]
        context["citations"] = Markup("".join(cite.html(cite.work(app, name), what) for name, what in ((pagename, "This chapter"), ("", "The book"))))
    if doctree is not None:
        context["description"] = summary(doctree)
        context["metatags"] = context.get("metatags", "")


def repository_links(app: Sphinx, pagename: str):
    """Links that need the repository's address; none while the setting is empty."""
    options = app.config.html_theme_options
    address = (options.get("repository_url") or "").rstrip("/")
    if not address:
        return
    branch = options.get("repository_branch") or "main"
    source = app.env.doc2path(pagename, False)
    yield {"href": address, "icon": "branch", "text": "Repository"}
    yield {"href": f"{address}/edit/{branch}/{source}", "icon": "edit", "text": "Suggest an edit"}
    yield {"href": f"{address}/issues/new?title={quote('On ' + source)}", "icon": "bulb", "text": "Report a problem"}
    if not CHAPTER.match(pagename):
        return
    stem, site, hub = pagename.rpartition("/")[2], app.config.soluble_site_branch, app.config.soluble_hub.rstrip("/")
    if "github.com/" in address:
        place = address.split("github.com/")[1]
        binder = f"https://mybinder.org/v2/gh/{place}/{branch}?urlpath={quote(f'lab/tree/notebooks/student/{stem}.ipynb')}"
        yield {"href": binder, "icon": "rocket", "text": "JupyterLab on Binder"}
        if site:  # Colab opens .ipynb files that lie in a repository; a chapter's source is none, the built site holds one
            yield {"href": f"https://colab.research.google.com/github/{place}/blob/{site}/downloads/{stem}.ipynb", "icon": "rocket", "text": "Open in Colab"}
    if hub:
        wanted, path = (site, f"downloads/{stem}.ipynb") if site else (branch, source)
        pull = {"repo": address, "branch": wanted, "urlpath": f"lab/tree/{address.rpartition('/')[2].removesuffix('.git')}/{path}"}
        yield {"href": f"{hub}/hub/user-redirect/git-pull?{urlencode(pull)}", "icon": "rocket", "text": "JupyterLab on our hub"}


def summary(doctree: nodes.document, length: int = 180) -> str:
    """The first paragraph of a section that says something, cut at a word."""
    for paragraph in doctree.findall(nodes.paragraph):
        if isinstance(paragraph.parent, nodes.section) and len(paragraph.astext()) > 40:
            text = " ".join(paragraph.astext().split()).removeprefix("In one sentence. ")
            return text if len(text) <= length else text[:length].rsplit(" ", 1)[0].rstrip(",;:") + "…"
    return ""


def parts(app: Sphinx) -> dict[str, str]:
    """The caption of the part that holds each document, from ``_toc.yml``."""
    site_map = app.config.external_site_map
    found = {}
    for part in site_map.root.subtrees:
        for item in part.items:
            found[str(item)] = part.caption or ""
    return found


def chapters(app: Sphinx) -> dict[str, dict[str, str]]:
    """Number, part and colour of each chapter that is written."""
    captions = parts(app)
    out = {}
    for name in app.env.found_docs:
        if match := CHAPTER.match(name):
            part = re.sub(r"^Part [IVX]+[ ·:.–—-]*", "", captions.get(name, "")).strip()
            out[name] = {
                "eyebrow": f"Chapter {int(match[1])}" + (f" · {part}" if part else ""),
                "accent": mediators.accent(Path(name).name),
            }
    return out


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Last of all: turn what Sphinx wrote into what is served."""
    if exception is not None or app.builder.name != "html":
        return
    texts = {name: summary(app.env.get_doctree(name)) for name in sorted(app.env.found_docs)}
    extra = [f"models/{identity}" for identity in [*soluble.list_models(), *soluble.list_fields()]] + atlas.pages()
    landing = app.config.root_doc + ".html"
    data = {"facts.js": atlas.script(), "terms.js": terms.script(app), "homes.js": mediators.homes(app.env.found_docs)}
    assets.Site(Path(app.outdir), chapters(app), texts, landing, app.config.soluble_references, extra, data, terms.Names(terms.glossary(app))).finish()


def setup(app: Sphinx) -> None:
    app.add_config_value("soluble_site_branch", "", "html", str)
    app.add_config_value("soluble_hub", "", "html", str)
    app.connect("config-inited", settings, priority=900)
    app.connect("html-page-context", page, priority=100)  # before the theme renders its parts
    app.connect("build-finished", finish, priority=990)
