from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from alc_tui.tui.terminal.garbage_collector import EVERY, GarbageCollector


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """What the garbage garbage_collector changes is the process's: put it back."""
    threshold = gc.get_threshold()
    yield
    gc.set_threshold(*threshold)
    gc.unfreeze()


class Loop:
    """Something that only a collection frees."""

    freed = 0

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        Loop.freed += 1


def test_garbage_is_collected_after_every_few_images() -> None:
    garbage_collector = GarbageCollector()
    garbage_collector.collect_after_image()
    Loop.freed = 0
    Loop()
    for _ in range(EVERY - 1):
        garbage_collector.collect_after_image()
    assert Loop.freed == 0
    garbage_collector.collect_after_image()
    assert Loop.freed == 1


def test_full_collections_do_not_come_by_themselves_and_young_ones_do() -> None:
    young, middle, _ = gc.get_threshold()
    GarbageCollector().disable_automatic()
    assert gc.get_threshold()[:2] == (young, middle)
    assert gc.get_threshold()[2] >= 1_000_000


def test_where_nothing_is_labeled_garbage_goes_all_the_same() -> None:
    garbage_collector = GarbageCollector()
    Loop.freed = 0
    Loop()
    garbage_collector.collect_when_idle()
    assert Loop.freed == 1
