"""The worker ranks with the focus class that the journal had when the retraining began."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from alc_tui.session import replay
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.arrays import load_round, load_samples
from alc_tui.session.store.document import Document
from alc_tui.session.store.folder import SessionFolder
from tests.made_sessions import update_facts
from tests.session.small import COLORS, advance, answer_truly, copy, outcome, stop_after

NAME = "red"


def set_focus(folder: SessionFolder, name: str | None = NAME) -> None:
    with SessionService(folder, "anna", write=True) as service:
        service.set_focus(name)


def share(folder: SessionFolder, number: int) -> float:
    """The share of the queue after round `number` that is probably of the focus class."""
    samples, arrays = load_samples(folder.samples), load_round(folder.round_arrays(number))
    label = sorted(COLORS).index(NAME)
    is_focus = (samples.given[samples.train] == label) | (arrays.probabilities.argmax(1) == label)
    return float(is_focus[arrays.ranking].mean())


@pytest.fixture
def decided(split: SessionFolder, tmp_path: Path) -> SessionFolder:
    """A session whose first queue is decided."""
    folder = copy(split, tmp_path / "decided")
    update_facts(folder, config=replace(Document(folder.document).config, rounds=3))
    answer_truly(folder)
    return folder


def test_the_next_queue_has_more_of_it_and_the_round_says_so(decided: SessionFolder) -> None:
    set_focus(decided)
    advance(decided)
    assert share(decided, 1) >= 0.5
    assert [record.focus for record in Document(decided.document).rounds] == [None, NAME]


def test_without_or_with_a_cleared_one_every_number_is_as_it_was(decided: SessionFolder, tmp_path: Path) -> None:
    plain = copy(decided, tmp_path / "plain")
    advance(plain)
    set_focus(decided)
    set_focus(decided, None)
    advance(decided)
    assert outcome(decided) == outcome(plain)
    assert "focus" not in plain.document.read_text()


def test_a_retraining_that_was_killed_ends_with_the_same_queue_whatever_was_set_meanwhile(
    decided: SessionFolder, tmp_path: Path
) -> None:
    set_focus(decided)
    undisturbed = copy(decided, tmp_path / "undisturbed")
    advance(undisturbed)
    stop_after(decided, 1)
    set_focus(decided, "blue")
    advance(decided)
    assert outcome(decided) == outcome(undisturbed)
    assert SessionService(decided).focus == "blue"


def test_it_can_be_set_before_learning(untrained: SessionFolder, tmp_path: Path) -> None:
    folder = copy(untrained, tmp_path / "new")
    set_focus(folder)
    advance(folder)
    assert [record.focus for record in Document(folder.document).rounds] == [NAME]


def test_after_the_last_round_nothing_is_ranked_with_it(decided: SessionFolder) -> None:
    update_facts(decided, config=replace(Document(decided.document).config, rounds=2))
    set_focus(decided)
    advance(decided)
    answer_truly(decided)
    advance(decided)
    assert [record.focus for record in Document(decided.document).rounds] == [None, NAME, None]


def test_a_replay_has_none(split: SessionFolder, tmp_path: Path) -> None:
    session, plain = copy(split, tmp_path / "one"), copy(split, tmp_path / "two")
    set_focus(session)
    replays = []
    for each in (session, plain):
        answers = replay.parse_oracle("gt", each, each.path.parent)
        replays.append(replay.prepare(each, answers, {"rounds": 2, "round_epochs": 1}, lambda _event: None))
        replay.run(replays[-1], answers, lambda _event: None)
    assert outcome(replays[0]) == outcome(replays[1])
