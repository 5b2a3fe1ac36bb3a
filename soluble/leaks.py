"""Search what is published for what only the lecturer should have: ``python -m soluble.leaks _build/course/_build/html``.

``make course`` ends with it. Searched for, in every text of a site and in what its archives and packages hold: each sentence of each
solution, the code of solutions and checks, the model answers of the question bank, and what the instructor's notes listen for.
What the chapter itself says elsewhere is no secret.
"""

from __future__ import annotations

import html
import io
import json
import re
import sys
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from soluble import course
from soluble.notebooks import plain
from soluble.teaching import exercises

TEXTS = {".html", ".js", ".mjs", ".json", ".ipynb", ".md", ".txt", ".csv", ".svg", ".xml", ".yaml", ".yml", ".py", ".bib"}
ARCHIVES = {".zip", ".whl"}
#: A directive whose text is secret, or a cell that checks, in a chapter's source.
HIDDEN = re.compile(r"^(?P<fence>:{3,})\{solution\}.*?^(?P=fence)\s*$|^```\{code-cell\}[^\n]*\n:tags: \[[^\]]*exercise-check.*?^```\s*$", re.M | re.S)
#: Lines of code that tell nothing.
COMMON = re.compile(r"(from \S+ )?import |None if ")
SHORTEST = 30


def words(text: str) -> str:
    """A text as it can be compared: without marks of markdown and roles, every space one space."""
    return " ".join(re.sub(r"[`*_$\\]|\{[\w:]+\}", "", text).split())


def secrets(chapter: Path) -> list[str]:
    """What of a chapter only the lecturer should have, as :func:`words`; texts shorter than thirty letters are left out."""
    said = words(HIDDEN.sub("", chapter.read_text(encoding="utf8")))
    found: list[str] = []
    for exercise in exercises(chapter):
        prose = re.sub(r"\{(\w+)(?::\w+)?\}`[^`]*`", "\0", exercise.solution.split("```python")[0])
        found += re.split(r"(?<=[.?!]) |\0", words(prose))
        found += [words(line) for line in (exercise.solution_code + "\n" + exercise.check).splitlines() if not COMMON.match(line.strip())]
    if guide := course.guide_of(chapter):
        kept = [note.listen for note in guide.notes] + [q.because for q in guide.questions] + [q.answer for q in guide.questions if q.kind == "short"]
        found += [sentence for text in kept for sentence in re.split(r"(?<=[.?!]) ", words(plain(str(text))))]
    return [text for text in dict.fromkeys(t.strip() for t in found) if len(text) >= SHORTEST and text not in said]


def published(site: Path) -> Iterator[tuple[str, str]]:
    """Each text under a folder with its name, those within archives as well, as :func:`words`."""
    for path in sorted(site.rglob("*")):
        if path.is_file():
            yield from _texts(path.relative_to(site).as_posix(), path.read_bytes())


def _texts(name: str, content: bytes) -> Iterator[tuple[str, str]]:
    kind = Path(name).suffix
    if kind in ARCHIVES:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.namelist():
                yield from _texts(f"{name}/{member}", archive.read(member))
    elif kind in TEXTS:
        text = content.decode("utf8", errors="ignore")
        if kind == ".html":
            text = html.unescape(re.sub(r"<[^>]+>", "", text))
        elif kind == ".ipynb":
            text = "\n".join("".join(cell["source"]) + "\n" + json.dumps(cell["metadata"], ensure_ascii=False) for cell in json.loads(text)["cells"])
        elif kind in (".json", ".js", ".mjs"):
            text = text.replace(r"\n", " ").replace(r"\"", '"')
        yield name, words(text)


def leaks(site: Path, chapters: Sequence[Path]) -> tuple[list[tuple[str, str, str]], int, int]:
    """What is found where, each as (chapter, secret, file); how many secrets were sought; in how many texts."""
    sought = [(chapter.stem, secret) for chapter in chapters for secret in secrets(chapter)]
    found, texts = [], 0
    for name, text in published(site):
        texts += 1
        found += [(chapter, secret, name) for chapter, secret in sought if secret in text]
    return found, len(sought), texts


def main(args: Sequence[str]) -> int:
    site, chapters = Path(args[0] if args else "_build/course/_build/html"), sorted(Path("chapters").glob("[0-9][0-9]-*.md"))
    if not (site / "index.html").is_file() or not chapters:
        print(f"No site in {site}, or no chapters here: call this in the top folder of the repository, after 'make course'.", file=sys.stderr)
        return 2
    found, sought, texts = leaks(site, chapters)
    for chapter, secret, name in found:
        print(f"{name} tells of {chapter}: {secret}", file=sys.stderr)
    print(f"Searched {texts} texts for {sought} sentences and lines of solutions, checks and answers: {len(found)} found.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
