"""The worker's side of a live session, with verdicts given at any moment of a retraining."""

from __future__ import annotations

from pathlib import Path

import pytest

from alc_tui.errors import UsageError
from alc_tui.session import replay
from alc_tui.session.labeling.oracles import GroundTruth
from alc_tui.session.labeling.passes import QueuePass
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.arrays import load_round, load_samples
from alc_tui.session.store.document import Document
from alc_tui.session.store.events import Epoch, Event, Started
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Verdict
from alc_tui.session.training import advance as training
from tests.session.small import advance, copy, make, outcome, stop_after

BUDGET = 4


@pytest.fixture(scope="module")
def after_lnl(colors: Path, tmp_path_factory: pytest.TempPathFactory) -> SessionFolder:
    """A live session after LNL; not to be written to."""
    store = tmp_path_factory.mktemp("store")
    folder = make(colors, store, "live", freeze=True, views=2, live=True, budget=BUDGET, rounds=3)
    advance(folder)
    return folder


def decide(folder: SessionFolder, count: int) -> list[str]:
    """Decide what is shown next, some samples long, truly; returns them."""
    samples = []
    with SessionService(folder, "anna", write=True) as service:
        truth = service.truth()
        for _ in range(count):
            showing = QueuePass(service).next()
            assert showing is not None
            sample = showing.item.sample
            QueuePass(service).decide(showing, Verdict("label", truth[sample]))
            samples.append(sample)
    return samples


def ranking(folder: SessionFolder, number: int) -> list[str]:
    samples = load_samples(folder.samples)
    return [str(one) for one in samples.ids[samples.train[load_round(folder.round_arrays(number)).ranking]]]


def test_twice_as_many_are_ranked_as_a_round_shows(after_lnl: SessionFolder) -> None:
    assert len(ranking(after_lnl, 0)) == 2 * BUDGET
    assert Document(after_lnl.document).rounds[0].queued == BUDGET


def test_a_retraining_uses_no_verdict_of_the_next_round_whenever_it_was_given(
    after_lnl: SessionFolder, tmp_path: Path
) -> None:
    plain, before, during = (copy(after_lnl, tmp_path / name) for name in ("plain", "before", "during"))
    decide(plain, BUDGET)
    advance(plain)
    decide(before, BUDGET + 2)
    advance(before)
    decide(during, BUDGET)

    def label_on(event: Event) -> None:
        if isinstance(event, Started | Epoch):
            decide(during, 1)

    training.advance(during, label_on)
    assert outcome(before) == outcome(plain) == outcome(during)
    for folder in (before, during):
        record = Document(folder.document).rounds[1]
        assert (record.ledger.shown, record.decided_total, record.queued) == (BUDGET, BUDGET, BUDGET)


def test_samples_decided_ahead_are_used_by_the_next_retraining_and_shown_once(
    after_lnl: SessionFolder, tmp_path: Path
) -> None:
    folder, shown = copy(after_lnl, tmp_path), list[str]()
    for number in range(1, 4):
        shown += decide(folder, number * BUDGET - len(shown))
        if number < 3:
            shown += decide(folder, 2)
        advance(folder)
        assert not set(shown[: number * BUDGET]) & set(ranking(folder, number))
    records = Document(folder.document).rounds
    assert len(shown) == len(set(shown)) == 3 * BUDGET
    assert [record.decided_total for record in records] == [0, BUDGET, 2 * BUDGET, 3 * BUDGET]
    assert records[-1].queued == 0


def test_a_retraining_that_was_interrupted_ends_with_the_same_numbers_although_labeling_went_on(
    after_lnl: SessionFolder, tmp_path: Path
) -> None:
    plain, interrupted = copy(after_lnl, tmp_path / "plain"), copy(after_lnl, tmp_path / "interrupted")
    for folder in (plain, interrupted):
        decide(folder, BUDGET + 1)
    advance(plain)
    stop_after(interrupted, 1)
    decide(interrupted, 2)
    advance(interrupted)
    assert outcome(interrupted) == outcome(plain)


def test_a_round_with_an_undecided_sample_is_not_retrained(after_lnl: SessionFolder, tmp_path: Path) -> None:
    folder = copy(after_lnl, tmp_path)
    decide(folder, BUDGET)
    with SessionService(folder, "anna", write=True) as service:
        service.undo()
    with pytest.raises(UsageError, match="has 1 undecided samples"):
        advance(folder)


def test_a_replay_runs_the_small_rounds(after_lnl: SessionFolder, tmp_path: Path) -> None:
    session = copy(after_lnl, tmp_path)
    oracle = GroundTruth(SessionService(session).truth())
    folder = replay.prepare(session, oracle, {}, lambda _: None)
    replay.run(folder, oracle, lambda _: None)
    assert [record.ledger.shown for record in Document(folder.document).rounds] == [0, BUDGET, BUDGET, BUDGET]
