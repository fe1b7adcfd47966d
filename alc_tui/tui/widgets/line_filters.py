"""Which of Textual's filters a widget that shows pictures needs."""

from __future__ import annotations

from collections.abc import Sequence

from textual.filter import ANSIToTruecolor, LineFilter


def without_conversion(filters: Sequence[LineFilter]) -> list[LineFilter]:
    """All but the one that looks through every cell for colors to convert: pictures have none."""
    return [each for each in filters if not isinstance(each, ANSIToTruecolor)]
