"""How to cite a chapter and the book: in words, as BibTeX and as RIS, all from ``CITATION.cff`` and the chapter's title.

No identifier is made up: an address stands in a citation when ``html.baseurl`` of ``_config.yml`` says where the site lies.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from html import escape
from pathlib import Path

from docutils import nodes
from ruamel.yaml import YAML
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

FILE = "CITATION.cff"


@dataclass(frozen=True)
class Work:
    """The book, or one chapter of it. ``key`` names it in BibTeX; ``chapter`` is empty for the book."""

    key: str
    authors: tuple[str, ...]
    book: str
    version: str
    released: date
    chapter: str = ""
    number: str = ""
    address: str = ""

    @property
    def words(self) -> str:
        """One line for a list of references."""
        issue = f"Version {self.version}, {self.released.day} {self.released:%B %Y}."
        part = f"{ended(self.chapter)} Chapter {self.number} in: " if self.chapter else ""
        return " ".join(filter(None, [f"{'; '.join(self.authors)} ({self.released.year}). {part}{ended(self.book)}", issue, self.address]))

    @property
    def bibtex(self) -> str:
        fields = {
            "author": " and ".join(name if "," in name else f"{{{name}}}" for name in self.authors),
            "title": f"{{{self.chapter or self.book}}}",
            "booktitle": f"{{{self.book}}}" if self.chapter else "",
            "chapter": self.number,
            "year": str(self.released.year),
            "version": self.version,
            "date": self.released.isoformat(),
            "url": self.address,
        }
        lines = ",\n".join(f"  {name} = {{{guarded(value)}}}" for name, value in fields.items() if value)
        return f"@{'incollection' if self.chapter else 'misc'}{{{self.key},\n{lines}\n}}"

    @property
    def ris(self) -> str:
        rows = [
            ("TY", "CHAP" if self.chapter else "BOOK"),
            *(("AU", name if "," in name else f"{name},") for name in self.authors),  # a comma at its end: all of it is the name
            ("TI", self.chapter or self.book),
            ("T2", self.book if self.chapter else ""),
            ("M1", self.number),
            ("PY", str(self.released.year)),
            ("DA", f"{self.released:%Y/%m/%d}"),
            ("ET", self.version),
            ("UR", self.address),
        ]
        return "\n".join([*(f"{tag}  - {value}" for tag, value in rows if value), "ER  - "])


def ended(title: str) -> str:
    return title if title.endswith(("?", "!", ".")) else f"{title}."


def guarded(text: str) -> str:
    """A value for BibTeX: what TeX would take for an order is marked."""
    for sign in "&%#_":
        text = text.replace(sign, f"\\{sign}") if not text.startswith("http") else text
    return text


def book(file: Path, address: str = "") -> Work:
    """The book by its ``CITATION.cff``; KeyError names an entry that is missing there."""
    said = YAML(typ="safe").load(file.read_text(encoding="utf8"))
    authors = tuple(person.get("name") or f"{person['family-names']}, {person['given-names']}" for person in said["authors"])
    return Work("soluble-signals", authors, said["title"], str(said["version"]), said["date-released"], address=address)


def work(app: Sphinx, docname: str = "") -> Work:
    """The chapter ``docname``, or the book when it is empty."""
    base = (app.config.html_baseurl or "").rstrip("/")
    whole = book(Path(app.confdir) / FILE, f"{base}/" if base else "")
    if not docname:
        return whole
    stem = docname.rpartition("/")[2]
    title = " ".join(app.env.titles[docname].astext().split())
    address = f"{base}/{app.builder.get_target_uri(docname)}" if base else ""
    return Work(f"{whole.key}-{stem}", whole.authors, whole.book, whole.version, whole.released, title, str(int(stem[:2])), address)


def html(found: Work, what: str) -> str:
    """The three forms of a citation, each with a button that copies it (``src/book/code.js``)."""
    forms = {"in words": found.words, "as BibTeX": found.bibtex, "as RIS": found.ris}
    blocks = "".join(f'<div class="highlight" data-copy="{what} {form}"><pre>{escape(text)}</pre></div>' for form, text in forms.items())
    return f'<div class="citing"><p><strong>{what}</strong></p>{blocks}</div>'


class HowToCite(SphinxDirective):
    """The book's citation."""

    def run(self) -> list[nodes.Node]:
        self.env.note_dependency(str(Path(self.env.app.confdir) / FILE))
        return [nodes.raw("", html(work(self.env.app), "The book"), format="html")]


def setup(app: Sphinx) -> None:
    app.add_directive("how-to-cite", HowToCite)
