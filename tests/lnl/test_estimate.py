from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from alc_tui.lnl.estimate import OutOfFold, confident_joint, noise_rate
from alc_tui.model.device import Compute
from alc_tui.model.learning import Plan
from alc_tui.model.networks import Network


def slow_joint(probabilities: NDArray[np.float32], given: NDArray[np.int64]) -> list[list[float]]:
    """Northcutt et al. 2021, Eq. 1 to 3, sample by sample."""
    samples, classes = probabilities.shape
    threshold = []
    for j in range(classes):
        members = [float(probabilities[k, j]) for k in range(samples) if given[k] == j]
        threshold.append(sum(members) / len(members) if members else float("inf"))
    counts = [[0] * classes for _ in range(classes)]
    for k in range(samples):
        confident = [j for j in range(classes) if float(probabilities[k, j]) >= threshold[j]]
        if confident:
            counts[given[k]][max(confident, key=lambda j: float(probabilities[k, j]))] += 1
    joint = []
    for i in range(classes):
        members = sum(int(label == i) for label in given)
        row = sum(counts[i])
        joint.append([count / row * members if row else float(i == j) * members for j, count in enumerate(counts[i])])
    total = sum(map(sum, joint))
    return [[value / total for value in row] for row in joint]


def test_the_confident_joint_by_hand() -> None:
    probabilities = np.array(
        [[0.9, 0.1], [0.7, 0.3], [0.1, 0.9], [0.2, 0.8], [0.4, 0.6], [0.8, 0.2], [0.5, 0.5], [0.4, 0.6]], np.float32
    )
    given = np.array([0, 0, 0, 1, 1, 1, 1, 0])
    # Thresholds: class 0 (0.9 + 0.7 + 0.1 + 0.4) / 4 = 0.525, class 1 (0.8 + 0.6 + 0.2 + 0.5) / 4 = 0.525.
    # Given 0: two confident 0s, two confident 1s. Given 1: two confident 1s, one confident 0, one left out.
    assert np.allclose(confident_joint(probabilities, given), [[0.25, 0.25], [0.5 / 3, 1 / 3]])


def test_of_several_classes_reached_the_most_probable_counts() -> None:
    probabilities = np.array([[0.5, 0.3, 0.2], [0.2, 0.3, 0.5], [0.1, 0.1, 0.8], [0.45, 0.55, 0.0]], np.float32)
    given = np.array([0, 1, 2, 0])
    # Thresholds 0.475, 0.3, 0.8: the first sample reaches 0 and 1, the second 1 alone, the last 1 alone.
    assert np.allclose(confident_joint(probabilities, given), [[0.25, 0.25, 0], [0, 0.25, 0], [0, 0, 0.25]])


@pytest.mark.parametrize("seed", range(20))
def test_the_confident_joint_is_that_of_northcutt_et_al(seed: int) -> None:
    rng = np.random.default_rng(seed)
    samples, classes = int(rng.integers(1, 60)), int(rng.integers(2, 6))
    probabilities = rng.dirichlet(np.full(classes, 0.5), size=samples).astype(np.float32)
    given = rng.integers(max(classes - 1, 1), size=samples)  # the last class is given to nobody
    joint = confident_joint(probabilities, given)
    assert np.allclose(joint, slow_joint(probabilities, given), atol=1e-9)
    assert joint.sum() == pytest.approx(1)


def test_a_network_that_says_the_same_of_all_samples_counts_for_its_favourite() -> None:
    for samples in range(2, 100):
        probabilities = np.tile(np.array([0.3, 0.7], np.float32), (samples, 1))
        given = np.array([0] + [1] * (samples - 1))
        expected = [[0, 1 / samples], [0, 1 - 1 / samples]]
        assert np.allclose(confident_joint(probabilities, given), expected), samples


def test_the_noise_rate_is_what_lies_off_the_diagonal() -> None:
    assert noise_rate(np.array([[0.3, 0.1], [0.15, 0.45]])) == 0.25
    assert noise_rate(np.diag([0.1, 0.2, 0.7])) == 0.0


def test_the_noise_rate_has_three_decimals_and_ends_at_nine_tenths() -> None:
    assert noise_rate(np.array([[1 / 3, 1 / 3], [0.0, 1 / 3]])) == 0.333
    assert noise_rate(np.array([[0.01, 0.49], [0.49, 0.01]])) == 0.9


def test_clean_data_has_a_noise_rate_of_zero_without_a_sign() -> None:
    given = np.repeat([0, 1, 2], [9, 18, 1])  # their shares sum to a bit more than 1
    joint = confident_joint(np.eye(3, dtype=np.float32)[given], given)
    assert np.trace(joint) > 1 and str(noise_rate(joint)) == "0.0"


def test_each_answer_comes_from_the_network_that_has_not_seen_the_sample(
    data: Any, tensors: Any, compute: Compute, perceptron: Callable[..., Network]
) -> None:
    values, labels = data
    positions = np.random.default_rng(1).permutation(30)[:25]
    source, networks, heard = tensors(values, noise=0.2), {}, []

    def build(fold: int) -> Network:
        networks[fold] = perceptron(fold)
        return networks[fold]

    halves = OutOfFold(build, source, positions, labels[:25], Plan(3, 8, 0.1), compute, 0)
    answers = halves.run(lambda done, report: heard.append((done, report.epoch)))
    assert halves.epochs == 6 and heard == [(1, 0), (2, 1), (3, 2), (4, 0), (5, 1), (6, 2)]
    epochs = [set(np.concatenate(batches).tolist()) for batches in source.trained]
    seen = [epochs[0] | epochs[1] | epochs[2], epochs[3] | epochs[4] | epochs[5]]
    assert seen[0] | seen[1] == set(positions.tolist()) and not seen[0] & seen[1]
    assert {len(seen[0]), len(seen[1])} == {12, 13}
    scored = np.concatenate(source.scored).tolist()
    assert sorted(scored) == sorted(positions.tolist())
    for local, position in enumerate(positions.tolist()):
        stranger = networks[0] if position in seen[1] else networks[1]
        with torch.no_grad():
            expected = stranger.eval()(values[position : position + 1])[0].softmax(1)[0]
        assert answers[local].tolist() == pytest.approx(expected.tolist(), abs=1e-6)


def test_the_noise_of_separable_data_is_found(
    tensors: Any, compute: Compute, perceptron: Callable[..., Network]
) -> None:
    rng = np.random.default_rng(2)
    truth = rng.integers(3, size=600)
    centres = 4 * rng.standard_normal((3, 6))
    values = torch.from_numpy((centres[truth] + rng.standard_normal((600, 6))).astype(np.float32))
    given = np.where(rng.random(600) < 0.3, (truth + rng.integers(1, 3, size=600)) % 3, truth)
    everyone, plan = np.arange(600), Plan(10, 64, 0.05)
    answers = OutOfFold(perceptron, tensors(values), everyone, given, plan, compute, 0).run(lambda done, report: None)
    assert noise_rate(confident_joint(answers, given)) == pytest.approx((given != truth).mean(), abs=0.03)


@pytest.mark.parametrize("stop", [1, 3, 4, 5])
def test_an_estimate_that_was_put_down_after_any_epoch_ends_at_the_same_answers(
    tensors: Any, compute: Compute, perceptron: Callable[..., Network], stop: int
) -> None:
    class Interrupted(Exception):
        pass

    values = torch.randn(40, 6, generator=torch.Generator().manual_seed(0))
    given, everyone = np.arange(40) % 3, np.arange(40)

    def halves() -> OutOfFold:
        return OutOfFold(perceptron, tensors(values), everyone, given, Plan(3, 8, 0.1), compute, 0)

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
    answers = again.run(lambda done, report: epochs.append(done))
    assert epochs == list(range(stop + 1, 7))
    assert np.array_equal(answers, halves().run(lambda done, report: None))
