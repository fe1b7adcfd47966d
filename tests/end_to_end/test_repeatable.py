"""The same seed gives the same numbers, whoever decides."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from alc_tui.session import replay
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.arrays import load_samples
from alc_tui.session.store.document import Document
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Journal, Verdict
from tests.session.small import advance, copy, make, outcome

pytestmark = pytest.mark.slow


def same_samples(one: SessionFolder, other: SessionFolder) -> dict[str, bool]:
    first, second = load_samples(one.samples), load_samples(other.samples)
    names = ("ids", "split", "given")
    return {name: getattr(first, name).tolist() == getattr(second, name).tolist() for name in names}


def test_two_sessions_alike_have_the_same_split_noise_ranking_and_metrics(
    colors: Path, trained: SessionFolder, tmp_path: Path
) -> None:
    again = make(colors, tmp_path, "again")
    assert same_samples(again, trained) == {"ids": True, "split": True, "given": True}
    advance(again)
    assert outcome(again) == outcome(trained)


def test_another_seed_has_another_split_other_noise_and_other_numbers(
    colors: Path, trained: SessionFolder, tmp_path: Path
) -> None:
    other = make(colors, tmp_path, "other", seed=1)
    assert same_samples(other, trained) == {"ids": True, "split": False, "given": False}
    advance(other)
    ours, theirs = outcome(other), outcome(trained)
    assert ours.keys() == theirs.keys()
    differing = {name for name in ours if ours[name] != theirs[name]}
    assert {"rounds", "0 ranking", "0 clean", "0 weights", "0 loss"} <= differing


def by_hand(folder: SessionFolder) -> None:
    """A person who knows the truth decides the queue, changing their mind on the way."""
    with SessionService(folder, "anna", write=True) as service:
        truth = service.truth()
        hesitated = False
        while (item := service.next_item()) is not None:
            if not hesitated:
                wrong = next(name for name in service.classes if name != truth[item.sample])
                service.decide(item.sample, Verdict("label", wrong, 1.0))
                assert getattr(service.undo(), "sample", None) == item.sample
                hesitated = True
            service.decide(item.sample, Verdict("label", truth[item.sample], 2.0))


def without_hesitation(numbers: dict[str, Any]) -> dict[str, Any]:
    return {
        **numbers,
        "rounds": [replace(entry, ledger=replace(entry.ledger, undone=0)) for entry in numbers["rounds"]],
    }


def test_a_person_and_an_oracle_with_the_same_answers_come_to_the_same_numbers(
    trained: SessionFolder, tmp_path: Path
) -> None:
    session = copy(trained, tmp_path)
    torch.set_num_threads(1)
    answers = replay.parse_oracle("gt", session, tmp_path)
    replayed = replay.prepare(session, answers, {}, lambda _: None)
    replay.run(replayed, answers, lambda _: None)

    for _ in range(2):
        by_hand(session)
        advance(session)
    assert SessionService(session).state == "done"
    assert [entry.ledger.undone for entry in Document(session.document).rounds] == [0, 1, 1]
    assert without_hesitation(outcome(session)) == outcome(replayed)
    shown = [each.sample for each in Journal(replayed.journal).decisions]
    assert list(dict.fromkeys(each.sample for each in Journal(session.journal).decisions)) == shown
    assert len(shown) == len(set(shown)) == 10


def test_a_journal_replayed_in_its_own_session_comes_to_the_same_numbers(
    trained: SessionFolder, tmp_path: Path
) -> None:
    session = copy(trained, tmp_path)
    draw = np.random.default_rng(4)
    for _ in range(2):
        with SessionService(session, "anna", write=True) as service:
            for sample in service.queue:
                kind = str(draw.choice(["label", "label", "skip", "exclude"]))
                service.decide(
                    sample, Verdict(kind, str(draw.choice(service.classes)) if kind == "label" else None, 1.5)
                )
        advance(session)
    answers = replay.parse_oracle("journal", session, tmp_path)
    replayed = replay.prepare(session, answers, {}, lambda _: None)
    replay.run(replayed, answers, lambda _: None)
    assert outcome(replayed) == outcome(session)
    assert [(each.sample, each.kind, each.label) for each in Journal(replayed.journal).decisions] == [
        (each.sample, each.kind, each.label) for each in Journal(session.journal).decisions
    ]
