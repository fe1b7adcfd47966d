"""Rounds from Python: what a recipe is, and what learning again from an expert's answers changes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.spatial.distance import jensenshannon

import alc_tui as alc
from alc_tui.library import retrain as round_module
from alc_tui.model.batches import TrainingData

RNG = np.random.default_rng(0)
TRUTH = np.resize(np.arange(3), 96)
FEATURES = (8 * np.eye(3)[TRUTH] + RNG.standard_normal((96, 3))).astype(np.float32)
"""Three heaps, eight standard deviations apart."""
GIVEN = np.where(np.arange(96) % 4 == 0, (TRUTH + 1) % 3, TRUTH)
"""Every fourth label is wrong."""
HELD = (FEATURES[:30] + 0.5, TRUTH[:30])
WRONG = np.flatnonzero(GIVEN != TRUTH)
QUICK: dict[str, Any] = {"noise_rate": 0.25, "warmup": 1, "batch_size": 32, "learning_rate": 0.1, "device": "cpu"}
CE = alc.recipe("balanced", method="ce", tune_peers="one", prediction="peer1")


def fit(**changed: Any) -> alc.FitResult:
    return alc.fit(FEATURES, GIVEN, epochs=4, vog_window=2, **(QUICK | changed))


def softmax_of(network: torch.nn.Module, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    network.eval()
    with torch.no_grad():
        softmax: NDArray[np.float32] = network(torch.from_numpy(inputs))[0].softmax(1).numpy()
    return softmax


def weights(network: torch.nn.Module) -> list[NDArray[np.float32]]:
    return [value.detach().numpy().copy() for value in network.state_dict().values()]


def are_equal(first: torch.nn.Module, second: torch.nn.Module) -> bool:
    return all(map(np.array_equal, weights(first), weights(second)))


def test_the_recipes_are_those_of_the_command_line() -> None:
    assert asdict(alc.recipe()) == {
        "method": "ct-vog",
        "sampler": "entropy",
        "balance": 0.0,
        "decided_weight": 1.0,
        "tune_peers": "one",
        "prediction": "peer1",
    }
    assert asdict(alc.recipe("balanced", decided_weight=2.0)) == {
        "method": "ct",
        "sampler": "rarity",
        "balance": 0.5,
        "decided_weight": 2.0,
        "tune_peers": "both",
        "prediction": "mean",
    }


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("authors-code", {}, "Unknown recipe 'authors-code'"),
        (3, {}, "Unknown recipe 3; use one of paper, balanced"),
        ("paper", {"method": 3}, "Unknown method 3; use one of"),
        ("balanced", {"balanse": 1}, "Unknown attribute of a recipe 'balanse'; did you mean balance?"),
        ("balanced", {"balance": 2.0}, "2"),
        ("balanced", {"balance": "half"}, "'half'"),
        ("balanced", {"method": "al"}, "Unknown method 'al'"),
        ("balanced", {"sampler": "entropi"}, "did you mean entropy?"),
        ("balanced", {"method": "ce"}, "trains one network; pass `tune_peers='one'`"),
        ("balanced", {"tune_peers": "one"}, "pass `tune_peers='both'`"),
    ],
)
def test_what_a_recipe_cannot_be_is_one_sentence(name: Any, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(alc.UsageError, match=said):
        alc.recipe(name, **changes)


@pytest.mark.parametrize("recipe", [None, 3, alc.Recipe("ct", "rarity", 0.5, 4.0, "one", "mean")])
def test_fit_takes_no_other_thing_for_a_recipe(recipe: Any) -> None:
    with pytest.raises(alc.UsageError, match=r"`recipe` is|pass `tune_peers='both'`"):
        fit(recipe=recipe)


def test_a_recipe_sets_method_sampler_and_prediction() -> None:
    result = fit(recipe="balanced")
    assert result.method == "ct"
    mean = np.mean([softmax_of(network, HELD[0]) for network in result.networks], axis=0)
    assert result.predict(HELD[0]) == pytest.approx(mean, abs=1e-6)
    own = np.mean([softmax_of(network, FEATURES) for network in result.networks], axis=0)
    assert result.probabilities == pytest.approx(own, abs=1e-6)
    assert np.array_equal(result.rank(count=9).order, result.rank("rarity", 9).order)
    assert np.array_equal(fit().rank(count=9).order, fit().rank("entropy", 9).order)


def test_peers_compares_both_peers_although_their_mean_predicts() -> None:
    result = fit(recipe="balanced")
    p, q = (softmax_of(network, FEATURES).astype(np.float64) for network in result.networks)
    assert result.peer1 == pytest.approx(p, abs=1e-6)
    expected, ranking = jensenshannon(p, q, axis=1) ** 2, result.rank("peers", 20)
    noisy = np.flatnonzero(~result.clean)
    assert ranking.scores.tolist() == pytest.approx(sorted(expected[noisy], reverse=True)[:20], abs=1e-6)


def rarity(p: NDArray[np.float32], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Σ_c p_c (1 − p_c) / π_c, where π are the shares of these labels with half a label more of each class."""
    counts = np.array([(labels == c).sum() + 0.5 for c in range(p.shape[1])])
    scores: NDArray[np.float64] = (p.astype(np.float64) * (1 - p.astype(np.float64)) / (counts / counts.sum())).sum(1)
    return scores


def test_rarity_counts_all_given_labels_at_first_and_later_those_learned_from() -> None:
    given = np.where(np.arange(96) % 8 == 2, 1, GIVEN)  # unequal classes
    result = alc.fit(FEATURES, given, epochs=4, recipe="balanced", **(QUICK | {"noise_rate": 0.4}))
    expected = rarity(result.probabilities, given)
    assert result.rank().scores.tolist() == pytest.approx(sorted(expected[~result.clean], reverse=True), rel=1e-6)
    assert np.array_equal(np.sort(result.rank().order), np.flatnonzero(~result.clean))
    answered = result.rank(count=10).order
    again = alc.retrain(result, answered, TRUTH[answered], epochs=2)
    expected = rarity(again.probabilities, again.labels[again.clean])
    assert again.rank().scores.tolist() == pytest.approx(sorted(expected[~again.clean], reverse=True), rel=1e-6)


def test_validation_chooses_the_best_epoch_of_what_predicts() -> None:
    result = fit(recipe="balanced", validation=HELD)
    best = np.mean([softmax_of(network, HELD[0]) for network in result.best_networks], axis=0)
    assert result.predict(HELD[0], best=True) == pytest.approx(best, abs=1e-6)
    assert result.best_epoch == result.validation.argmax()


def test_a_round_adds_the_answers_and_leaves_the_result_before_as_it_was() -> None:
    result = fit()
    before = weights(result.networks[0]), result.labels.copy(), result.clean.copy()
    answered = result.rank(count=10).order
    again = alc.retrain(result, answered, TRUTH[answered], epochs=2)
    assert np.array_equal(np.flatnonzero(again.decided), np.sort(answered))
    assert np.array_equal(again.clean, result.clean | again.decided)
    assert np.array_equal(again.labels, np.where(again.decided, TRUTH, GIVEN))
    assert (again.round, again.losses.shape) == (1, (2, 1))
    assert again.vog is result.vog
    assert all(map(np.array_equal, weights(result.networks[0]), before[0]))
    assert np.array_equal(result.labels, before[1])
    assert np.array_equal(result.clean, before[2])


def test_a_round_is_followed_by_the_next() -> None:
    first = alc.retrain(fit(), WRONG[:4], TRUTH[WRONG[:4]], epochs=1)
    second = alc.retrain(first, np.isin(np.arange(96), WRONG[4:8]), TRUTH[WRONG[4:8]], epochs=1)
    assert second.round == 2
    assert np.array_equal(np.flatnonzero(second.decided), WRONG[:8])
    assert np.array_equal(second.labels[WRONG[:8]], TRUTH[WRONG[:8]])
    assert not np.isin(second.rank().order, WRONG[:8]).any()


@pytest.mark.parametrize(("recipe", "is_trained"), [("paper", False), ("balanced", True)])
def test_the_recipe_says_whether_peer_2_learns_again(recipe: str, is_trained: bool) -> None:
    result = fit(recipe=recipe)
    again = alc.retrain(result, WRONG, TRUTH[WRONG], epochs=1)
    assert not are_equal(again.networks[0], result.networks[0])
    assert are_equal(again.networks[1], result.networks[1]) != is_trained
    assert again.peer2 == pytest.approx(softmax_of(again.networks[1], FEATURES), abs=1e-6)


def test_samples_are_drawn_by_the_power_of_their_class_and_decided_ones_more_often(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[TrainingData] = []

    class Spy(round_module.Learner):  # type: ignore[name-defined, misc]
        def __init__(self, networks: Any, data: TrainingData, *others: Any, **more: Any) -> None:
            seen.append(data)
            super().__init__(networks, data, *others, **more)

    monkeypatch.setattr(round_module, "Learner", Spy)
    result = fit(recipe=CE)
    alc.retrain(result, [0, 1, 2, 3, 6], [0, 0, 1, 2, 2], epochs=1)
    assert seen[0].positions.tolist() == [0, 1, 2, 3, 6]
    assert seen[0].labels.tolist() == [0, 0, 1, 2, 2]
    common, rare = 4 / np.sqrt(8), 4 / np.sqrt(4)
    assert seen[0].weights == pytest.approx([common, common, rare, common, common])


def test_an_epoch_of_a_round_is_reported() -> None:
    heard: list[int] = []
    alc.retrain(fit(), WRONG, TRUTH[WRONG], epochs=3, on_epoch=lambda report, _score: heard.append(report.epoch))
    assert heard == [0, 1, 2]


@pytest.mark.parametrize(
    ("positions", "labels", "said"),
    [
        ([96], [0], "position 96"),
        ([1, 2, 1], [0, 0, 1], "`positions` holds 1 twice"),
        ([1, 2], [0], "1 samples and the other arguments have 2"),
        ([1], [3], "`labels` holds 3"),
        ([1.5], [0], "float64"),
        ([], [], "nothing to train on"),
    ],
)
def test_answers_that_cannot_be_are_one_sentence(positions: list[Any], labels: list[int], said: str) -> None:
    with pytest.raises(alc.UsageError, match=said):
        alc.retrain(fit(recipe=CE), positions, labels)


@pytest.mark.parametrize("wrong", [{"epochs": 0}, {"learning_rate": 0}])
def test_a_round_checks_its_numbers(wrong: dict[str, Any]) -> None:
    with pytest.raises(alc.UsageError):
        alc.retrain(fit(), WRONG, TRUTH[WRONG], **wrong)
