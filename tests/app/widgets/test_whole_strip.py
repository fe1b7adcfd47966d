"""Lines of pictures are freed without the garbage collector."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest
from rich.segment import Segment
from textual.strip import Strip

from alc_tui.tui.widgets.whole_strip import whole


@pytest.fixture(autouse=True)
def no_garbage_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


def line() -> Strip:
    return Strip([Segment("ab"), Segment("cd")], 4)


def test_the_line_is_the_same() -> None:
    (same,) = whole([line()])
    assert same == line() and same.cell_length == 4


@pytest.mark.parametrize("cuts", [[4], [2, 4], [1, 3, 4]])
def test_a_line_is_divided_as_others_are(cuts: list[int]) -> None:
    assert list(whole([line()])[0].divide(cuts)) == list(line().divide(cuts))


def test_a_line_that_was_divided_nowhere_is_freed_with_the_last_that_shows_it() -> None:
    (shown,) = whole([line()])
    reference = weakref.ref(shown)
    shown.divide(iter([4]))
    del shown
    assert reference() is None
