"""kill -9 at any moment: what goes on afterwards ends at the numbers of a run that was never disturbed."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from alc_tui.session import replay
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.document import Document
from alc_tui.session.store.events import Epoch, EventReader, RoundFinished, Started
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Verdict
from alc_tui.session.store.lock import is_held
from tests.end_to_end.dying import Moment, Mortal, after_event, at_call
from tests.session.small import advance, copy, outcome

pytestmark = pytest.mark.slow

KILLED = -9


def decide(folder: SessionFolder) -> None:
    """Label the queue with the truth, the last sample excluded."""
    with SessionService(folder, "anna", write=True) as service:
        truth, (*samples, last) = service.truth(), service.queue
        for sample in samples:
            service.decide(sample, Verdict("label", truth[sample]))
        service.decide(last, Verdict("exclude"))


@pytest.fixture(scope="module")
def retrained(trained: SessionFolder, tmp_path_factory: pytest.TempPathFactory) -> SessionFolder:
    """The first round decided and retrained, never disturbed."""
    folder = copy(trained, tmp_path_factory.mktemp("store"))
    decide(folder)
    advance(folder)
    return folder


@pytest.fixture(scope="module")
def finished(retrained: SessionFolder, tmp_path_factory: pytest.TempPathFactory) -> SessionFolder:
    """Both rounds decided and retrained, never disturbed."""
    folder = copy(retrained, tmp_path_factory.mktemp("store"))
    decide(folder)
    advance(folder)
    return folder


LNL = [
    after_event("Started", 0),
    after_event("Epoch", 0, 1),
    after_event("Epoch", 0, 3),
    at_call("rename", 2, done=False),  # with the second checkpoint written, but not in place
    at_call("save weights", 1, done=True),
    at_call("add round", 1, done=False),
]


@pytest.mark.parametrize("moment", LNL, ids=str)
def test_lnl_goes_on_from_its_last_epoch_to_the_same_numbers(
    moment: Moment, untrained: SessionFolder, trained: SessionFolder, mortal: Mortal, tmp_path: Path
) -> None:
    folder = copy(untrained, tmp_path)
    assert mortal.work(folder.path, moment) == KILLED
    assert Document(folder.document).rounds == [] and not is_held(folder.worker_lock)
    done = [event.epoch for event in EventReader(folder.events).poll() if isinstance(event, Epoch)]
    again = EventReader(folder.events, from_now=True)
    assert mortal.work(folder.path) == 0
    assert outcome(folder) == outcome(trained)
    started = again.poll()[0]
    # The checkpoint of the last epoch may have been on its way to the disk.
    assert isinstance(started, Started) and len(done) - 1 <= started.epoch <= len(done) + 1


def test_a_worker_killed_in_every_epoch_still_ends_at_the_same_numbers(
    untrained: SessionFolder, trained: SessionFolder, mortal: Mortal, tmp_path: Path
) -> None:
    folder = copy(untrained, tmp_path)
    # Each life finishes one epoch and dies in the next one; the third has none left to die in.
    lives = [mortal.work(folder.path, at_call("save checkpoint", 2, done=False)) for _ in range(3)]
    assert lives == [KILLED, KILLED, 0]
    assert outcome(folder) == outcome(trained)


def test_a_round_whose_document_is_there_is_done(
    untrained: SessionFolder, retrained: SessionFolder, mortal: Mortal, tmp_path: Path
) -> None:
    folder = copy(untrained, tmp_path)
    assert mortal.work(folder.path, at_call("add round", 1, done=True)) == KILLED
    assert folder.checkpoint.exists()
    assert SessionService(folder).state == "labeling"
    decide(folder)
    assert mortal.work(folder.path) == 0
    assert outcome(folder) == outcome(retrained)


ROUND = [
    at_call("freeze", 1, done=False),
    at_call("freeze", 1, done=True),
    after_event("Epoch", 1, 1),
    at_call("save weights", 1, done=True),
    at_call("add round", 1, done=False),
]


@pytest.mark.parametrize("moment", ROUND, ids=str)
def test_a_retraining_goes_on_to_the_same_numbers(
    moment: Moment, trained: SessionFolder, retrained: SessionFolder, mortal: Mortal, tmp_path: Path
) -> None:
    folder = copy(trained, tmp_path)
    decide(folder)
    journal = folder.journal.read_bytes()
    assert mortal.work(folder.path, moment) == KILLED
    assert len(Document(folder.document).rounds) == 1
    assert SessionService(folder).state == "decided"
    assert mortal.work(folder.path) == 0
    assert folder.journal.read_bytes() == journal
    assert outcome(folder) == outcome(retrained)


def test_a_later_round_goes_on_to_the_same_numbers(
    retrained: SessionFolder, finished: SessionFolder, mortal: Mortal, tmp_path: Path
) -> None:
    folder = copy(retrained, tmp_path)
    decide(folder)
    assert mortal.work(folder.path, after_event("Epoch", 2, 1)) == KILLED
    assert mortal.work(folder.path) == 0
    assert outcome(folder) == outcome(finished)
    assert SessionService(folder).state == "done"


@pytest.fixture(scope="module")
def replayed(trained: SessionFolder, tmp_path_factory: pytest.TempPathFactory) -> SessionFolder:
    """The replay of both rounds, never disturbed."""
    session = copy(trained, tmp_path_factory.mktemp("store"))
    torch.set_num_threads(1)
    answers = replay.parse_oracle("gt", session, session.path.parent)
    folder = replay.prepare(session, answers, {}, lambda _: None)
    replay.run(folder, answers, lambda _: None)
    return folder


REPLAY = [
    at_call("add round", 1, done=False),  # while the replay's folder is made
    after_event("Epoch", 1, 1),
    after_event("Epoch", 2, 2),
]


@pytest.mark.parametrize("moment", REPLAY, ids=str)
def test_a_replay_goes_on_to_the_same_numbers(
    moment: Moment, trained: SessionFolder, replayed: SessionFolder, mortal: Mortal, tmp_path: Path
) -> None:
    session = copy(trained, tmp_path)
    assert mortal.replay(session.path, moment) == KILLED
    assert mortal.replay(session.path) == 0
    (folder,) = session.replays()
    assert outcome(folder) == outcome(replayed)
    done = [event.round for event in EventReader(folder.events).poll() if isinstance(event, RoundFinished)]
    assert done == [1, 2]


def test_the_comparison_would_notice_other_numbers(trained: SessionFolder, retrained: SessionFolder) -> None:
    assert outcome(trained) != outcome(retrained)
    assert outcome(trained)["0 weights"] == outcome(retrained)["0 weights"]
