from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from alc_tui.lnl.estimate import OutOfFold, accuracy_by_agreement, accuracy_by_validation, noise_rate
from alc_tui.model.batches import TrainingData
from alc_tui.model.device import Compute
from alc_tui.model.networks import Network
from alc_tui.model.optimization import TrainingPlan
from tests.learners import heaps


def test_the_noise_rate_solves_the_equation_of_agreement() -> None:
    for classes, noise, accuracy in [(8, 0.5, 0.9), (8, 0.2, 0.5), (3, 0.3, 0.7), (2, 0.1, 0.95)]:
        agreement = accuracy * (1 - noise) + (1 - accuracy) * noise / (classes - 1)
        assert noise_rate(agreement, accuracy, classes) == pytest.approx(noise, abs=6e-4)


def test_a_perfect_network_disagrees_with_wrong_labels_only() -> None:
    assert noise_rate(0.75, 1.0, 4) == 0.25
    assert str(noise_rate(1.0, 1.0, 4)) == "0.0"


def test_the_noise_rate_is_never_below_nothing_nor_above_nine_tenths() -> None:
    assert str(noise_rate(0.9, 0.8, 4)) == "0.0"
    assert noise_rate(0.0, 0.9, 4) == 0.9
    assert noise_rate(0.25, 0.25, 4) == 0.9  # chance: such a network tells nothing


def test_recalls_are_weighed_as_the_classes_are_in_training() -> None:
    labels = np.array([0, 0, 0, 0, 1, 1, 3])
    answers = np.array([0, 0, 0, 1, 1, 0, 2])
    shares = np.array([0.6, 0.2, 0.1, 0.1])  # class 2 has no validation sample
    expected = (0.6 * 3 / 4 + 0.2 * 1 / 2 + 0.1 * 0) / 0.9
    assert accuracy_by_validation(answers, labels, shares) == pytest.approx(expected)


def test_two_independent_networks_tell_their_accuracy_by_agreeing() -> None:
    for classes, accuracy in [(2, 0.9), (5, 0.6), (8, 0.95)]:
        rng = np.random.default_rng(classes)
        truth = rng.integers(classes, size=200_000)
        first, second = (
            np.where(rng.random(truth.size) < accuracy, truth, (truth + rng.integers(1, classes, truth.size)) % classes)
            for _ in range(2)
        )
        assert accuracy_by_agreement(first, second, classes) == pytest.approx(accuracy, abs=0.005)


def test_networks_that_always_agree_count_as_perfect_and_ones_below_chance_as_chance() -> None:
    same = np.array([0, 1, 2, 3])
    assert accuracy_by_agreement(same, same, 4) == 1.0
    assert accuracy_by_agreement(same, same[::-1], 4) == 0.25


def test_each_answer_comes_from_the_network_that_has_not_seen_the_sample(
    data: Any, tensors: Any, compute: Compute, perceptron: Callable[..., Network]
) -> None:
    values, labels = data
    positions = np.random.default_rng(1).permutation(30)[:25]
    source, networks, heard = tensors(values, noise=0.2), {}, []

    def build(fold: int) -> Network:
        networks[fold] = perceptron(fold)
        return networks[fold]

    others = np.setdiff1d(np.arange(30), positions)
    halves = OutOfFold(build, TrainingData(source, positions, labels[:25]), others, TrainingPlan(3, 8, 0.1), compute, 0)
    answers, held = halves.run(lambda done, report: heard.append((done, report.epoch)))
    assert halves.epochs == 6 and heard == [(1, 0), (2, 1), (3, 2), (4, 0), (5, 1), (6, 2)]
    epochs = [set(np.concatenate(batches).tolist()) for batches in source.trained]
    seen = [epochs[0] | epochs[1] | epochs[2], epochs[3] | epochs[4] | epochs[5]]
    assert seen[0] | seen[1] == set(positions.tolist()) and not seen[0] & seen[1]
    assert {len(seen[0]), len(seen[1])} == {12, 13}
    scored = np.concatenate(source.scored).tolist()
    assert sorted(scored) == sorted([*positions.tolist(), *others.tolist() * 2])

    def asked(network: Network, position: int) -> int:
        with torch.no_grad():
            return int(network.eval()(values[position : position + 1])[0].argmax())

    for local, position in enumerate(positions.tolist()):
        assert answers[local] == asked(networks[0] if position in seen[1] else networks[1], position)
    assert held.tolist() == [[asked(networks[fold], position) for position in others.tolist()] for fold in (0, 1)]


def test_the_noise_of_separable_data_is_found(
    tensors: Any, compute: Compute, perceptron: Callable[..., Network]
) -> None:
    rng = np.random.default_rng(2)
    values, truth = heaps(600, 3, 6, rng)
    given = np.where(rng.random(600) < 0.3, (truth + rng.integers(1, 3, size=600)) % 3, truth)
    train, held, plan = np.arange(500), np.arange(500, 600), TrainingPlan(10, 64, 0.05)
    halves = OutOfFold(perceptron, TrainingData(tensors(values), train, given[:500]), held, plan, compute, 0)
    answers, both = halves.run(lambda done, report: None)
    agreement, actual = float((answers == given[:500]).mean()), (given != truth)[:500].mean()
    shares = np.bincount(answers, minlength=3) / 500
    by_validation = accuracy_by_validation(both.ravel(), np.tile(truth[500:], 2), shares)
    assert noise_rate(agreement, by_validation, 3) == pytest.approx(actual, abs=0.03)
    assert noise_rate(agreement, accuracy_by_agreement(both[0], both[1], 3), 3) == pytest.approx(actual, abs=0.03)


@pytest.mark.parametrize("stop", [1, 3, 4, 5])
def test_an_estimate_that_was_put_down_after_any_epoch_ends_at_the_same_answers(
    tensors: Any, compute: Compute, perceptron: Callable[..., Network], stop: int
) -> None:
    class Interrupted(Exception):
        pass

    values = torch.randn(40, 6, generator=torch.Generator().manual_seed(0))
    given, everyone = np.arange(40) % 3, np.arange(40)

    def halves() -> OutOfFold:
        half = TrainingData(tensors(values), everyone[:32], given[:32])
        return OutOfFold(perceptron, half, everyone[32:], TrainingPlan(3, 8, 0.1), compute, 0)

    kept: dict[str, torch.Tensor] = {}
    first = halves()

    def put_down(done: int, _report: object) -> None:
        if done == stop:
            kept.update({name: value.clone() for name, value in first.state().items()})
            raise Interrupted

    with pytest.raises(Interrupted):
        first.run(put_down)
    again, epochs = halves(), []
    again.load(kept)
    answers, held = again.run(lambda done, report: epochs.append(done))
    assert epochs == list(range(stop + 1, 7))
    undisturbed = halves().run(lambda done, report: None)
    assert np.array_equal(answers, undisturbed[0]) and np.array_equal(held, undisturbed[1])
