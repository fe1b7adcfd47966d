from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from alc_tui.errors import TrainingFailed
from alc_tui.lnl.elr import ELR, ELRSettings, bounded, regularization, running_target
from alc_tui.model.batches import Part, TrainingData, whole
from alc_tui.model.device import Compute
from alc_tui.model.networks import Network
from alc_tui.model.optimization import TrainingPlan
from tests.learners import Cramped, Tensors, planted, put_down_and_taken_up, selection

Data = tuple[Tensor, NDArray[np.int64]]
Make = Callable[..., ELR]


@pytest.fixture
def elr(compute: Compute, perceptron: Callable[..., Network]) -> Make:
    def make(
        source: Any,
        labels: NDArray[np.int64],
        *,
        network: Network | None = None,
        positions: NDArray[np.int64] | None = None,
        plan: TrainingPlan | None = None,
        norm: bool = False,
        seed: int = 0,
        **settings: Any,
    ) -> ELR:
        if network is None:
            network = perceptron(0, source.values.shape[1], classes=int(labels.max()) + 1, norm=norm)
        where = np.arange(len(labels)) if positions is None else positions
        plan = TrainingPlan(6, 8, 0.1) if plan is None else plan
        return ELR(network, TrainingData(source, where, labels), ELRSettings(**settings), plan, compute, seed)

    return make


def test_the_target_is_the_running_average_of_the_predictions() -> None:
    t = torch.zeros(1, 2)
    for p in ([1.0, 0.0], [0.5, 0.5], [0.0, 1.0]):
        t = running_target(t, torch.tensor([p]), 0.5)
    # ½·(1, 0) halved twice, ½·(½, ½) halved once, ½·(0, 1).
    assert t.tolist() == [[0.125 + 0.125, 0.125 + 0.5]]
    assert running_target(torch.tensor([[1.0]]), torch.tensor([[0.0]]), 0.7).item() == pytest.approx(0.7)


def test_the_regularization_by_hand() -> None:
    p, t = torch.tensor([[0.5, 0.5], [0.75, 0.25]]), torch.tensor([[0.5, 0.5], [0.0, 0.0]])
    assert regularization(p, t).tolist() == pytest.approx([math.log(0.5), 0.0])


def test_the_gradient_is_the_papers() -> None:
    """p − y + λ·g with g_c = p_c / (1 − ⟨p, t⟩) · Σ_k (t_k − t_c)·p_k (Lemma 2)."""
    rng = torch.Generator().manual_seed(1)
    logits = torch.randn(20, 4, dtype=torch.float64, generator=rng, requires_grad=True)
    t = torch.rand(20, 4, dtype=torch.float64, generator=rng).softmax(1) * 0.9
    labels = torch.randint(4, (20,), generator=rng)
    loss = F.cross_entropy(logits, labels, reduction="sum") + 3 * regularization(bounded(logits), t).sum()
    (slope,) = torch.autograd.grad(loss, logits)
    p = logits.detach().softmax(1)
    for i in range(20):
        for c in range(4):
            g = p[i, c] / (1 - sum(p[i] * t[i])) * sum((t[i, k] - t[i, c]) * p[i, k] for k in range(4))
            expected = p[i, c] - float(labels[i] == c) + 3 * g
            assert slope[i, c].item() == pytest.approx(expected.item(), abs=1e-12)


def test_a_prediction_that_is_sure_of_its_target_has_a_finite_loss() -> None:
    p = bounded(torch.tensor([[80.0, -80.0]]))
    assert p.tolist() == [pytest.approx([0.9999, 0.0001])]
    assert regularization(p, p / p.sum()).item() == pytest.approx(math.log(1 - 0.9999**2 - 0.0001**2), rel=1e-3)


def test_every_epoch_is_what_the_paper_says(data: Data, tensors: Any, elr: Make) -> None:
    """Beside a slow reading: a target per sample in a dictionary, autograd, SGD by hand."""
    values, labels = data
    positions = np.random.default_rng(0).permutation(30)[:21]
    label_of = dict(zip(positions.tolist(), labels[:21].tolist(), strict=True))
    source, plan = tensors(values, noise=0.2), TrainingPlan(5, 8, lr=0.2, momentum=0.8, weight_decay=0.01)
    learner = elr(source, labels[:21], positions=positions, plan=plan, beta=0.6, strength=2.0)
    network = copy.deepcopy(learner.networks[0])
    velocity: dict[str, Tensor] = {}
    target = {position: torch.zeros(3) for position in label_of}
    for epoch in range(5):
        report = learner.run_epoch()
        rate, losses = 0.2 * (1 + math.cos(math.pi * epoch / 5)) / 2, []
        for batch, inputs in zip(source.trained[epoch], source.given[epoch], strict=True):
            loss = torch.zeros(())
            for row, position in zip(network(inputs)[0], batch.tolist(), strict=True):
                p = torch.exp(row) / torch.exp(row).sum()
                target[position] = 0.6 * target[position] + 0.4 * p.detach()
                loss = loss - torch.log(p[label_of[position]]) + 2 * torch.log(1 - p @ target[position])
            loss = loss / len(batch)
            losses.append(loss.item())
            named = dict(network.named_parameters())
            slopes = torch.autograd.grad(loss, list(named.values()))
            for (name, value), slope in zip(named.items(), slopes, strict=True):
                with torch.no_grad():
                    velocity[name] = 0.8 * velocity.get(name, 0.0) + slope + 0.01 * value
                    value.sub_(rate * velocity[name])
        assert report.losses == pytest.approx((np.mean(losses),), abs=1e-5)
        agrees = {position for position in label_of if int(target[position].argmax()) == label_of[position]}
        assert set(positions[report.selected].tolist()) == agrees
        for name, value in network.state_dict().items():
            assert torch.allclose(learner.networks[0].state_dict()[name], value, rtol=0, atol=1e-5), (epoch, name)


def test_without_strength_it_is_plain_cross_entropy(data: Data, tensors: Any, elr: Make) -> None:
    values, labels = data
    learner = elr(tensors(values), labels, plan=TrainingPlan(1, 30, 0.1), strength=0.0)
    with torch.no_grad():
        expected = F.cross_entropy(learner.networks[0](values)[0], torch.from_numpy(labels)).item()
    assert learner.run_epoch().losses == pytest.approx((expected,), abs=1e-6)


@pytest.mark.parametrize("pause", [0, 1, 4, 5])
def test_a_run_put_down_after_any_epoch_ends_bit_for_bit_like_one_that_was_not(
    pause: int, data: Data, tensors: Any, elr: Make
) -> None:
    values, labels = data
    put_down_and_taken_up(lambda: elr(tensors(values, noise=0.3), labels, norm=True), pause, epochs=6)


def test_planted_noise_is_told_from_clean_labels_and_not_memorized(tensors: Any, elr: Make) -> None:
    values, given, wrong = planted()
    learner = elr(tensors(values, noise=0.5), given, plan=TrainingPlan(12, 64, 0.1))
    reports = [learner.run_epoch() for _ in range(12)]
    assert reports[-1].losses[0] < reports[0].losses[0]
    clean = selection(reports[-1])
    assert (~wrong).mean() < 0.65
    assert (~wrong)[clean].mean() > 0.93 and clean.sum() > 330


def test_a_batch_in_parts_teaches_as_a_whole_one_and_moves_its_targets_once(
    data: Data, tensors: Any, elr: Make, perceptron: Callable[..., Network]
) -> None:
    values, labels = data
    learners = []
    for room in (99, 3):
        network = perceptron(0)
        learners.append(
            elr(tensors(values, noise=0.1), labels, network=Network(Cramped(network.body, room), network.head))
        )
    whole, parts = learners
    for _ in range(3):
        expected, got = whole.run_epoch(), parts.run_epoch()
        assert got.losses == pytest.approx(expected.losses, abs=1e-6)
        assert torch.allclose(whole.state()["targets"], parts.state()["targets"], rtol=0, atol=1e-6)
    network = perceptron(0)
    first = elr(tensors(values), labels, network=Network(Cramped(network.body, 3), network.head))
    assert "parts of 2" in first.run_epoch().notices[-1]


def test_a_memory_that_holds_no_sample_fails_the_training(
    data: Data, tensors: Any, elr: Make, perceptron: Callable[..., Network]
) -> None:
    values, labels = data
    network = perceptron(0)
    with pytest.raises(TrainingFailed, match=r"--image-size or --backbone"):
        elr(tensors(values), labels, network=Network(Cramped(network.body, 0), network.head)).run_epoch()


def test_a_loss_that_is_not_finite_stops_the_training(data: Data, tensors: Any, elr: Make) -> None:
    values, labels = data

    class Broken(Tensors):
        def training(
            self, batches: Sequence[NDArray[np.int64]], rng: np.random.Generator, part: Part = whole
        ) -> Iterator[Tensor]:
            for number, inputs in enumerate(super().training(batches, rng, part)):
                yield inputs * torch.nan if number == 2 else inputs

    with pytest.raises(TrainingFailed, match=r"not finite in epoch 1, batch 3\b.*--lr"):
        elr(Broken(values), labels).run_epoch()
