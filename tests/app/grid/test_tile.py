"""A thumbnail's caption: its number and its state, in full where the width allows."""

from __future__ import annotations

import pytest
from rich.style import Style

from alc_tui.tui.grid.tile import Tile
from alc_tui.tui.palette import ON_DARK


def caption(width: int, state: str, short_state: str = "") -> str:
    tile = Tile(0, "ISIC_1", 12, state, "bad", short_state=short_state)
    return tile.caption(width, False, Style(), ON_DARK).text.rstrip()


@pytest.mark.parametrize(
    ("width", "text"), [(20, " 12 excluded"), (12, " 12 excluded"), (11, " 12 excl"), (7, " 12 e…l")]
)
def test_a_state_has_its_short_name_only_where_the_whole_one_does_not_fit(width: int, text: str) -> None:
    assert caption(width, "excluded", "excl") == text


def test_a_state_without_a_short_name_is_cut() -> None:
    assert caption(11, "seborrheic keratosis") == " 12 seb…sis"
