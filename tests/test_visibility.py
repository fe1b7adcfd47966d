"""The judge of what was visible: an image counts since it stood there whole, even if it was small at first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.terminal import Chunk
from tests.visibility import visible_images

SIZE = (100, 30)
COLUMNS, ROWS = 48, 20
Colors = NDArray[np.int_]
"""Of one image: rows × 3, from 0 to 255; each row of cells has one color, close to that of the row above."""


def image(seed: int) -> Colors:
    top, bottom = np.random.default_rng(seed).integers(0, 256, (2, 3))
    return np.linspace(top, bottom, ROWS).astype(int)


def heading(number: int) -> str:
    return f"\x1b[1;1H skin  image {number} of 9 "


def drawn(colors: Colors, rows: Sequence[int], columns: int = COLUMNS) -> str:
    """Rows of a picture: of so many columns, from the left, below the heading."""
    return "".join(
        "\x1b[{};1H\x1b[48;2;{};{};{}m{}\x1b[0m".format(3 + row, *colors[row], "▄" * columns) for row in rows
    )


def draft(colors: Colors) -> str:
    """The same picture in half as many rows and columns."""
    return drawn(colors[::2], range(ROWS // 2), COLUMNS // 2)


def seen(*happened: tuple[float, str]) -> list[tuple[int, float]]:
    """What comes when; the numbers of the images that were visible, and since when."""
    chunks = [Chunk(at, text.encode()) for at, text in happened]
    return [(one.number, one.since) for one in visible_images(chunks, SIZE)]


ALL = range(ROWS)
FIRST, SECOND = image(1), image(2)
CLEARED = "".join(f"\x1b[{3 + row};1H\x1b[K" for row in ALL)


def test_an_image_that_comes_in_parts_is_visible_with_the_last() -> None:
    assert seen((1.0, heading(1)), (1.1, drawn(FIRST, ALL[:10])), (1.6, drawn(FIRST, ALL[10:]))) == [(1, 1.6)]


def test_a_small_picture_that_stands_still_counts_though_a_large_one_follows() -> None:
    assert seen((1.0, heading(1)), (1.1, draft(FIRST)), (2.0, drawn(FIRST, ALL))) == [(1, 1.1)]


def test_a_small_picture_counts_though_the_next_image_comes_before_the_large_one_is_whole() -> None:
    below = [drawn(FIRST, ALL[first : first + 4]) for first in (16, 12, 8)]
    assert seen(
        (1.0, heading(1)),
        (1.1, draft(FIRST)),
        *((2.0 + 0.05 * place, part) for place, part in enumerate(below)),
        (3.0, heading(2) + CLEARED + drawn(SECOND, ALL)),
    ) == [(1, 1.1), (2, 3.0)]


@pytest.mark.parametrize("rest", [0, 4], ids=["none of it", "its upper rows"])
def test_the_picture_before_under_the_new_heading_does_not_count(rest: int) -> None:
    """rest: rows that both pictures have in common."""
    second = np.concatenate([FIRST[:rest], SECOND[rest:]])
    assert seen(
        (1.0, heading(1) + drawn(FIRST, ALL)),
        (2.0, heading(2)),
        (2.5, drawn(second, ALL[:10])),
        (2.6, drawn(second, ALL)),
    ) == [(1, 1.0), (2, 2.6)]
