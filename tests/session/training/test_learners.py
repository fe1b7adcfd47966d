"""Round 0 by each method but co-teaching (tests/session/training/test_advance.py), and what phase 2 makes of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.special import entr

from alc_tui.data.random_streams import random_stream
from alc_tui.errors import UsageError
from alc_tui.lnl.mixture import clean_probability
from alc_tui.model.scoring.metrics import cross_entropy
from alc_tui.session import replay
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.settings.names import METHODS
from alc_tui.session.store.arrays import load_round, load_samples
from alc_tui.session.store.document import Document
from alc_tui.session.store.events import Epoch, Event, Started
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.training import advance as training
from alc_tui.session.training.learners import BUILDERS
from alc_tui.session.training.scoring import outputs_of
from alc_tui.session.training.weights.checkpoint import Checkpoint
from alc_tui.session.training.workspace import open_workspace
from tests.made_sessions import update_facts
from tests.session.small import advance, answer_truly, copy, make, outcome, split_by_hand, stop_after

pytestmark = pytest.mark.slow


def test_every_method_has_its_learner() -> None:
    assert set(BUILDERS) == set(METHODS)


@pytest.fixture(scope="module")
def learned(colors: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, SessionFolder]:
    """A session by elr and one by dividemix after round 0, never disturbed; not to be written to."""
    store = tmp_path_factory.mktemp("store")
    folders = {method: make(colors, store, method, method=method) for method in ("elr", "dividemix")}
    for folder in folders.values():
        advance(folder)
    return folders


@pytest.mark.parametrize(("method", "networks"), [("elr", 1), ("dividemix", 2)])
def test_a_peer_method_leaves_a_round_0_like_any_other(
    method: str, networks: int, learned: dict[str, SessionFolder]
) -> None:
    folder = learned[method]
    (entry,) = Document(folder.document).rounds
    arrays, samples = load_round(folder.round_arrays(0)), load_samples(folder.samples)
    assert (entry.forget_rate, entry.ledger.free_corrections) == (0.0, 0)
    assert entry.queued == min(5, 50 - entry.clean_size)
    assert entry.clean_size == int(arrays.clean.sum())
    assert (arrays.labels == samples.given[samples.train]).all() and np.isnan(arrays.vog).all()
    assert not arrays.clean[arrays.ranking].any()
    right = (samples.given == samples.truth)[samples.train]
    assert entry.selection is not None
    precision, recall = entry.selection.precision, entry.selection.recall
    assert precision == (pytest.approx(right[arrays.clean].mean()) if arrays.clean.any() else None)
    assert recall == pytest.approx(arrays.clean[right].mean())
    assert (entry.peers is not None) == folder.weights(0, peer=2).is_file() == (networks == 2)


@pytest.mark.parametrize("method", ["elr", "dividemix"])
def test_a_peer_method_tells_its_epochs(method: str, colors: Path, tmp_path: Path) -> None:
    told: list[Event] = []
    torch.set_num_threads(1)
    folder = make(colors, tmp_path, "told", method=method, epochs=2)
    training.advance(folder, told.append)
    first, last = [event for event in told if isinstance(event, Epoch)]
    assert len(first.losses) == {"elr": 1, "dividemix": 2}[method] and first.forget_rate == 0
    assert (first.kept is None) == (method == "dividemix")  # its warm-up selects nothing
    arrays = load_round(folder.round_arrays(0))
    assert last.kept == pytest.approx([arrays.clean[arrays.labels == label].mean() for label in range(3)])


@pytest.mark.parametrize("method", ["elr", "dividemix"])
@pytest.mark.parametrize("epoch", [1, 3])
def test_a_peer_method_stopped_and_resumed_ends_at_the_same_numbers(
    method: str, epoch: int, learned: dict[str, SessionFolder], colors: Path, tmp_path: Path
) -> None:
    folder = make(colors, tmp_path, method, method=method)
    stop_after(folder, epoch)
    told: list[Event] = []
    training.advance(folder, told.append)
    assert isinstance(told[0], Started) and told[0].epoch == epoch
    assert outcome(folder) == outcome(learned[method])


def test_the_clean_set_of_dividemix_is_peer_2s_division_before_the_last_epoch(
    learned: dict[str, SessionFolder], colors: Path, tmp_path: Path
) -> None:
    folder = make(colors, tmp_path, "before", method="dividemix")
    stop_after(folder, 2)
    workspace = open_workspace(folder, lambda _event: None)
    peer2 = workspace.network(1)
    state = Checkpoint(folder.checkpoint).load()
    assert state is not None
    start = "learner.peer2.weight."
    peer2.load_state_dict({name[len(start) :]: value for name, value in state.items() if name.startswith(start)})
    losses = cross_entropy(outputs_of(workspace, peer2)[0], workspace.given)
    expected = clean_probability(losses) > 0.5
    assert (load_round(learned["dividemix"].round_arrays(0)).clean == expected).all()


def test_a_round_follows_on_a_peer_method(learned: dict[str, SessionFolder], tmp_path: Path) -> None:
    for folder in (copy(each, tmp_path) for each in learned.values()):
        split_by_hand(folder)
        answer_truly(folder)
        advance(folder)
        entry = Document(folder.document).rounds[1]
        assert (entry.clean_size, entry.decided_total) == (28 + 5, 5)


class TestClean:
    """The ceiling."""

    def test_it_is_cross_entropy_on_labels_without_noise(self, colors: Path, tmp_path: Path) -> None:
        ceiling = make(colors, tmp_path, "ceiling", method="clean", rounds=None)
        unharmed = make(colors, tmp_path, "unharmed", method="ce", noise=0.0, rounds=0)
        for folder in (ceiling, unharmed):
            advance(folder)
        found, expected = (Document(folder.document).rounds[0] for folder in (ceiling, unharmed))
        assert ceiling.weights(0).read_bytes() == unharmed.weights(0).read_bytes()
        assert (found.macro_f1, found.validation) == (expected.macro_f1, expected.validation)

    def test_every_label_is_true_and_none_is_left_to_clean(self, colors: Path, tmp_path: Path) -> None:
        folder = make(colors, tmp_path, "ceiling", method="clean", rounds=None, epochs=1)
        advance(folder)
        (entry,) = Document(folder.document).rounds
        arrays, samples = load_round(folder.round_arrays(0)), load_samples(folder.samples)
        assert (arrays.labels == samples.truth[samples.train]).all() and arrays.clean.all()
        assert (entry.clean_size, entry.queued, entry.decided_total) == (50, 0, 0)
        wrong = int((samples.given != samples.truth)[samples.train].sum())
        assert entry.ledger.free_corrections == wrong > 0
        assert entry.selection is not None
        assert entry.selection.precision == entry.selection.recall == 1
        assert SessionService(folder).state == "done"

    def test_without_known_truth_it_is_refused(self, colors: Path, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match=r"needs true labels, which are not known for folder:"):
            make(colors, tmp_path, "ceiling", method="clean", rounds=None, noise=None)


class TestActiveLearningAlone:
    """`al`: no learning with noisy labels at all."""

    @pytest.fixture(scope="class")
    def begun(self, colors: Path, tmp_path_factory: pytest.TempPathFactory) -> SessionFolder:
        """After round 0; not to be written to."""
        folder = make(colors, tmp_path_factory.mktemp("store"), "alone", method="al")
        advance(folder)
        return folder

    def test_round_0_is_the_network_as_it_came_and_takes_nothing_for_clean(self, begun: SessionFolder) -> None:
        (entry,) = Document(begun.document).rounds
        workspace = open_workspace(begun, lambda _event: None)
        as_it_came, kept = workspace.network(0).state_dict(), workspace.trained(begun.weights(0)).state_dict()
        assert all(torch.equal(value, kept[name]) for name, value in as_it_came.items())
        assert (entry.clean_size, entry.queued, entry.best_epoch) == (0, 5, 0)
        assert entry.macro_f1.best == entry.macro_f1.last and len(entry.validation) == 1
        assert not begun.checkpoint.exists()

    def test_nothing_is_learned_before_the_first_queue(self, colors: Path, tmp_path: Path) -> None:
        told: list[Event] = []
        training.advance(make(colors, tmp_path, "alone", method="al"), told.append)
        assert isinstance(told[0], Started) and told[0].epochs == 0
        assert [type(event).__name__ for event in told] == ["Started", "RoundFinished"]

    def test_the_first_queue_is_random_and_the_second_the_samplers(self, begun: SessionFolder, tmp_path: Path) -> None:
        folder = copy(begun, tmp_path)
        random_order = random_stream(0, "lottery").permutation(50)
        first = load_round(folder.round_arrays(0))
        assert first.ranking.tolist() == np.argsort(random_order)[:5].tolist()
        queue = answer_truly(folder, but_for=1)
        advance(folder)
        entry, second = Document(folder.document).rounds[1], load_round(folder.round_arrays(1))
        ids, samples = load_samples(folder.samples).ids, load_samples(folder.samples)
        decided = np.isin(ids[samples.train], queue[:4])
        assert (second.clean == decided).all() and entry.clean_size == 4
        assert (second.labels[decided] == samples.truth[samples.train][decided]).all()
        p = second.probabilities.astype(np.float64)
        entropy = entr(p).sum(1)
        left = np.flatnonzero(~np.isin(ids[samples.train], queue))
        assert second.ranking.tolist() == sorted(left.tolist(), key=lambda local: -entropy[local])[:5]

    def test_a_replay_of_a_session_with_more_budget_than_noisy_samples_is_short(
        self, begun: SessionFolder, tmp_path: Path
    ) -> None:
        session = copy(begun, tmp_path)
        update_facts(session, config=replace(Document(session.document).config, budget=40))  # twice, of 50 samples
        answers = replay.parse_oracle("gt", session, tmp_path)
        folder = replay.prepare(session, answers, {"round_epochs": 1}, lambda _event: None)
        replay.run(folder, answers, lambda _event: None)
        assert [entry.decided_total for entry in Document(folder.document).rounds] == [0, 40, 50]
        with pytest.raises(UsageError, match="2 rounds × 40 = 80 is larger than the noisy set of 50"):
            replay.prepare(session, answers, {"budget": 40}, lambda _event: None)

    def test_a_replay_starts_at_random_too(self, begun: SessionFolder, tmp_path: Path) -> None:
        session = copy(begun, tmp_path)
        answers = replay.parse_oracle("gt", session, tmp_path)
        changes: dict[str, Any] = {"sampler": "margin", "rounds": 1}
        folder = replay.prepare(session, answers, changes, lambda _event: None)
        assert (load_round(folder.round_arrays(0)).ranking == load_round(session.round_arrays(0)).ranking).all()


def test_a_round_can_learn_from_a_single_label_whose_features_have_no_variance(colors: Path, tmp_path: Path) -> None:
    folder = make(colors, tmp_path, "one", method="al", image_size=8)  # the last maps of `small` are 1 × 1
    advance(folder)
    answer_truly(folder, but_for=4)
    advance(folder)
    record = Document(folder.document).rounds[1]
    assert (record.round, record.clean_size, record.decided_total) == (1, 1, 1)
