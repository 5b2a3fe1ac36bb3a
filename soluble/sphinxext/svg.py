"""Pictures inside the page: colours that follow the reader's theme, ids of their own, a text for assistive technology."""

from __future__ import annotations

import re
from html import escape

from soluble import style

TAG = re.compile(r"<[^<>]*>")
STYLE_OR_TAG = re.compile(r"<style\b[^<]*</style>|<[^<>]*>")
HEX = re.compile(r"#[0-9a-fA-F]{6}\b")
LONG_NUMBER = re.compile(r"(-?\d*\.\d\d)\d+")
ID = re.compile(r"\sid=(\"|')([^\"']*)\1")
FONT = re.compile(r"(?:'[^']*'|&quot;[^&]*&quot;|[A-Za-z][\w ]*)(?:\s*,\s*(?:'[^']*'|&quot;[^&]*&quot;|[A-Za-z][\w -]*))+")


def colours() -> dict[str, str]:
    """The light hex of each colour of the book and what stands for it in a page."""
    out: dict[str, str] = {}
    for name, colour in style.css_variables().items():
        out.setdefault(colour.light.lower(), "currentColor" if name == "ink" else f"var(--{name})")
    return out


def themed(markup: str) -> str:
    """The same markup with the book's colours as variables; text outside of tags and styles stays as it is."""
    table = colours()
    return STYLE_OR_TAG.sub(lambda tag: HEX.sub(lambda m: table.get(m[0].lower(), m[0]), tag[0]), markup)


def inlined(svg: str, prefix: str, label: str) -> str:
    """An SVG file's text as an element of the page.

    ``prefix`` makes its ids unique, ``label`` says what the picture shows; it scales with the column, never beyond its
    own size.
    """
    svg = re.sub(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|<metadata>.*?</metadata>", "", svg, flags=re.S).strip()
    svg = svg[svg.index("<svg") :]
    svg = _own_ids(_own_style(themed(svg), prefix), prefix)
    svg = TAG.sub(lambda tag: _squeezed(tag[0]), svg) if _large(svg) else svg
    svg = re.sub(r">\s+<", "><", svg)
    head_end = svg.index(">")
    return _head(svg[:head_end], prefix, label) + svg[head_end:]


def _large(svg: str) -> bool:
    box = re.search(r"viewBox=\"[\d.-]+ [\d.-]+ ([\d.]+)", svg)
    return bool(box) and float(box[1]) >= 50


def _squeezed(tag: str) -> str:
    tag = re.sub(r"\sd=\"([^\"]*)\"", lambda m: ' d="' + " ".join(m[1].split()) + '"', tag)
    tag = re.sub(r"(font(?:-family)?: ?[^;\"]*?)" + FONT.pattern, r"\1var(--sans)", tag)
    return LONG_NUMBER.sub(r"\1", tag)


def _own_ids(svg: str, prefix: str) -> str:
    asked = set(re.findall(r"url\(#([^)]+)\)", svg)) | set(re.findall(r"href=[\"']#([^\"']+)", svg))
    asked |= {name for names in re.findall(r"aria-\w+=[\"']([^\"']+)", svg) for name in names.split()}
    svg = ID.sub(lambda m: f' id="{prefix}-{m[2]}"' if m[2] in asked else "", svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", svg)
    svg = re.sub(r"(href=[\"'])#", rf"\1#{prefix}-", svg)
    return re.sub(r"xlink:href", "href", svg)


def _own_style(svg: str, prefix: str) -> str:
    """A style element of the file would reach the whole page: matplotlib's is dropped, another is kept to its picture."""
    svg = re.sub(r"<style[^>]*>\s*\*\{stroke-linejoin: ?round; ?stroke-linecap: ?butt\}\s*</style>", "", svg)
    return re.sub(r"(<style[^>]*>)(?:<!\[CDATA\[)?(.*?)(?:\]\]>)?(</style>)", rf"\1#{prefix}{{\2}}\3", svg, flags=re.S)


def _head(head: str, prefix: str, label: str) -> str:
    width = re.search(r"\swidth=[\"']([\d.]+)(pt|px)?[\"']", head)
    head = re.sub(r"\s(width|height|xmlns:\w+|version|role|aria-label|class|id)=(\"[^\"]*\"|'[^']*')", "", head)
    pixels = f' style="max-width:{float(width[1]) * (4 / 3 if width[2] == "pt" else 1):.0f}px"' if width else ""
    return f'{head} id="{prefix}" class="drawn" role="img" aria-label="{escape(label, quote=True)}"{pixels}'
