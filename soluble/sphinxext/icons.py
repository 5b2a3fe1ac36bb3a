"""The few icons of the site, drawn as strokes on a grid of 24, and the theme's icon names that they stand for."""

from __future__ import annotations

from functools import cache

from soluble.paths import data_path

from .svg import themed

STROKES = {
    "bars": '<path d="M4 7h16M4 12h16M4 17h10"/>',
    "list": '<path d="M9 6h11M9 12h11M9 18h11"/><path d="M4 6h.01M4 12h.01M4 18h.01"/>',
    "search": '<circle cx="11" cy="11" r="6.5"/><path d="m16 16 4.5 4.5"/>',
    "expand": '<path d="M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5"/>',
    "sun": '<circle cx="12" cy="12" r="4"/><path d="M12 2v2.5M12 19.5V22M2 12h2.5M19.5 12H22M5 5l1.7 1.7M17.3 17.3 19 19M19 5l-1.7 1.7M6.7 17.3 5 19"/>',
    "moon": '<path d="M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z"/>',
    "half": '<circle cx="12" cy="12" r="8.5"/><path d="M12 3.5v17a8.5 8.5 0 0 0 0-17z" fill="currentColor"/>',
    "left": '<path d="m14.5 5-7 7 7 7"/>',
    "right": '<path d="m9.5 5 7 7-7 7"/>',
    "up": '<path d="M12 20V5M5.5 11.5 12 5l6.5 6.5"/>',
    "down": '<path d="m5 9 7 7 7-7"/>',
    "download": '<path d="M12 4v11M7 10.5l5 5 5-5M4 20h16"/>',
    "print": '<path d="M7 9V3.5h10V9M7 17H4V9h16v8h-3M7 14h10v6.5H7z"/>',
    "notebook": '<path d="M6 3.5h13v17H6zM6 8H3.5M6 12H3.5M6 16H3.5M10 8h5.5M10 12h5.5"/>',
    "slides": '<path d="M3 4.5h18v11.5H3zM12 16v3.5M8 20h8"/>',
    "quote": '<path d="M9.5 6C6 7 4.5 10 4.5 13v4.5H10V13H7M19.5 6c-3.5 1-5 4-5 7v4.5H20V13h-3"/>',
    "file": '<path d="M6 3.5h8l4 4v13H6zM14 3.5v4h4"/>',
    "branch": '<circle cx="7" cy="5.5" r="2"/><circle cx="7" cy="18.5" r="2"/><circle cx="17" cy="8" r="2"/><path d="M7 7.5v9M17 10c0 4-10 3-10 6.5"/>',
    "edit": '<path d="m4 20 1-5L16 4l4 4L9 19z"/>',
    "bulb": '<path d="M9 17h6M10 20.5h4M9 17c0-2.5-3-3.5-3-7.5a6 6 0 0 1 12 0c0 4-3 5-3 7.5"/>',
    "rocket": '<path d="M5 19c0-3 1-4 3-4l1 1c0 2-1 3-4 3zM9 15c1-6 5-10.5 11-11-.5 6-5 10-11 11zM15 9h.01"/>',
    "copy": '<path d="M9 9h11v11H9zM5 15H4V4h11v1"/>',
    "check": '<path d="m5 12.5 4.5 4.5L19 7"/>',
    "cross": '<path d="m6 6 12 12M18 6 6 18"/>',
    "link": '<path d="M10 14a4 4 0 0 0 6 .5l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6-.5l-3 3a4 4 0 0 0 6 6l1-1"/>',
    "book": '<path d="M12 6c-2-1.7-5-2-8.5-2v14c3.5 0 6.5.3 8.5 2 2-1.7 5-2 8.5-2V4c-3.5 0-6.5.3-8.5 2zM12 6v14"/>',
    "teach": '<path d="M12 4 2 9l10 5 10-5zM6 11.5V17c3.5 2.5 8.5 2.5 12 0v-5.5M22 9v6"/>',
    "keys": '<path d="M3 6.5h18v11H3zM6.5 10h.01M10 10h.01M13.5 10h.01M17 10h.01M7.5 14h9"/>',
    "run": '<path d="M3 4h18v16H3zM7 9l3.5 3L7 15M12.5 15H17"/>',
}

# Font Awesome's names in the theme's templates; one that is missing here stops the build.
THEME_NAMES = {
    "bars": "bars",
    "list": "list",
    "outdent": "list",
    "magnifying-glass": "search",
    "expand": "expand",
    "sun": "sun",
    "moon": "moon",
    "circle-half-stroke": "half",
    "angle-left": "left",
    "angle-right": "right",
    "chevron-down": "down",
    "arrow-up": "up",
    "download": "download",
    "file": "file",
    "file-pdf": "print",
    "code": "notebook",
    "link": "link",
}


def icon(name: str) -> str:
    """The icon as inline SVG, invisible to assistive technology; KeyError names the ones that exist."""
    if name == "mark":
        return mark()
    if name not in STROKES:
        raise KeyError(f"no icon {name!r}; there are {', '.join(sorted(STROKES))}")
    return (
        '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false" fill="none" stroke="currentColor" '
        f'stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round">{STROKES[name]}</svg>'
    )


@cache
def mark() -> str:
    """The book's mark (``figures/cover.py`` draws it) in the colours of the page."""
    drawn = themed(data_path("figures", "logo.svg").read_text(encoding="utf8")).strip()
    return drawn.replace("<svg ", '<svg class="brand-mark" aria-hidden="true" focusable="false" ', 1)


def theme_icon(classes: list[str]) -> str:
    """The icon for a theme's ``<i class="fa-solid fa-…">``; KeyError when the book has none for it."""
    for name in classes:
        if name.startswith("fa-") and name[3:] in THEME_NAMES:
            return icon(THEME_NAMES[name[3:]])
    raise KeyError(" ".join(classes))
