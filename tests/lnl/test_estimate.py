from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from alc_tui.lnl.estimate import (
    accuracy_by_agreement,
    estimate_by_confidence,
    estimate_by_validation,
    estimate_from_predictions,
    least_rate,
    noise_rate,
    shares_differ,
)
from alc_tui.lnl.out_of_fold import OutOfFold
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


def test_the_estimate_by_validation_is_the_closed_form_of_what_was_counted() -> None:
    given = np.array([0, 0, 1, 1, 2, 2, 0, 1])
    predicted = np.array([0, 0, 1, 2, 2, 2, 1, 1])  # agrees with 6 of 8
    labels = np.array([0, 1, 2, 0, 1])
    held_out = np.array([[0, 1, 2, 0, 0], [0, 1, 2, 1, 1]])  # right in 8 of 10 cases
    estimate = estimate_by_validation(predicted, given, held_out, labels, 3, seed=0)
    assert estimate.rate == pytest.approx((0.8 - 0.75) / (0.8 - 0.2 / 2), abs=6e-4)
    assert estimate.basis == "validation" and estimate.low <= estimate.rate <= estimate.high


def test_the_interval_covers_the_rate_about_as_often_as_it_says() -> None:
    covered = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        truth = rng.integers(4, size=3_000)
        given, predicted = flip(truth, 0.3, rng), flip(truth, 0.25, rng)
        held_out = np.stack([flip(truth[:400], 0.25, rng)] * 2)
        estimate = estimate_by_validation(predicted, given, held_out, truth[:400], 4, seed)
        covered += estimate.low <= 0.3 <= estimate.high
    assert covered >= 52  # of 60 at 95 %: fewer has a probability below 0.01


def flip(labels: NDArray[np.int64], rate: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """Each of 4 classes becomes another one with this probability, each equally likely."""
    return np.where(rng.random(len(labels)) < rate, (labels + rng.integers(1, 4, len(labels))) % 4, labels)


SHARES = np.array([0.7, 0.2, 0.1])
CONFUSION = np.array([[0.90, 0.08, 0.02], [0.20, 0.70, 0.10], [0.30, 0.10, 0.60]])
"""Predictions by true class: right in 0.63 + 0.14 + 0.06 = 83 % of samples in those shares, and in 73.3 % of samples in
equal shares; the next class in 0.056 + 0.020 + 0.030 = 10.6 %."""


def drawn(rows: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
    """A class for each row of probabilities."""
    return np.asarray((rows.cumsum(1) > rng.random((len(rows), 1))).argmax(1))


def of_same_shares(
    noise: NDArray[np.float64], rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float32], NDArray[np.int64]]:
    """Logits and noisy labels of 20,000 training samples, logits of two networks and labels of 5,000 others."""
    truth, labels = rng.choice(3, 20_000, p=SHARES), rng.choice(3, 5_000, p=SHARES)
    predicted = drawn(CONFUSION[truth], rng)
    held_out = np.stack([drawn(CONFUSION[labels], rng) for _ in range(2)])
    one_hot = np.eye(3, dtype=np.float32)
    return one_hot[predicted], drawn(noise[truth], rng), one_hot[held_out], labels


@pytest.mark.parametrize("rate", [0.0, 0.2, 0.4, 0.6])
def test_uniform_noise_of_unequal_classes_is_found_by_validation(rate: float) -> None:
    noise = np.full((3, 3), rate / 2) + (1 - 1.5 * rate) * np.eye(3)
    estimate = estimate_from_predictions(*of_same_shares(noise, np.random.default_rng(0)), seed=0)
    # g = 0.83 (1 − p) + 0.17 p / 2 whatever the errors are, so that nothing biases the estimate
    assert estimate.basis == "validation" and estimate.rate == pytest.approx(rate, abs=0.02)
    assert estimate.low <= rate <= estimate.high


@pytest.mark.parametrize(("rate", "expected"), [(0.0, 0.0), (0.2, 0.194), (0.4, 0.389), (0.6, 0.583)])
def test_flips_to_the_next_class_are_slightly_underestimated_where_errors_go_there(
    rate: float, expected: float
) -> None:
    noise = (1 - rate) * np.eye(3) + rate * np.roll(np.eye(3), 1, axis=1)
    estimate = estimate_from_predictions(*of_same_shares(noise, np.random.default_rng(0)), seed=0)
    # g = 0.83 (1 − p) + 0.106 p, hence (a − g) / (a − (1 − a) / 2) = 0.724 p / 0.745
    assert estimate.basis == "validation" and estimate.rate == pytest.approx(expected, abs=0.02)


def test_clean_labels_in_other_shares_are_not_used_and_the_estimate_says_so() -> None:
    rng = np.random.default_rng(0)
    truth, labels = rng.choice(3, 20_000, p=SHARES), rng.choice(3, 5_000)
    noise = np.full((3, 3), 0.1) + 0.7 * np.eye(3)
    predicted, given = drawn(CONFUSION[truth], rng), drawn(noise[truth], rng)
    held_out = np.stack([drawn(CONFUSION[labels], rng) for _ in range(2)])
    one_hot = np.eye(3, dtype=np.float32)
    logits = one_hot[predicted]
    estimate = estimate_from_predictions(logits, given, one_hot[held_out], labels, seed=0)
    # Two networks agree on (0.8168 + 0.54 + 0.46) / 3 = 0.6056, hence a = (1 + √1.6336) / 3 = 0.759 by agreement. The
    # labels agree with g = 0.83 · 0.8 + 0.17 · 0.1 = 0.681: (0.759 − 0.681) / (0.759 − 0.120); all predictions are
    # equally confident, and 1 − g of the first ones differ, which is more.
    assert estimate.basis == "shifted" and estimate.rate == pytest.approx(0.122, abs=0.02)
    # By validation, it would be (0.733 − 0.681) / (0.733 − 0.133).
    misled = estimate_by_validation(predicted, given, held_out, labels, 3, seed=0)
    assert misled.rate == pytest.approx(0.087, abs=0.02)
    assert estimate_from_predictions(logits, given, one_hot[held_out], None, seed=0).basis == "confidence"


def test_class_shares_are_compared_by_what_the_networks_predict() -> None:
    rng = np.random.default_rng(0)
    train = rng.choice(3, 4_000, p=[0.8, 0.15, 0.05])
    same, even = rng.choice(3, (2, 500), p=[0.8, 0.15, 0.05]), rng.choice(3, (2, 500))
    assert not shares_differ(train, same, 3)
    assert shares_differ(train, even, 3)
    assert not shares_differ(np.zeros(9, dtype=np.int64), np.zeros((2, 4), dtype=np.int64), 3)


def posterior_logits(rate: float, rng: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Uncalibrated logits of 6,000 samples whose true classes are drawn from known posteriors, and noisy labels."""
    z = rng.normal(size=(6_000, 4)) * 2.5 + np.array([1.0, 0.0, 0.0, -1.0])
    posterior = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    truth = (posterior.cumsum(1) > rng.random((6_000, 1))).argmax(1)
    return (0.4 * (z + np.array([0.0, 1.0, 0.0, 0.0])) + 7).astype(np.float32), flip(truth, rate, rng)


def with_validation(
    rate: float, of_validation: float
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float32], NDArray[np.int64]]:
    """The same for 2,000 validation samples, whose labels have a noise rate of their own."""
    rng = np.random.default_rng(2)
    logits, given = posterior_logits(rate, rng)
    held_out, labels = posterior_logits(of_validation, rng)
    return logits, given, np.stack([held_out[:2_000]] * 2), labels[:2_000]


@pytest.mark.parametrize("rate", [0.0, 0.2, 0.4, 0.6])
def test_clean_validation_labels_are_not_mistaken_for_noisy_ones(rate: float) -> None:
    estimate = estimate_from_predictions(*with_validation(rate, 0.0), seed=0)
    assert estimate.basis == "validation" and estimate.rate == pytest.approx(rate, abs=0.03)


@pytest.mark.parametrize("rate", [0.2, 0.4, 0.6])
def test_validation_labels_as_noisy_as_those_of_training_are_not_used(rate: float) -> None:
    arguments = with_validation(rate, rate)
    estimate = estimate_from_predictions(*arguments, seed=0)
    assert estimate.basis == "noisy" and estimate.rate == pytest.approx(rate, abs=0.1)
    trusted = estimate_from_predictions(*arguments, seed=0, trusted=True)
    assert trusted.basis == "validation" and trusted.rate < 0.05


@pytest.mark.parametrize("rate", [0.0, 0.2, 0.4, 0.6])
def test_the_least_rate_is_hardly_below_that_of_uniform_noise(rate: float) -> None:
    limits = [least_rate(*posterior_logits(rate, np.random.default_rng(seed))) for seed in range(5)]
    assert all(rate - 0.12 < limit for limit in limits)
    assert sum(limit <= rate + 0.001 for limit in limits) >= 4


def test_logits_that_tell_nothing_leave_the_least_rate_at_0() -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(500, 3)).astype(np.float32)
    assert least_rate(noise, rng.integers(3, size=500)) == 0
    assert least_rate(np.zeros((50, 3), dtype=np.float32), np.arange(50) % 3) == 0


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


@pytest.mark.parametrize("classes", range(2, 40))
def test_networks_at_chance_tell_nothing_whatever_the_number_of_classes(classes: int) -> None:
    never = accuracy_by_agreement(np.zeros(50, dtype=np.int64), np.ones(50, dtype=np.int64), classes)
    assert noise_rate(0.4, never, classes) == noise_rate(0.4, 1 / classes, classes) == 0.9


def test_without_clean_labels_the_rate_is_what_the_most_confident_predictions_differ_from() -> None:
    logits = np.array([[9, 0, 0]] * 5 + [[1, 0, 0]] * 95, dtype=np.float32)
    given = np.array([0, 0, 0, 0, 1] + [2] * 95)  # of the 5 % most confident, one in five differs
    same = np.zeros((2, 10), dtype=np.int64)
    estimate = estimate_by_confidence(logits, given, same)
    assert (estimate.rate, estimate.basis) == (0.2, "confidence")
    assert estimate.high == 0.9  # always in agreement, so always right: 96 of 100 labels are wrong
    assert estimate.low <= estimate.rate


def test_the_rate_is_never_above_what_two_agreeing_networks_allow() -> None:
    logits = np.eye(2, dtype=np.float32)[np.zeros(100, dtype=np.int64)]
    given = np.array([1] * 5 + [0] * 95)  # the first five of equally confident ones differ
    estimate = estimate_by_confidence(logits, given, np.zeros((2, 10), dtype=np.int64))
    assert estimate.rate == estimate.high == 0.05


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

    def logits(network: Network, position: int) -> NDArray[np.float32]:
        with torch.no_grad():
            outputs: NDArray[np.float32] = network.eval()(values[position : position + 1])[0][0].numpy()
            return outputs

    for local, position in enumerate(positions.tolist()):
        expected = logits(networks[0] if position in seen[1] else networks[1], position)
        assert answers[local] == pytest.approx(expected, abs=1e-5)
    for fold in (0, 1):
        for local, position in enumerate(others.tolist()):
            assert held[fold, local] == pytest.approx(logits(networks[fold], position), abs=1e-5)


def test_the_noise_of_separable_data_is_found(
    tensors: Any, compute: Compute, perceptron: Callable[..., Network]
) -> None:
    rng = np.random.default_rng(2)
    values, truth = heaps(600, 3, 6, rng)
    given = np.where(rng.random(600) < 0.3, (truth + rng.integers(1, 3, size=600)) % 3, truth)
    train, held, plan = np.arange(500), np.arange(500, 600), TrainingPlan(10, 64, 0.05)
    halves = OutOfFold(perceptron, TrainingData(tensors(values), train, given[:500]), held, plan, compute, 0)
    logits, held_out = halves.run(lambda done, report: None)
    actual = (given != truth)[:500].mean()
    by_validation = estimate_by_validation(logits.argmax(1), given[:500], held_out.argmax(2), truth[500:], 3, seed=0)
    assert by_validation.rate == pytest.approx(actual, abs=0.03)
    assert estimate_by_confidence(logits, given[:500], held_out.argmax(2)).rate == pytest.approx(actual, abs=0.1)


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
