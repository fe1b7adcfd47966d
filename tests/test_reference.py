"""The reference is what its script makes from the code."""

from __future__ import annotations

import runpy
from pathlib import Path

from alc_tui.session.settings.config import SETTINGS
from alc_tui.session.settings.resolution import resolve

DOCS = Path(__file__).parents[1] / "docs"


def test_the_reference_is_up_to_date() -> None:
    made = runpy.run_path(str(DOCS / "make_reference.py"))["reference"]()
    assert (DOCS / "reference.md").read_text(encoding="utf-8") == made, "run `python docs/make_reference.py`"


def test_the_reference_has_every_setting_with_its_meaning() -> None:
    rows = [line.split(" | ") for line in (DOCS / "reference.md").read_text(encoding="utf-8").splitlines()]
    meanings = {row[0].strip("| `"): row[-1].rstrip(" |") for row in rows if len(row) == 4}
    assert {name: meanings.get(name) for name in SETTINGS} == {name: f"{each.help}." for name, each in SETTINGS.items()}


def test_the_reference_has_every_source_of_a_setting() -> None:
    text = (DOCS / "reference.md").read_text(encoding="utf-8")
    table = text.split("## Where a setting comes from")[1].split("Your own `alc.toml`")[0]
    options = ({"noise": 0.4, "recipe": "balanced"}, {"method": "alc-ct"})
    told = {origin for each in options for origin in resolve({"dataset": "demo", **each}, {}, None)[1].values()}
    assert told == {"option", "noise", "recipe", "method", "preset", "default"}
    assert {origin for origin in told | {"images", "backbone"} if f"`{origin}`" not in table} == set()
