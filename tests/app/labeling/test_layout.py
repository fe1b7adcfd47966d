"""How the labeling screen is divided: the image takes what there is, everything else lies around it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from alc_tui.tui.labeling.sample.layout import NEIGHBORS, Layout, Needs, Tiles, arrange, tile

NEEDS = Needs(classes=8, evidence=7, names=31, counts=13, marks=40)
SIZES = [(columns, rows) for columns in range(20, 320, 7) for rows in range(4, 100, 3)]


def used(layout: Layout, size: tuple[int, int]) -> tuple[int, int]:
    """Columns and rows that everything together takes."""
    around = layout.strip + (layout.tiles.height + 1 if layout.tiles else 0)
    if layout.is_below:
        return size[0], layout.image[1] + 1 + max(layout.facts.rows, around)
    return layout.image[0] + 1 + layout.facts.classes[0], layout.facts.rows + (1 + around if around else 0)


def test_nothing_is_larger_than_the_screen() -> None:
    for size in SIZES:
        layout = arrange(size, NEEDS)
        columns, rows = used(layout, size)
        assert columns <= size[0] and rows <= size[1], size
        assert 0 <= layout.image[0] <= size[0] and 0 <= layout.image[1] <= size[1], size


def test_80_by_24_is_tight_and_gives_the_image_what_the_evidence_leaves() -> None:
    layout = arrange((80, 20), NEEDS)
    assert layout.image == (45, 20)
    assert (layout.facts.classes, layout.facts.evidence, layout.strip, layout.tiles) == ((34, 8), 7, 0, None)


def test_a_medium_window_shows_a_square_image_in_full_height_and_neighbors_beside_it() -> None:
    layout = arrange((120, 36), NEEDS)
    assert layout.image[0] >= 72 + 2
    assert layout.tiles is not None
    assert layout.tiles.area[0] >= 14 and layout.tiles.area[1] >= 7


@pytest.mark.parametrize("marks", [40, 90, 166, 390])
def test_a_large_window_has_four_neighbors_of_40_by_20_cells_the_round_and_counts_side_by_side(marks: int) -> None:
    layout = arrange((200, 56), replace(NEEDS, marks=marks))
    assert layout.image[0] >= 112 + 2  # a square image in full height
    assert layout.tiles is not None
    assert layout.tiles.across == 2
    assert layout.tiles.area[0] >= 40 and layout.tiles.area[1] >= 20
    assert layout.facts.abreast and layout.facts.counts
    assert layout.strip == 2


def test_the_round_takes_up_to_three_rows_of_marks_where_the_neighbors_stay_large() -> None:
    assert [arrange((200, 58), replace(NEEDS, marks=marks)).strip for marks in (83, 166, 390)] == [2, 3, 4]


def test_in_a_high_window_everything_else_lies_below_the_image() -> None:
    layout = arrange((90, 76), NEEDS)
    assert layout.is_below
    assert layout.image[0] == 90
    assert layout.image[1] >= 44  # 88 columns of a square image
    assert layout.tiles is not None


@pytest.mark.parametrize("rows", [20, 36, 56, 96])
def test_a_wider_window_never_makes_the_image_much_smaller(rows: int) -> None:
    squares = [min(layout.image[0] - 2, 2 * layout.image[1]) for layout in (arrange((c, rows), NEEDS) for c in WIDTHS)]
    assert all(other >= 0.8 * one for one, other in pairwise(squares))


WIDTHS = range(60, 300)


def test_a_limit_leaves_its_space_to_the_neighbors() -> None:
    free, limited = arrange((200, 56), NEEDS), arrange((200, 56), NEEDS, largest=(60, 30))
    assert limited.image[0] == 62
    assert free.tiles is not None and limited.tiles is not None
    assert limited.tiles.area[0] > free.tiles.area[0]


def test_without_neighbors_the_image_takes_their_space() -> None:
    with_them, without = (arrange((200, 56), Needs(8, 7, 31, 13, 40, neighbors)) for neighbors in (True, False))
    assert without.image[0] > with_them.image[0]
    assert without.tiles is None


def test_evidence_gives_way_to_classes_and_classes_to_the_most_important_evidence() -> None:
    assert arrange((80, 12), NEEDS).facts.evidence == 4
    many = arrange((80, 20), Needs(classes=30, evidence=7)).facts
    assert (many.classes[1], many.evidence) == (13, 7)
    assert arrange((80, 10), Needs(classes=30, evidence=7)).facts.evidence == 2


def test_neighbors_are_arranged_so_that_they_become_largest() -> None:
    assert tile((83, 43)) == Tiles(2, 2, (41, 20))
    assert tile((83, 12)) == Tiles(4, 1, (20, 10))
    assert tile((20, 60)) == Tiles(1, 4, (20, 10))
    assert tile((20, 6)) is None
    for space in ((30, 6), (100, 30), (50, 50)):
        tiles = tile(space)
        assert tiles is not None
        assert tiles.height <= space[1]
        assert tiles.across * (tiles.area[0] + 1) - 1 <= space[0]
        assert tiles.across * tiles.down == NEIGHBORS


def test_cells_that_are_not_twice_as_high_as_wide_change_the_shape() -> None:
    assert tile((83, 60), ratio=1.6) == Tiles(2, 2, (41, 26))
