"""The reference is what its script makes from the code."""

from __future__ import annotations

import runpy
from pathlib import Path

from alc_tui.session.settings.config import SETTINGS

DOCS = Path(__file__).parents[1] / "docs"


def test_the_reference_is_up_to_date() -> None:
    made = runpy.run_path(str(DOCS / "make_reference.py"))["reference"]()
    assert (DOCS / "reference.md").read_text(encoding="utf-8") == made, "run `python docs/make_reference.py`"


def test_the_reference_has_every_setting_with_its_meaning() -> None:
    rows = [line.split(" | ") for line in (DOCS / "reference.md").read_text(encoding="utf-8").splitlines()]
    meanings = {row[0].strip("| `"): row[-1].rstrip(" |") for row in rows if len(row) == 4}
    assert {name: meanings.get(name) for name in SETTINGS} == {name: f"{each.help}." for name, each in SETTINGS.items()}
