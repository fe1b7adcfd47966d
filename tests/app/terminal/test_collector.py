from __future__ import annotations

import codecs
import gc
from collections.abc import Iterator

import pytest

from alc_tui.tui.terminal.collector import EVERY, Collector
from alc_tui.tui.terminal.input_bytes import read_any_bytes


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """What the collector changes is the process's: put it back."""
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


def test_garbage_is_collected_at_every_few_rests() -> None:
    collector = Collector()
    collector.rest()
    Loop.freed = 0
    Loop()
    for _ in range(EVERY - 1):
        collector.rest()
    assert Loop.freed == 0
    collector.rest()
    assert Loop.freed == 1


def test_full_collections_do_not_come_by_themselves_and_young_ones_do() -> None:
    young, middle, _ = gc.get_threshold()
    Collector().begin()
    assert gc.get_threshold()[:2] == (young, middle)
    assert gc.get_threshold()[2] >= 1_000_000


def test_where_nothing_is_labeled_garbage_goes_all_the_same() -> None:
    collector = Collector()
    Loop.freed = 0
    Loop()
    collector.idle()
    assert Loop.freed == 1


def test_bytes_that_are_not_utf_8_are_read_as_replacement_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    from textual.drivers import linux_driver

    monkeypatch.setattr(linux_driver, "getincrementaldecoder", codecs.getincrementaldecoder)  # put back afterwards
    read_any_bytes()
    decode = vars(linux_driver)["getincrementaldecoder"]("utf-8")().decode
    assert decode(b"1\xff2") == "1\ufffd2"
    assert decode(b"\xc3") + decode(b"\xa4") == "\u00e4"
