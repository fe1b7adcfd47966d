"""The recipe `balanced`: rarity, class-balanced retraining of both peers, and their mean prediction."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.spatial.distance import jensenshannon

from alc_tui.active.cleaning import TrainingSet, draw_weights
from alc_tui.data.random_streams import random_stream
from alc_tui.errors import UsageError
from alc_tui.model.forward import forward
from alc_tui.model.learner import Learner
from alc_tui.model.scoring.metrics import score
from alc_tui.session import replay
from alc_tui.session.settings.config import Config
from alc_tui.session.settings.resolution import resolve
from alc_tui.session.store.arrays import load_samples
from alc_tui.session.store.document import Document
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.training.learners import round_learner
from alc_tui.session.training.ranking import next_ranking
from alc_tui.session.training.scoring import outputs_of
from alc_tui.session.training.workspace import Workspace, open_workspace
from tests.session.small import advance, answer_truly, config, copy, make, outcome, stop_after

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def begun(colors: Path, tmp_path_factory: pytest.TempPathFactory) -> SessionFolder:
    """After round 0; not to be written to."""
    folder = make(colors, tmp_path_factory.mktemp("store"), "fair", recipe="balanced", epochs=2)
    advance(folder)
    return folder


@pytest.fixture(scope="module")
def done(begun: SessionFolder, tmp_path_factory: pytest.TempPathFactory) -> SessionFolder:
    """After both rounds; not to be written to."""
    folder = copy(begun, tmp_path_factory.mktemp("store"))
    for _ in range(2):
        answer_truly(folder)
        advance(folder)
    return folder


@pytest.fixture(scope="module")
def workspace(done: SessionFolder) -> Workspace:
    torch.set_num_threads(1)
    return open_workspace(done, lambda _event: None)


def test_the_recipe_sets_six_settings_and_each_can_be_set_apart() -> None:
    settings, origins = resolve({"dataset": "demo", "recipe": "balanced", "balance": 0.25}, {}, None)
    assert (settings.method, settings.sampler, settings.decided_weight) == ("ct", "rarity", 4)
    assert (settings.tune_peers, settings.prediction) == ("both", "mean")
    assert (settings.balance, origins["balance"], origins["sampler"]) == (0.25, "option", "recipe")


def test_the_former_name_of_the_recipe_is_accepted_everywhere() -> None:
    assert resolve({"dataset": "demo"}, {"ALC_PRESET": "balanced"}, None)[0].sampler == "rarity"
    stored = config().as_dict() | {"preset": "authors-code"}
    del stored["recipe"]
    assert Config.from_dict(stored).recipe == "authors-code"


def test_the_mean_of_two_peers_needs_two_that_are_retrained() -> None:
    with pytest.raises(UsageError, match="specify --tune-peers both"):
        config(prediction="mean")
    with pytest.raises(UsageError, match="The method ce trains one network; specify --tune-peers one"):
        config(method="ce", tune_peers="both")


def test_weights_are_v_over_the_root_of_the_class_total() -> None:
    labels, decided = np.array([0, 0, 0, 1, 1]), np.array([True, False, False, False, True])
    n0, n1 = 4 + 1 + 1, 1 + 4
    expected = [4 / n0**0.5, 1 / n0**0.5, 1 / n0**0.5, 1 / n1**0.5, 4 / n1**0.5]
    assert draw_weights(labels, decided, 0.5, 4) == pytest.approx(expected)
    assert draw_weights(labels, decided, 0, 1) == pytest.approx(np.ones(5))
    even = draw_weights(labels, decided, 1, 4)
    assert even[:3].sum() == pytest.approx(even[3:].sum()) == pytest.approx(1)


def test_an_epoch_is_as_many_draws_as_there_are_samples_by_their_weights(workspace: Workspace) -> None:
    clean = np.arange(50) < 30
    decided = np.arange(50) < 4
    learned = TrainingSet(clean, workspace.given)
    learner = round_learner(workspace, 1, learned, decided, 0.4)
    weights = draw_weights(workspace.given[:30], decided[:30], 0.5, 4)
    drawn = random_stream(0, "order", 1, 0).choice(30, 30, p=weights / weights.sum())
    batches = [batch.indices.numpy() for batch in learner.batches()]
    assert np.concatenate(batches).tolist() == drawn.tolist()
    assert isinstance(learner, Learner) and len(learner.networks) == 2 and learner.phase == 1


def test_without_balance_and_weight_each_sample_is_learned_once(workspace: Workspace) -> None:
    plain = replace(workspace, config=replace(workspace.config, balance=0.0, decided_weight=1.0))
    learner = round_learner(plain, 1, TrainingSet(np.arange(50) < 30, plain.given), np.arange(50) < 4, 0.4)
    assert sorted(np.concatenate([batch.indices.numpy() for batch in learner.batches()]).tolist()) == list(range(30))


def test_scores_are_those_of_the_mean_of_both_peers(done: SessionFolder, workspace: Workspace) -> None:
    samples, test = load_samples(done.samples), workspace.samples.test
    asked = replace(workspace, samples=replace(samples, split=np.where(samples.split == 2, 0, 1).astype(np.int8)))
    assert asked.train.tolist() == test.tolist()
    for record in Document(done.document).rounds:
        networks = [workspace.trained(done.weights(record.round, peer)) for peer in (1, 2)]
        mean = outputs_of(asked, *networks).probabilities
        assert record.scores.last.macro_f1 == pytest.approx(score(mean, workspace.test_labels)["macro_f1"])


def test_the_best_weights_are_those_whose_score_is_reported(done: SessionFolder, workspace: Workspace) -> None:
    samples = load_samples(done.samples)
    asked = replace(workspace, samples=replace(samples, split=np.where(samples.split == 2, 0, 1).astype(np.int8)))
    for record in Document(done.document).rounds:
        networks = [workspace.trained(done.weights(record.round, peer, best=True)) for peer in (1, 2)]
        mean = outputs_of(asked, *networks).probabilities
        assert record.macro_f1.best == pytest.approx(score(mean, workspace.test_labels)["macro_f1"])


@pytest.mark.parametrize("epoch", [1, 2])
def test_a_round_stopped_and_resumed_ends_at_the_same_numbers(
    epoch: int, begun: SessionFolder, done: SessionFolder, tmp_path: Path
) -> None:
    folder = copy(begun, tmp_path)
    for _ in range(2):
        answer_truly(folder)
        stop_after(folder, epoch)
        advance(folder)
    assert outcome(folder) == outcome(done)


@pytest.mark.parametrize("changes", [{}, {"balance": 0.0, "sampler": "entropy"}])
def test_a_replay_is_what_a_session_with_its_settings_would_have_done(
    changes: dict[str, object], colors: Path, begun: SessionFolder, tmp_path: Path
) -> None:
    answers = replay.parse_oracle("gt", begun, tmp_path)
    own = copy(begun, tmp_path / "own")
    folder = replay.prepare(own, answers, changes, lambda _event: None)
    torch.set_num_threads(1)
    replay.run(folder, answers, lambda _event: None)
    session = make(colors, tmp_path / "new", "fair", recipe="balanced", epochs=2, **changes)
    advance(session)
    for _ in range(2):
        answer_truly(session)
        advance(session)
    assert outcome(folder) == outcome(session)


@pytest.mark.parametrize("departures", [None, "augmented-ranking"])
def test_peers_compares_both_peers_although_their_mean_predicts(workspace: Workspace, departures: str | None) -> None:
    settings = replace(workspace.config, sampler="peers", departures=departures, rounds=3, budget=8)
    asked, networks = replace(workspace, config=settings), workspace.trained_peers(1)
    if departures is None:
        inputs = torch.cat(list(workspace.source.scoring([workspace.train])))
    else:
        draws = random_stream(settings.seed, "augmented ranking", 1)
        inputs = torch.cat(list(workspace.source.training([workspace.train], draws)))
    with torch.no_grad():
        p, q = (forward(each.eval(), inputs, workspace.compute)[0].softmax(1).double().numpy() for each in networks)
    expected = jensenshannon(p, q, axis=1) ** 2
    noisy = TrainingSet(np.zeros(len(p), dtype=np.bool_), workspace.given)
    ranking = next_ranking(asked, 1, networks, outputs_of(asked, *networks), noisy, shown=())
    assert ranking.scores.tolist() == pytest.approx(sorted(expected, reverse=True)[:8], abs=1e-4)


def test_a_replay_retrains_both_peers_where_their_mean_predicts(begun: SessionFolder, tmp_path: Path) -> None:
    answers = replay.parse_oracle("gt", begun, tmp_path)
    said = r"create a session with `alc session new --tune-peers one --prediction peer1`"
    with pytest.raises(UsageError, match=said):
        replay.prepare(begun, answers, {"tune_peers": "one"}, lambda _event: None)
    assert not begun.path.joinpath("replays").exists()
