"""Numbers as they are written in sentences."""

from __future__ import annotations

import pytest

from alc_tui.text.format import counted


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 decisions"), (1, "1 decision"), (2, "2 decisions"), (12_345, "12,345 decisions")]
)
def test_a_noun_agrees_with_its_number(count: int, text: str) -> None:
    assert counted(count, "decision") == text
