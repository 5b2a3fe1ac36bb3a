"""A chapter as a notebook that runs on its own, the package that it needs, and its references as BibTeX.

In a plain Jupyter the book's roles and directives would stand as raw text; here they become what any notebook shows. Only the
computed numbers of its sentences are known no sooner than when it has run: :func:`fill` puts them in.

``python -m soluble.notebooks 04-il8.ipynb`` runs a notebook to its end and says what that took of the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Collection, Mapping
from importlib.metadata import version
from pathlib import Path

from soluble.teaching import Block, blocks, seal

WORDS = re.compile(r"(?P<words>.+?)\s*<(?P<id>[^<>]+)>", re.S)
ROLE = re.compile(r"\{([\w:.-]+)\}`([^`]+)`")
#: A computed number in a sentence: its name, and how it is written.
NUMBER = re.compile(r"\{glue:text\}`\s*([^`:]+?)\s*(?::([^`]+))?`")
#: An address, or classes, on a line above what they belong to.
TARGET = re.compile(r"^(?:\([\w-]+\)=|\{(?:\.[\w-]+ ?)+\})\s*$", re.M)
#: A link to another page of the book, which a notebook on its own does not have.
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?:[\w./-]+\.md)?#?[\w-]*\)")
LEFT_OUT = {"evidence-table", "trials-table", "disagreements", "atlas", "gap-map", "compared-facts", "chapter-downloads", "bibliography", "model-sheets", "build-status", "mediators"}
#: What ``pip install`` is given where nothing else is said: the package's file, beside the notebook.
PACKAGE = f"./soluble-{version('soluble')}-py3-none-any.whl"
#: Run last in a kernel: the seconds of processor that it took, and the most memory that it held, in bytes.
MEASURE = """import json, resource, sys, time
print(json.dumps([time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)]))"""
NEEDS = "# This notebook needs the book's package. Once: take away the # of the next line and run this cell."
NOTES = {"admonition", "note", "tip", "warning", "important", "caution", "margin", "seealso", "attention", "aside"}


def notebook(chapter: Path, package: str = PACKAGE, without: Collection[str] = ()):
    """The chapter as an ``nbformat`` notebook, whose computed numbers :func:`fill` puts in.

    ``package`` is what ``pip install`` needs to be given; directives named in ``without`` are left out (``{"solution"}``).
    Checks are folded; where there are to be no solutions they are sealed.
    """
    import jupytext
    from nbformat import v4

    found = jupytext.reads(chapter.read_text(encoding="utf8"), fmt="md:myst")
    for cell in found.cells:
        tags = cell.metadata.get("tags", [])
        if cell.cell_type == "markdown":
            cell.source = plain(cell.source, without)
        elif {"hide-input", "exercise-check"} & set(tags):
            cell.metadata["jupyter"] = {"source_hidden": True}
        if "exercise-check" in tags and "solution" in without:
            cell.source = seal(cell.source)
        cell.metadata.pop("mystnb", None)
    found.cells = [c for c in found.cells if c.source.strip()]
    found.cells.insert(0, v4.new_code_cell(f"{NEEDS}\n# %pip install {package}"))
    found.metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}, "language_info": {"name": "python"}}
    for number, cell in enumerate(found.cells):
        cell["id"] = f"cell-{number:03d}"
    found.nbformat, found.nbformat_minor = 4, 5
    return found


def numbers(executed) -> dict[str, str]:
    """The computed numbers of a notebook that has run, by their names, as its kernel showed them; they are taken out of its outputs."""
    from myst_nb.ext.glue import extract_glue_data_cell

    return {name: output["data"]["text/plain"] for cell in executed.cells if cell.cell_type == "code" for name, output in extract_glue_data_cell(cell)}


def fill(book, known: Mapping[str, str]):
    """The notebook with the computed numbers in its sentences, as on the page; one that is not known stands as its name."""
    from myst_nb.core.variables import format_plain_text

    def number(match: re.Match) -> str:
        name, way = match.groups()
        return format_plain_text(known[name], way or "s") if name in known else f"`{name}`"

    for cell in book.cells:
        if cell.cell_type == "markdown":
            cell.source = NUMBER.sub(number, cell.source)
    return book


def execute(book, folder: Path | None = None) -> None:
    """Run a notebook to its end in a kernel of its own, in ``folder``; raises nbclient's ``CellExecutionError`` where a cell does."""
    from nbclient import NotebookClient
    from traitlets.config import Config

    # Kernels that start at the same time may be given the same ports: each has sockets in a folder of its own, but on Windows.
    with tempfile.TemporaryDirectory(prefix="kernel") as sockets:
        config = Config({} if os.name == "nt" else {"KernelManager": {"transport": "ipc", "ip": f"{sockets}/ipc"}})
        NotebookClient(book, timeout=300, config=config, resources={"metadata": {"path": str(folder or Path.cwd())}}).execute()


def wheel(folder: Path) -> Path:
    """Build the package that the notebooks need into ``folder``: one file, with the models and the evidence in it. Works in a checkout."""
    top = Path(__file__).resolve().parent.parent
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder.resolve())]
    subprocess.run(command, cwd=top, check=True, stdout=subprocess.DEVNULL)
    return folder / PACKAGE


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
    if name == "glue:text":
        return match[0]
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


def measured(book, folder: Path | None = None) -> tuple[float, float]:
    """:func:`execute` it; returns its kernel's seconds of processor and largest memory in bytes. Not on Windows, which keeps no such count."""
    from nbformat import v4

    book.cells.append(v4.new_code_cell(MEASURE))
    execute(book, folder)
    seconds, peak = json.loads(book.cells.pop().outputs[0]["text"])
    return seconds, peak


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit status."""
    import nbformat

    parser = argparse.ArgumentParser(prog="python -m soluble.notebooks", description="Run notebooks, and say what each took of the machine.")
    parser.add_argument("notebooks", nargs="+", type=Path, metavar="notebook")
    parser.add_argument("--out", type=Path, help="a folder that the notebooks are written into as they were run")
    found = parser.parse_args(arguments)
    for path in found.notebooks:
        book = nbformat.read(path, 4)
        seconds, peak = measured(book, path.parent)
        print(f"{path.name}: {seconds:.1f} s of processor, {peak / 1e6:.0f} MB of memory at most", flush=True)
        if found.out:
            found.out.mkdir(parents=True, exist_ok=True)
            nbformat.write(book, found.out / path.name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
