"""A chapter as a notebook that runs on its own, and its references as BibTeX.

In a plain Jupyter the book's roles and directives would stand as raw text; here they become what any notebook shows.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from soluble.teaching import Block, blocks

WORDS = re.compile(r"(?P<words>.+?)\s*<(?P<id>[^<>]+)>", re.S)
ROLE = re.compile(r"\{([\w:.-]+)\}`([^`]+)`")
TARGET = re.compile(r"^\([\w-]+\)=\s*$", re.M)
#: A link to another page of the book, which a notebook on its own does not have.
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?:[\w/-]+\.md)?#?[\w-]*\)")
LEFT_OUT = {"evidence-table", "trials-table", "disagreements", "atlas", "gap-map", "compared-facts", "chapter-downloads", "bibliography", "model-sheets", "build-status", "mediators"}
NOTES = {"admonition", "note", "tip", "warning", "important", "caution", "margin", "seealso", "attention", "aside"}


def notebook(chapter: Path, package: str, without: Collection[str] = ()):
    """The chapter as an ``nbformat`` notebook.

    ``package`` is what ``pip install`` needs to be given; directives named in ``without`` are left out (``{"solution"}``).
    """
    import jupytext
    from nbformat import v4

    found = jupytext.reads(chapter.read_text(encoding="utf8"), fmt="md:myst")
    for cell in found.cells:
        if cell.cell_type == "markdown":
            cell.source = plain(cell.source, without)
        elif "hide-input" in cell.metadata.get("tags", []):
            cell.metadata["jupyter"] = {"source_hidden": True}
        cell.metadata.pop("mystnb", None)
    found.cells = [c for c in found.cells if c.source.strip()]
    found.cells.insert(0, v4.new_code_cell(f"# This notebook needs the book's package. Once, in a terminal:\n#     pip install {package}"))
    found.metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}, "language_info": {"name": "python"}}
    for number, cell in enumerate(found.cells):
        cell["id"] = f"cell-{number:03d}"
    found.nbformat, found.nbformat_minor = 4, 5
    return found


def plain(text: str, without: Collection[str] = ()) -> str:
    """Markdown for any notebook out of the book's markdown; directives named in ``without`` are left out."""
    lines, out, number = text.splitlines(), [], 0
    while number < len(lines):
        start = re.match(r"^(:{3,}|`{3,})\{[\w-]+\}", lines[number])
        if not start:
            out.append(lines[number])
            number += 1
            continue
        fence = start[1]
        end = number + 1
        while end < len(lines) and not re.fullmatch(rf"{re.escape(fence[0])}{{{len(fence)},}}\s*", lines[end]):
            end += 1
        block = blocks("\n".join(lines[number : end + 1]))[0]
        out += ["", "" if block.name in without else _directive(block, without), ""]
        number = end + 1
    words = LINK.sub(r"\1", TARGET.sub("", ROLE.sub(_role, "\n".join(out))))
    return re.sub(r"\n{3,}", "\n\n", words).strip()


def _directive(block: Block, without: Collection[str]) -> str:
    body = plain(block.body, without)
    if block.name in LEFT_OUT:
        return ""
    if block.name == "exercise":
        about = " · ".join(p for p in (block.options.get("kind", ""), block.options.get("minutes", "") and block.options["minutes"] + " min") if p)
        return f"### Exercise: {block.argument}\n\n*{about}*\n\n{body}" if about else f"### Exercise: {block.argument}\n\n{body}"
    if block.name in ("hint", "solution"):
        return f"<details><summary>{block.name.title()}</summary>\n\n{body}\n\n</details>"
    if block.name == "quiz":
        return _quiz(block.body)
    if block.name == "math":
        return f"$$\n{block.body}\n$$"
    if block.name in ("figure", "image"):
        return f"*Figure (on the book's page): {body or block.options.get('alt', '')}*"
    if block.name in NOTES:
        title = block.argument or block.name.title()
        return "\n".join("> " + line for line in [f"**{plain(title)}**", "", *body.splitlines()])
    return body


def _quiz(body: str) -> str:
    """The question, then each answer with its feedback folded."""
    question, *answers = re.split(r"^[ \t]*[-*] \[([ xX])\] ", plain(body), flags=re.M)
    out = [question.strip(), ""]
    for mark, text in zip(answers[::2], answers[1::2], strict=True):
        answer, *why = [" ".join(part.split()) for part in re.split(r"\n\s*\n|\n", text.strip(), maxsplit=1)]
        verdict = "Not so." if mark == " " else "Right."
        out.append(f"- {answer}\n  <details><summary>Is this right?</summary>{' '.join([verdict, *why])}</details>")
    return "\n".join(out)


def _role(match: re.Match) -> str:
    from soluble import evidence

    name, text = match[1], match[2].strip()
    if name == "fact":
        identity, _, style = (part.strip() for part in text.partition("|"))
        # An unknown id has stopped the build by then, with a better message than could be given here.
        return evidence.fact(identity).text(style or "value") if identity in evidence.facts().index else identity
    if name in ("trial", "disagree"):
        words, identity = words_and_id(text)
        if words or name == "disagree":
            return words or "disputed"
        return evidence.trial(identity)["name"] if identity in evidence.trials().index else identity
    if name.startswith("cite"):
        known = evidence.references()
        keys = [known[k.strip()]["label"] if k.strip() in known else k.strip() for k in text.split(",")]
        return ", ".join(keys) if name == "cite:t" else f"({'; '.join(keys)})"
    if name.startswith("glue"):
        return f"`{text.split(':')[0]}`"
    label = re.match(r"(.*?)\s*<[^>]+>$", text)
    return label[1] if label else text


def bibtex(keys: set[str], source: Path) -> str:
    """The entries of these keys as they stand in the bibliography, in its order."""
    entries = re.finditer(r"^@\w+\{([^,\s]+),.*?^\}", source.read_text(encoding="utf8"), re.M | re.S)
    return "\n\n".join(entry[0] for entry in entries if entry[1] in keys) + "\n"


def words_and_id(text: str) -> tuple[str, str]:
    """``words <id>`` as its two parts; the words are empty when the id stands alone."""
    match = WORDS.fullmatch(text.strip())
    return (" ".join(match["words"].split()), match["id"].strip()) if match else ("", text.strip())
