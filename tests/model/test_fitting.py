from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from alc_tui.errors import TrainingFailed
from alc_tui.model.batches import Part, TrainingData, whole
from alc_tui.model.device import Compute
from alc_tui.model.fitting import CrossEntropy
from alc_tui.model.networks import Network
from alc_tui.model.optimization import TrainingPlan
from tests.learners import Cramped, Tensors, heaps, put_down_and_taken_up

Data = tuple[Tensor, NDArray[np.int64]]
Fit = Callable[..., CrossEntropy]


@pytest.fixture
def fit(compute: Compute, perceptron: Callable[..., Network]) -> Fit:
    def make(
        source: Any,
        labels: NDArray[np.int64],
        *,
        network: Network | None = None,
        positions: NDArray[np.int64] | None = None,
        plan: TrainingPlan | None = None,
        seed: int = 0,
        phase: int = 1,
    ) -> CrossEntropy:
        return CrossEntropy(
            perceptron(0) if network is None else network,
            TrainingData(source, np.arange(len(labels)) if positions is None else positions, labels),
            TrainingPlan(4, 8, 0.1) if plan is None else plan,
            compute,
            seed,
            phase,
        )

    return make


def weights(network: Network) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in network.state_dict().items()}


def test_a_step_of_a_linear_classifier_by_hand(tensors: Any, fit: Fit) -> None:
    network = Network(nn.Identity(), nn.Linear(2, 2))
    with torch.no_grad():
        network.head.weight.copy_(torch.tensor([[1.0, 2.0], [3.0, -4.0]]))
        network.head.bias.zero_()
    source = tensors(torch.tensor([[0.0, 0.0], [2.0, 1.0]]))
    learner = fit(
        source, np.array([0, 1]), network=network, plan=TrainingPlan(1, 2, lr=0.5, momentum=0.9, weight_decay=0.1)
    )
    report = learner.run_epoch()
    # Logits (0, 0) and (4, 2): p = (1/2, 1/2) and (s, 1 − s) with s = 1 / (1 + e^−2).
    s = 1 / (1 + math.exp(-2))
    assert report.losses == pytest.approx(((math.log(2) - math.log(1 - s)) / 2,), abs=1e-6)
    # Mean of (p − y)·h over the two samples, then lr · (gradient + 0.1 · weight).
    first, second = [s * 2 / 2, s * 1 / 2], [-s * 2 / 2, -s * 1 / 2]
    expected = [
        [1 - 0.5 * (first[0] + 0.1), 2 - 0.5 * (first[1] + 0.2)],
        [3 - 0.5 * (second[0] + 0.3), -4 - 0.5 * (second[1] - 0.4)],
    ]
    assert np.allclose(network.head.weight.detach(), expected, atol=1e-6)
    assert np.allclose(network.head.bias.detach(), [-0.5 * (s - 0.5) / 2, 0.5 * (s - 0.5) / 2], atol=1e-6)


def test_the_training_is_sgd_with_momentum_weight_decay_and_a_cosine(data: Data, tensors: Any, fit: Fit) -> None:
    values, labels = data
    positions = np.random.default_rng(0).permutation(30)[:21]
    label_of = dict(zip(positions.tolist(), labels[:21].tolist(), strict=True))
    source, plan = tensors(values, noise=0.2), TrainingPlan(5, 8, lr=0.2, momentum=0.8, weight_decay=0.01)
    learner = fit(source, labels[:21], positions=positions, plan=plan)
    network = copy.deepcopy(learner.networks[0])
    velocity: dict[str, Tensor] = {}
    for epoch in range(5):
        report = learner.run_epoch()
        rate, losses = 0.2 * (1 + math.cos(math.pi * epoch / 5)) / 2, []
        for batch, inputs in zip(source.trained[epoch], source.given[epoch], strict=True):
            logits, _ = network(inputs)
            rows = [torch.logsumexp(z, 0) - z[label_of[p]] for z, p in zip(logits, batch.tolist(), strict=True)]
            loss = sum(rows) / len(rows)
            losses.append(loss.item())
            named = dict(network.named_parameters())
            for (name, value), slope in zip(
                named.items(), torch.autograd.grad(loss, list(named.values())), strict=True
            ):
                with torch.no_grad():
                    velocity[name] = 0.8 * velocity.get(name, 0.0) + slope + 0.01 * value
                    value.sub_(rate * velocity[name])
        assert report.losses == pytest.approx((np.mean(losses),), abs=1e-5)
        for name, value in network.state_dict().items():
            assert torch.allclose(learner.networks[0].state_dict()[name], value, rtol=0, atol=1e-5), (epoch, name)


def test_an_epoch_sees_every_sample_once_in_a_new_order(data: Data, tensors: Any, fit: Fit) -> None:
    values, labels = data
    source, positions = tensors(values), np.arange(29, 4, -1)
    learner = fit(source, labels[:25], positions=positions)
    for _ in range(2):
        learner.run_epoch()
    first, second = (np.concatenate(epoch).tolist() for epoch in source.trained)
    assert sorted(first) == sorted(second) == sorted(positions.tolist()) and first != second
    assert [len(batch) for batch in source.trained[0]] == [8, 8, 9]


def test_every_round_has_an_order_and_an_augmentation_of_its_own(data: Data, tensors: Any, fit: Fit) -> None:
    values, labels = data
    orders, changes = [], []
    for phase in (1, 2, 1):
        source = tensors(values, noise=1.0)
        fit(source, labels, phase=phase).run_epoch()
        orders.append(np.concatenate(source.trained[0]))
        changes.append((torch.cat(source.given[0]) - values[orders[-1]])[:, 0])
    assert np.array_equal(orders[0], orders[2]) and not np.array_equal(orders[0], orders[1])
    assert torch.equal(changes[0], changes[2]) and not torch.isclose(changes[0], changes[1], atol=1e-4).any()


@pytest.mark.parametrize("pause", [1, 3])
def test_a_run_put_down_after_an_epoch_ends_bit_for_bit_like_one_that_was_not(
    pause: int, data: Data, tensors: Any, fit: Fit, perceptron: Callable[..., Network]
) -> None:
    values, labels = data
    start = lambda: fit(tensors(values, noise=0.3), labels, network=perceptron(0, norm=True))  # noqa: E731
    put_down_and_taken_up(start, pause, epochs=4)


def test_the_seed_decides_what_layers_draw(
    data: Data, tensors: Any, fit: Fit, perceptron: Callable[..., Network]
) -> None:
    values, labels = data
    runs = []
    for outside, seed in ((1, 5), (2, 5), (1, 6)):
        torch.manual_seed(outside)
        learner = fit(
            tensors(values), labels, network=perceptron(0, norm=True), plan=TrainingPlan(4, 30, 0.1), seed=seed
        )
        learner.run_epoch()
        runs.append(weights(learner.networks[0])["head.weight"])
    assert torch.equal(runs[0], runs[1]) and not torch.equal(runs[0], runs[2])


def test_a_batch_in_parts_teaches_as_a_whole_one(
    data: Data, tensors: Any, fit: Fit, perceptron: Callable[..., Network]
) -> None:
    values, labels = data
    runs = []
    for room in (99, 3):
        network = perceptron(0)
        learner = fit(tensors(values), labels, network=Network(Cramped(network.body, room), network.head))
        runs.append((learner, [learner.run_epoch() for _ in range(3)]))
    (whole, expected), (parts, got) = runs
    assert [report.losses for report in got] == pytest.approx([report.losses for report in expected], abs=1e-6)
    for a, b in zip(whole.networks[0].parameters(), parts.networks[0].parameters(), strict=True):
        assert torch.allclose(a, b, rtol=0, atol=1e-6)
    assert expected[0].notices == () and len(got[0].notices) == 2 and got[1].notices == ()


def test_a_loss_that_is_not_finite_stops_the_training_and_names_epoch_and_batch(
    data: Data, tensors: Any, fit: Fit
) -> None:
    values, labels = data

    class Broken(Tensors):
        def training(
            self, batches: Sequence[NDArray[np.int64]], rng: np.random.Generator, part: Part = whole
        ) -> Iterator[Tensor]:
            for number, inputs in enumerate(super().training(batches, rng, part)):
                yield inputs / 0 if number == 1 else inputs

    with pytest.raises(TrainingFailed, match=r"epoch 1, batch 2\b"):
        fit(Broken(values), labels).run_epoch()


def test_it_learns_what_can_be_learned(tensors: Any, fit: Fit) -> None:
    values, labels = heaps(200, 3, 6, np.random.default_rng(3))
    learner = fit(tensors(values), labels, plan=TrainingPlan(10, 32, 0.1))
    losses = [learner.run_epoch().losses[0] for _ in range(10)]
    with torch.no_grad():
        right = learner.networks[0].eval()(values)[0].argmax(1).numpy() == labels
    assert losses[-1] < 0.3 * losses[0] and right.mean() > 0.95
