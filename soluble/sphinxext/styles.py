"""One style sheet out of many: merge, keep only the rules that a page of the site can use, squeeze."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import tinycss2
from soluble import style

GROUPING = {"media", "supports", "layer", "container"}
NAME = re.compile(r"[A-Za-z_][\w-]*")


@dataclass
class Used:
    """What stands on the pages: tag names, ids, and words that are or may become classes."""

    tags: set[str] = field(default_factory=lambda: {"html", "body", "dialog"})
    ids: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)

    def add_script(self, code: str) -> None:
        """Every word of a script may be a class or an id that it sets."""
        names = set(NAME.findall(code))
        self.words |= names
        self.ids |= names
        self.tags |= {n for n in names if n.islower() and len(n) < 11}


def palette() -> str:
    """The book's colours as custom properties, light and dark, from :mod:`soluble.style`."""
    colours = style.css_variables()
    light = "".join(f"--{name}:{c.light};" for name, c in colours.items())
    dark = "".join(f"--{name}:{c.dark};" for name, c in colours.items())
    return f":root{{{light}}}html[data-theme=dark]{{{dark}}}@media print{{html[data-theme]{{{light}}}}}"


def squeeze(sheets: Iterable[str], used: Used) -> str:
    """The sheets as one, without the rules, key frames and custom properties that ``used`` cannot reach."""
    rules = _keep(_parse("\n".join(sheets)), used)
    text = "".join(rules)
    text = _drop_keyframes(text)
    return _drop_unused_properties(text)


def _parse(css: str) -> list:
    return tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)


def _keep(rules: list, used: Used) -> list[str]:
    kept: list[str] = []
    for rule in rules:
        if rule.type == "qualified-rule":
            selectors = [s for s in _split(rule.prelude) if _reachable(s, used)]
            body = _compact(rule.content)
            if selectors and body:
                kept.append(",".join(_compact(s) for s in selectors) + "{" + body + "}")
        elif rule.type == "at-rule" and rule.lower_at_keyword in GROUPING and rule.content is not None:
            inner = _keep(tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True), used)
            if inner:
                kept.append(f"@{rule.lower_at_keyword} {_compact(rule.prelude)}{{{''.join(inner)}}}")
        elif rule.type == "at-rule" and rule.lower_at_keyword not in ("charset", "import"):
            body = "" if rule.content is None else "{" + _compact(rule.content) + "}"
            if "Font Awesome" not in body:
                kept.append(f"@{rule.lower_at_keyword} {_compact(rule.prelude)}{body or ';'}")
        elif rule.type == "error":
            raise ValueError(f"style sheet, line {rule.source_line}: {rule.message}")
    return kept


def _split(prelude: list) -> list[list]:
    parts: list[list] = [[]]
    for token in prelude:
        if token.type == "literal" and token.value == ",":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _reachable(selector: list, used: Used) -> bool:
    """Whether each class, id and tag that the selector asks for exists; what stands inside ``:not(…)`` is not asked for."""
    before = None
    for token in selector:
        dot = before is not None and before.type == "literal" and before.value == "."
        pseudo = before is not None and before.type == "literal" and before.value == ":"
        if token.type == "ident" and dot and token.value not in used.words:
            return False
        if token.type == "ident" and not dot and not pseudo and token.lower_value not in used.tags:
            return False
        if token.type == "hash" and token.value not in used.ids:
            return False
        before = token
    return True


def _compact(tokens: list) -> str:
    text = tinycss2.serialize([t for t in tokens if t.type != "comment"])
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    strings: list[str] = []
    text = re.sub(r"\"[^\"]*\"|'[^']*'", lambda m: strings.append(m[0]) or f"\0{len(strings) - 1}\0", text)
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r" ?([{};,>]) ?", r"\1", text)
    text = re.sub(r"(^|[;{])([\w-]+) ?: ?", r"\1\2:", text)
    text = text.rstrip(";").replace(";}", "}")
    return re.sub(r"\0(\d+)\0", lambda m: strings[int(m[1])], text)


def _drop_keyframes(css: str) -> str:
    names = re.findall(r"@keyframes ([\w-]+)", css)
    for name in names:
        if not re.search(rf"animation(?:-name)?:[^;}}]*\b{re.escape(name)}\b", css):
            css = re.sub(rf"@keyframes {re.escape(name)}\{{(?:[^{{}}]*\{{[^{{}}]*\}})*[^{{}}]*\}}", "", css)
    return css


def _drop_unused_properties(css: str) -> str:
    while True:
        defined = set(re.findall(r"[{;](--[\w-]+):", css))
        asked = set(re.findall(r"var\((--[\w-]+)", css))
        idle = {name for name in defined - asked if re.match(r"--(bs|pst|sd|sbt)-", name)}
        if not idle:
            return re.sub(r"[^{}]+\{\}", "", css)
        css = re.sub(r"([{;])(--[\w-]+):[^;{}]*(?=[;}])", lambda m: m[1] if m[2] in idle else m[0], css)
        css = re.sub(r";{2,}", ";", css).replace("{;", "{").replace(";}", "}")
