"""Cut the book's fonts down to what a page needs, from the npm packages of Fontsource (both fonts: OFL 1.1).

    npm pack @fontsource-variable/source-sans-3@5.3.0 @fontsource-variable/source-serif-4@5.3.1
    python soluble/web/src/book/fonts/subset.py <folder of source-sans-3> <folder of source-serif-4>

Each folder is an unpacked package. The weight axis is kept in the range that the style sheet uses; the optical size
of the serif is fixed at display size and its weight at one value, because only headings are set in it. Greek comes as a file of its own, which a
browser loads only where a Greek letter stands (TGF-β, NF-κB).
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

HERE = Path(__file__).parent
LATIN = [*range(0x20, 0x7F), *range(0xA0, 0x100), 0x131, 0x152, 0x153, 0x2BC, 0x2C6, 0x2DA, 0x2DC, *range(0x2010, 0x2016)]
LATIN += [0x2018, 0x2019, 0x201A, 0x201C, 0x201D, 0x201E, 0x2020, 0x2022, 0x2026, 0x202F, 0x2032, 0x2033, 0x2039, 0x203A]
LATIN += [0x2044, 0x20AC, 0x2122, 0x2190, 0x2191, 0x2192, 0x2193, 0x2212, 0x2215, 0x2260, 0x2264, 0x2265, 0x2248]
GREEK = [*range(0x3B1, 0x3CA), 0x394, 0x3A3, 0x3A6, 0x3A8, 0x3A9]


def cut(source: Path, target: str, letters: list[int], **axes) -> None:
    font = TTFont(source)
    options = subset.Options(layout_features=["kern", "liga", "tnum", "sups", "subs", "mark", "mkmk", "ccmp"])
    options.name_IDs, options.notdef_outline, options.hinting = [0, 13, 14, 256, 257], True, False
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=letters)
    cutter.subset(font)
    font = instancer.instantiateVariableFont(font, axes)
    font["name"].setName(f"Soluble {target.split('-')[0].title()}", 1, 3, 1, 0x409)  # the licence reserves the original name
    font.flavor = "woff2"
    font.save(HERE / target)
    print(f"{target:28} {(HERE / target).stat().st_size / 1000:6.1f} kB")


def main(sans: Path, serif: Path) -> None:
    sans, serif = sans / "files", serif / "files"
    cut(sans / "source-sans-3-latin-wght-normal.woff2", "sans-latin.woff2", LATIN, wght=(400, 700))
    cut(sans / "source-sans-3-greek-wght-normal.woff2", "sans-greek.woff2", GREEK, wght=(400, 700))
    cut(sans / "source-sans-3-latin-wght-italic.woff2", "sans-latin-italic.woff2", LATIN[:95] + LATIN[-30:], wght=400)
    cut(serif / "source-serif-4-latin-opsz-normal.woff2", "serif-latin.woff2", LATIN, wght=560, opsz=36)
    cut(serif / "source-serif-4-greek-opsz-normal.woff2", "serif-greek.woff2", GREEK, wght=560, opsz=36)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
