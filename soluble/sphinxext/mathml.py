"""Mathematics as MathML, made at build time: a page needs no script for its equations."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from docutils import nodes
from latex2mathml import converter
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

LOG = logging.getLogger(__name__)

# How many children MathML asks of an element.
PARTS = {"mfrac": 2, "msub": 2, "msup": 2, "msubsup": 3, "munder": 2, "mover": 2, "munderover": 3, "mroot": 2}
# latex2mathml lets a command that it does not know through as the text of an identifier: that is how it is noticed.
LEFT_OVER = re.compile(r"<m[ino][^>]*>(\\[A-Za-z]+)</m[ino]>")


class UnsupportedLaTeX(ValueError):
    """The LaTeX cannot be turned into MathML; the message says which part."""


def to_mathml(latex: str, display: str = "inline") -> str:
    """``latex`` as one ``<math>`` element, the source kept as its annotation and its accessible text.

    Raises :class:`UnsupportedLaTeX` where a command is unknown or the source is not well formed.
    """
    try:
        mathml = converter.convert(latex, display=display)
    except Exception as problem:  # the library raises many kinds, some of them bare
        raise UnsupportedLaTeX(f"{type(problem).__name__} {problem}".strip()) from problem
    if unknown := LEFT_OVER.search(mathml):
        raise UnsupportedLaTeX(f"unknown command {unknown[1]}")
    _check(latex, mathml)
    return mathml


def _check(latex: str, mathml: str) -> None:
    """What the library lets pass: an argument that is missing, a brace or a fence that is left open."""
    bare = re.sub(r"\\[\\{}]", "", latex)
    if bare.count("{") != bare.count("}"):
        raise UnsupportedLaTeX("braces that do not pair")
    if len(re.findall(r"\\left(?![a-zA-Z])", latex)) != len(re.findall(r"\\right(?![a-zA-Z])", latex)):
        raise UnsupportedLaTeX(r"a \left without its \right")
    for element in ElementTree.fromstring(mathml).iter():
        name = element.tag.rpartition("}")[2]
        if name in PARTS and len(element) != PARTS[name]:
            raise UnsupportedLaTeX(f"<{name}> with {len(element)} of its {PARTS[name]} parts")


def _convert(node: nodes.Element, latex: str, display: str) -> str:
    try:
        return to_mathml(latex, display)
    except UnsupportedLaTeX as problem:
        LOG.warning("LaTeX that cannot become MathML (%s): %s", problem, latex.strip(), location=node)
        return f"<code>{nodes.unescape(latex)}</code>"


def visit_inline(self, node: nodes.math) -> None:
    self.body.append(self.starttag(node, "span", "", CLASS="math"))
    self.body.append(_convert(node, node.astext(), "inline") + "</span>")
    raise nodes.SkipNode


def visit_block(self, node: nodes.math_block) -> None:
    latex = node.astext()
    self.body.append(self.starttag(node, "div", CLASS="math", tabindex="0", role="group", **{"aria-label": "equation"}))
    if node.get("number"):
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append(_convert(node, _aligned(latex), "block") + "</div>\n")
    raise nodes.SkipNode


def _aligned(latex: str) -> str:
    """Bare ``a &= b \\\\ c &= d`` becomes an ``aligned`` block, as Sphinx's own renderers do."""
    if r"\begin{" not in latex and (r"\\" in latex or "&" in latex):
        return rf"\begin{{aligned}}{latex}\end{{aligned}}"
    return latex


def setup(app: Sphinx) -> None:
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
