from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.special import rel_entr

from alc_tui.active.cleaning import TrainingSet
from alc_tui.active.samplers import SAMPLERS, Ranking
from alc_tui.errors import UsageError
from alc_tui.model.networks import Network
from alc_tui.session import replay
from alc_tui.session.store.arrays import RoundArrays, load_round, load_samples
from alc_tui.session.store.document import Document
from alc_tui.session.store.events import Event, Notice
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.training.ranking import dropout_probabilities, next_ranking
from alc_tui.session.training.scoring import outputs_of
from alc_tui.session.training.workspace import Workspace, open_workspace
from tests.session.small import config, copy, undecided_peer


@pytest.fixture(scope="module")
def workspace(split: SessionFolder) -> Workspace:
    torch.set_num_threads(1)
    return open_workspace(split, lambda _event: None)


def after_lnl(
    workspace: Workspace,
    sampler: str,
    number: int = 0,
    seed: int = 0,
    peer1: Network | None = None,
    focus: str | None = None,
    budget: int = 8,
) -> Ranking:
    """Whom a session like this one would show with another sampler, or another peer 1 than LNL left."""
    settings = replace(workspace.config, sampler=sampler, budget=budget, seed=seed)
    asked = replace(workspace, config=settings)
    first = load_round(workspace.folder.round_arrays(0))
    peer1 = asked.trained(workspace.folder.weights(0)) if peer1 is None else peer1
    training = TrainingSet(first.clean, first.labels)
    return next_ranking(asked, number, (peer1,), outputs_of(asked, peer1), training, shown=(), focus=focus)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_sampler_ranks_the_noisy_set_and_the_same_way_when_asked_again(
    sampler: str, workspace: Workspace
) -> None:
    first, again = after_lnl(workspace, sampler), after_lnl(workspace, sampler)
    clean = load_round(workspace.folder.round_arrays(0)).clean
    assert len(set(first.order.tolist())) == 8 and not clean[first.order].any()
    assert first.order.tolist() == again.order.tolist() and first.scores.tolist() == again.scores.tolist()


def peer(workspace: Workspace, weights: Path) -> np.ndarray[Any, np.dtype[np.float64]]:
    return outputs_of(workspace, workspace.trained(weights)).probabilities.astype(np.float64)


def test_peers_compares_peer_1_with_the_peer_2_that_lnl_left(workspace: Workspace) -> None:
    folder = workspace.folder
    p, q = peer(workspace, folder.weights(0)), peer(workspace, folder.weights(0, peer=2))
    expected = (rel_entr(p, (p + q) / 2) + rel_entr(q, (p + q) / 2)).sum(1) / 2
    ranking = after_lnl(workspace, "peers")
    noisy = np.flatnonzero(~load_round(folder.round_arrays(0)).clean)
    assert ranking.scores.tolist() == pytest.approx(sorted(expected[noisy], reverse=True)[:8], abs=1e-7)
    assert ranking.scores.tolist() == pytest.approx(expected[ranking.order].tolist(), abs=1e-7)


def test_the_given_label_is_what_came_with_the_data(workspace: Workspace) -> None:
    arrays, samples = load_round(workspace.folder.round_arrays(0)), load_samples(workspace.folder.samples)
    given = samples.given[samples.train]
    ranking = after_lnl(workspace, "self-confidence")
    expected = [1 - float(arrays.probabilities[local, given[local]]) for local in ranking.order]
    assert ranking.scores.tolist() == pytest.approx(expected, abs=1e-6)
    assert (given != samples.truth[samples.train])[ranking.order].any()


@pytest.mark.parametrize("sampler", ["bald", "badge"])
def test_each_round_and_each_seed_has_draws_of_its_own(sampler: str, workspace: Workspace) -> None:
    peer1 = undecided_peer(workspace)
    rankings = [after_lnl(workspace, sampler, number, seed, peer1) for number, seed in ((0, 0), (1, 0), (0, 1))]
    assert len({tuple(ranking.scores.tolist()) for ranking in rankings}) == 3


def test_bald_measures_what_dropout_changes_in_the_answers(workspace: Workspace) -> None:
    """With logits that dropout changes by a standard deviation of about 1, the mean of 20 passes is the usual one."""
    peer1 = workspace.trained(workspace.folder.weights(0))
    features = outputs_of(workspace, peer1)[1].astype(np.float64)
    with torch.no_grad():
        peer1.head.weight /= np.sqrt((features**2).sum(1).mean()) * peer1.head.weight.std()
    outputs, everyone = outputs_of(workspace, peer1), np.ones(len(features), dtype=np.bool_)
    usual = outputs.logits
    passes = np.log(dropout_probabilities(workspace, 0, peer1, outputs, everyone).astype(np.float64))
    assert passes.shape == (20, *usual.shape) and (passes.std(0) > 0).all()
    weight = peer1.head.weight.detach().double().numpy()
    for label in (1, 2):
        change = passes[..., label] - passes[..., 0] - (usual[:, label] - usual[:, 0])
        sampling_error = np.sqrt((features**2 @ (weight[label] - weight[0]) ** 2) / 20)
        assert (abs(change.mean(0)) < 6 * sampling_error + 1e-4).all()


def test_a_replay_with_peers_goes_on_as_a_session_with_peers_would(
    split: SessionFolder, workspace: Workspace, tmp_path: Path
) -> None:
    session = copy(split, tmp_path)
    answers = replay.parse_oracle("gt", session, tmp_path)
    folder = replay.prepare(session, answers, {"sampler": "peers", "rounds": 2, "round_epochs": 1}, lambda _event: None)
    first: RoundArrays = load_round(folder.round_arrays(0))
    assert first.ranking.tolist() == after_lnl(workspace, "peers").order.tolist()[: len(first.ranking)]
    replay.run(folder, answers, lambda _event: None)
    assert [entry.queued for entry in Document(folder.document).rounds] == [5, 5, 0]


def test_peers_is_not_for_a_method_with_one_network() -> None:
    with pytest.raises(UsageError, match=r"peers needs two peers, and the method ce .* ct-vog, ct, or dividemix"):
        config(method="ce", sampler="peers")
    assert config(method="ct", sampler="peers").sampler == "peers"


def test_peers_after_a_retraining_of_one_of_them_is_pointed_out(workspace: Workspace) -> None:
    events: list[Event] = []
    heard = replace(workspace, emit=events.append)
    for number, sentences in ((0, 0), (1, 1)):
        events.clear()
        after_lnl(heard, "peers", number)
        texts = [event.text for event in events if isinstance(event, Notice)]
        assert len([text for text in texts if "--tune-peers both" in text]) == sentences


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_focus_class_has_at_least_every_other_place_whatever_the_sampler(sampler: str, workspace: Workspace) -> None:
    first = load_round(workspace.folder.round_arrays(0))
    for label, name in enumerate(workspace.classes):
        ranking, again = (after_lnl(workspace, sampler, focus=name) for _ in range(2))
        assert ranking.order.tolist() == again.order.tolist() and ranking.scores.tolist() == again.scores.tolist()
        assert len(set(ranking.order.tolist())) == 8 and not first.clean[ranking.order].any()
        is_focus = (workspace.given == label) | (first.probabilities.argmax(1) == label)
        assert is_focus[ranking.order].sum() >= min(4, is_focus[~first.clean].sum()) > 0


def test_with_a_focus_class_the_order_and_the_scores_are_those_of_the_sampler(workspace: Workspace) -> None:
    everything = dict(zip(*vars(after_lnl(workspace, "entropy", budget=50)).values(), strict=True))
    label, name = 0, workspace.classes[0]
    ranking = after_lnl(workspace, "entropy", focus=name)
    assert ranking.scores.tolist() == [everything[place] for place in ranking.order.tolist()]
    probabilities = load_round(workspace.folder.round_arrays(0)).probabilities
    is_focus = ((workspace.given == label) | (probabilities.argmax(1) == label))[ranking.order]
    for part in (ranking.scores[is_focus], ranking.scores[~is_focus]):
        assert part.tolist() == sorted(part.tolist(), reverse=True)
