"""The drawn figures: each picture is what its script draws today, and a page shows it."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import zip_longest

import pytest
from conftest import ROOT

SCRIPTS = sorted(p for p in (ROOT / "figures").glob("*.py") if p.stem != "drawing")
NUMBER = re.compile(r"-?\d+\.?\d*(?:e-?\d+)?")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: p.stem)
def test_a_picture_is_what_its_script_draws(script, tmp_path):
    """The same words and shapes, and coordinates to a hundredth of a point (the last digit may differ between machines)."""
    copy = tmp_path / "figures"
    copy.mkdir()
    for source in (ROOT / "figures").glob("*.py"):
        (copy / source.name).write_bytes(source.read_bytes())
    subprocess.run([sys.executable, str(copy / script.name)], check=True, capture_output=True, timeout=120, cwd=ROOT)
    drawn = sorted(copy.glob("*.svg"))
    assert drawn, "the script writes a picture beside itself"
    for now in drawn:
        kept, new = (p.read_text(encoding="utf8") for p in (ROOT / "figures" / now.name, now))
        assert NUMBER.sub("#", kept) == NUMBER.sub("#", new), f"{now.name} is not what {script.name} draws: run 'make figures'"
        apart = max((abs(float(a) - float(b)) for a, b in zip_longest(NUMBER.findall(kept), NUMBER.findall(new))), default=0)
        assert apart < 0.01, f"{now.name} lies {apart} away from what {script.name} draws: run 'make figures'"


def test_every_picture_stands_on_a_page():
    pages = "".join(p.read_text(encoding="utf8") for p in (ROOT / "chapters").glob("*.md"))
    own = {"favicon.svg", "logo.svg"}  # the site's own marks
    assert not [p.name for p in (ROOT / "figures").glob("*.svg") if p.name not in own and f"figures/{p.name}" not in pages]
