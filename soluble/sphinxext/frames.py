"""Each explorer on a page of its own, ``chapters/explorer-<id>.html``, which another site can show in a frame.

The page holds the explorer and a line that says where it comes from, loads what the explorer needs and no more, takes a
setting from its address, and tells the page around it how high it is (``src/frame.js``).
"""

from __future__ import annotations

import json
import re
from html import escape
from typing import TYPE_CHECKING

from bs4 import BeautifulSoup, Tag

if TYPE_CHECKING:
    from .assets import Page

PREFIX = "explorer-"
TEMPLATE = """<!DOCTYPE html>
<html lang="en" data-theme="light" data-mode="auto" data-fonts="{fonts}">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">
<title>{title} — Soluble Signals</title>
<link rel="icon" href="{root}_static/favicon.svg"><base target="_blank">
<script>{first}</script>{links}
</head>
<body class="framed"{style}><main>
{figure}
</main><footer><p>From <a href="{page}#{anchor}">{chapter}</a>, <cite>Soluble Signals</cite>, CC BY 4.0. It teaches and does not advise patients.</p></footer></body></html>
"""


def name_of(figure: Tag) -> str:
    """The file of an explorer's own page, in the folder of its chapter."""
    return f"{PREFIX}{str(figure['id']).removeprefix('explorer-')}.html"


def announce(page: Page) -> None:
    """Let each explorer of a page know the address of its own page, which its button *Embed* gives away."""
    for figure in page.soup.select("figure.explorer[id]"):
        figure["data-frame"] = name_of(figure)


def made(page: Page, files: dict[str, str], first_line: str) -> dict[str, str]:
    """The own pages of a page's explorers, by their names in the site. ``page`` is finished; ``files`` as in ``Page.load``."""
    folder, own = (page.name.rpartition("/")[i] for i in (0, 2))
    heading = page.soup.select_one("article h1")
    chapter = " ".join(heading.get_text().replace("#", "").split()) if heading else "the book"
    out = {}
    for figure in page.soup.select("figure.explorer[id]"):
        config = json.loads(figure.select_one("script.explorer-config").string)
        scripts = ["kit.js", *([f"models/{config['key']}.js"] if config.get("key") else []), f"view-{config['view']}.js", "explorer.js", "frame.js"]
        links = [f'<link rel="stylesheet" href="{page.address(name, files)}">' for name in ("book.css", "explorer.css")]
        links += [f'<script defer src="{page.address(name, files)}"></script>' for name in scripts if name in files]
        copy = BeautifulSoup(str(figure), "html.parser").figure
        title = copy.select_one(".explorer-title")
        if not title:  # then the chapter's title stands above it
            title = page.soup.new_tag("p", attrs={"class": "explorer-title"})
            title.string = chapter
            copy.insert(0, title)
        title.name = "h1"
        for link in copy.select("a[href^='#']"):
            link["href"] = f"{own}{link['href']}"
        out[f"{folder}/{name_of(figure)}" if folder else name_of(figure)] = TEMPLATE.format(
            fonts=page.soup.html.get("data-fonts", ""),
            title=escape(re.sub(r"\s+", " ", config.get("title") or chapter)),
            root=page.root,
            first=first_line,
            links="".join(links),
            style=f' style="{page.soup.body["style"]}"' if page.soup.body.get("style") else "",
            figure=page.filled(str(copy)),
            page=own,
            anchor=figure["id"],
            chapter=escape(chapter),
        )
    return out
