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
from torch import Tensor, nn

from alc_tui.errors import TrainingFailed
from alc_tui.lnl import dividemix as module
from alc_tui.lnl.dividemix import DivideMix, DivideMixSettings
from alc_tui.lnl.mixmatch import mix_up
from alc_tui.model.batches import Part, TrainingData, whole
from alc_tui.model.device import Compute
from alc_tui.model.networks import Network
from alc_tui.model.optimization import TrainingPlan
from tests.learners import Cramped, Tensors, planted, put_down_and_taken_up, selection

Data = tuple[Tensor, NDArray[np.int64]]
Make = Callable[..., DivideMix]


@pytest.fixture
def dividemix(compute: Compute, perceptron: Callable[..., Network]) -> Make:
    def make(
        source: Any,
        labels: NDArray[np.int64],
        *,
        peers: tuple[Network, Network] | None = None,
        positions: NDArray[np.int64] | None = None,
        plan: TrainingPlan | None = None,
        norm: bool = False,
        seed: int = 0,
        **settings: Any,
    ) -> DivideMix:
        if peers is None:
            inputs, classes = source.values.shape[1], int(labels.max()) + 1
            first, second = (perceptron(10 + k, inputs, classes=classes, norm=norm) for k in (0, 1))
            peers = (first, second)
        where = np.arange(len(labels)) if positions is None else positions
        plan = TrainingPlan(6, 8, 0.05) if plan is None else plan
        method = DivideMixSettings(**({"warmup": 2, "ramp": 2.0} | settings))
        return DivideMix(peers, TrainingData(source, where, labels), method, plan, compute, seed)

    return make


def losses_of(network: Network, values: Tensor, labels: NDArray[np.int64]) -> NDArray[np.float32]:
    with torch.no_grad():
        logits, _ = copy.deepcopy(network).eval()(values)
    return F.cross_entropy(logits, torch.from_numpy(labels), reduction="none").numpy()


def test_the_defaults_are_the_papers() -> None:
    chosen = DivideMixSettings()
    assert (chosen.warmup, chosen.threshold, chosen.augmentations, chosen.temperature) == (10, 0.5, 2, 0.5)
    assert (chosen.alpha, chosen.unlabeled_weight, chosen.ramp, chosen.prior_weight) == (4, 25, 16, 1)


def test_the_warm_up_is_cross_entropy_on_all_labels_of_each_network_by_itself(
    data: Data, tensors: Any, dividemix: Make
) -> None:
    values, labels = data
    source = tensors(values)
    learner = dividemix(source, labels, plan=TrainingPlan(6, 30, 0.05))
    expected = [losses_of(network, values, labels).mean() for network in learner.networks]
    report = learner.run_epoch()
    assert report.losses == pytest.approx(expected, abs=1e-6) and report.selected is None
    assert [len(np.concatenate(epoch)) for epoch in source.trained] == [30, 30]
    first, second = (np.concatenate(epoch).tolist() for epoch in source.trained)
    assert sorted(first) == sorted(second) and first != second


def test_each_peer_learns_as_labeled_what_the_others_mixture_calls_clean(
    data: Data, tensors: Any, dividemix: Make
) -> None:
    """Two peers with fixed answers: each is sure of some given labels, and of another label for the other samples."""
    labels = data[1][:24]
    positions = np.random.default_rng(0).permutation(30)[:24]
    by_peer = [np.arange(24) % 2 == 0, np.arange(24) % 3 > 0]
    first, second = (Network(nn.Identity(), nn.Linear(6, 3)) for _ in range(2))
    values = torch.zeros(30, 6)
    for peer, network in enumerate((first, second)):
        answers = np.where(by_peer[peer], labels, (labels + 1) % 3)
        values[positions, 3 * peer + answers] = 1.0
        with torch.no_grad():
            network.head.weight.copy_(4 * torch.eye(6)[3 * peer : 3 * peer + 3])
            network.head.bias.zero_()
    source = tensors(values, noise=0.1)
    learner = dividemix(source, labels, positions=positions, peers=(first, second), plan=TrainingPlan(6, 8, 0.0))
    for _ in range(2):
        learner.run_epoch()
    report = learner.run_epoch()
    assert (report.selected == by_peer[1]).all()
    for peer, batches in enumerate(source.trained[-2:]):
        clean = set(positions[by_peer[1 - peer]].tolist())
        seen = np.concatenate(batches).tolist()
        # Each labeled sample twice, once for each augmentation.
        assert sorted(p for p in seen if p in clean) == sorted([*clean, *clean])
        assert len(batches) == math.ceil(len(clean) / 8) or len(clean) % 8 == 1


def test_a_step_is_what_the_paper_says(
    data: Data, tensors: Any, dividemix: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Peer 1's only batch of an epoch, one sample at a time, with the mixtures' draws overheard."""
    values, labels = data
    believed = [np.linspace(0, 1, 30), np.where(np.arange(30) < 10, 0.9, 0.2)]
    told = iter(copy.deepcopy(believed))
    monkeypatch.setattr(module, "clean_probability", lambda _losses: next(told))
    overheard: list[tuple[list[float], list[int]]] = []

    def listen(first: Tensor, second: Tensor, lam: Tensor) -> Tensor:
        partner = [next(k for k, row in enumerate(first) if torch.equal(row, other)) for other in second]
        if first.shape[1] == 6:
            overheard.append((lam.tolist(), partner))
        return mix_up(first, second, lam)

    monkeypatch.setattr(module, "mix_up", listen)
    source = tensors(values, noise=0.3)
    plan = TrainingPlan(4, 32, lr=0.1, momentum=0.0, weight_decay=0.0)
    learner = dividemix(source, labels, plan=plan, warmup=0, ramp=4.0)
    learner.epoch = 1
    mine, other = (copy.deepcopy(network) for network in learner.networks)
    report = learner.run_epoch()
    (batch,), (views,) = source.trained[0], source.given[0]
    shares, partner = overheard[0]
    assert set(batch[:20].tolist()) == set(range(10)) and batch[:10].tolist() == batch[10:20].tolist()
    assert len(set(batch[20:30].tolist())) == 10 and batch[20:30].tolist() == batch[30:].tolist()
    assert (selection(report) == (np.arange(30) < 10)).all()

    def say(network: Network, row: Tensor) -> Tensor:
        logits: Tensor = network(row[None])[0][0]
        return logits.softmax(0).detach()

    def square(p: Tensor) -> Tensor:
        """Sharpen with T = ½."""
        return p**2 / (p**2).sum()

    aims: list[Tensor] = [torch.empty(0)] * 40
    for k in range(10):
        y = torch.eye(3)[labels[batch[k]]]
        p = (say(mine, views[k]) + say(mine, views[10 + k])) / 2
        aims[k] = aims[10 + k] = square(0.9 * y + 0.1 * p)
        pair = (views[20 + k], views[30 + k])
        answers = sum((say(n, v) for n in (mine, other) for v in pair), start=torch.zeros(3))
        aims[20 + k] = aims[30 + k] = square(answers / 4)
    by_class, labeled, unlabeled = torch.zeros(3), torch.zeros(()), torch.zeros(())
    for k in range(40):
        share = max(shares[k], 1 - shares[k])
        logits = mine((share * views[k] + (1 - share) * views[partner[k]])[None])[0][0]
        aim, p = share * aims[k] + (1 - share) * aims[partner[k]], logits.softmax(0)
        by_class = by_class + p / 40
        if k < 20:
            labeled = labeled - (aim * p.log()).sum() / 20
        else:
            unlabeled = unlabeled + ((aim - p) ** 2).sum() / (20 * 3)
    penalty = sum(math.log(1 / 3) / 3 - by_class[c].log() / 3 for c in range(3))
    loss = labeled + 25 * (1 / 4) * unlabeled + penalty
    assert report.losses[0] == pytest.approx(loss.item(), abs=1e-5)
    rate = 0.1 * (1 + math.cos(math.pi / 4)) / 2
    slopes = torch.autograd.grad(loss, list(mine.parameters()))
    for old, slope, new in zip(mine.parameters(), slopes, learner.networks[0].parameters(), strict=True):
        assert torch.allclose(old - rate * slope, new, rtol=0, atol=1e-6)


@pytest.mark.parametrize("pause", [0, 1, 2, 4, 5])
def test_a_run_put_down_after_any_epoch_ends_bit_for_bit_like_one_that_was_not(
    pause: int, data: Data, tensors: Any, dividemix: Make
) -> None:
    values, labels = data
    put_down_and_taken_up(lambda: dividemix(tensors(values, noise=0.3), labels, norm=True), pause, epochs=6)


def test_planted_noise_is_told_from_clean_labels(tensors: Any, dividemix: Make) -> None:
    values, given, wrong = planted()
    learner = dividemix(tensors(values, noise=0.5), given, plan=TrainingPlan(8, 64, 0.1), warmup=3)
    reports = [learner.run_epoch() for _ in range(8)]
    assert reports[2].losses[0] < reports[0].losses[0]
    clean = selection(reports[-1])
    assert (~wrong).mean() < 0.65
    assert (~wrong)[clean].mean() > 0.93 and clean.sum() > 300


@pytest.mark.parametrize(("believed", "steps"), [(1.0, 4), (0.0, 0)], ids=["all", "none"])
def test_a_division_with_one_kind_only_learns_from_what_is_labeled(
    believed: float, steps: int, data: Data, tensors: Any, dividemix: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    values, labels = data
    monkeypatch.setattr(module, "clean_probability", lambda losses: np.full(len(losses), believed))
    source = tensors(values)
    learner = dividemix(source, labels, warmup=0)
    before = copy.deepcopy(learner.networks[0])
    report = learner.run_epoch()
    assert [len(epoch) for epoch in source.trained] == [steps, steps]
    assert selection(report).tolist() == [believed == 1.0] * 30
    changed = any(
        not torch.equal(a, b) for a, b in zip(before.parameters(), learner.networks[0].parameters(), strict=True)
    )
    assert changed == (steps > 0) and all(math.isfinite(loss) for loss in report.losses)


def test_few_unlabeled_samples_are_all_in_every_batch(
    data: Data, tensors: Any, dividemix: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    values, labels = data
    monkeypatch.setattr(module, "clean_probability", lambda losses: (np.arange(len(losses)) >= 3).astype(float))
    source = tensors(values)
    dividemix(source, labels, warmup=0).run_epoch()
    for batch in source.trained[0]:
        assert sorted(batch[batch < 3].tolist()) == [0, 0, 1, 1, 2, 2]
        assert len(batch) - 6 in (16, 6)  # 27 labeled ones in batches of 8, 8, 8 and 3


def test_a_memory_that_is_too_small_fails_the_training_with_what_to_give(
    data: Data, tensors: Any, dividemix: Make, perceptron: Callable[..., Network]
) -> None:
    values, labels = data
    networks = [perceptron(peer) for peer in (0, 1)]
    first, second = (Network(Cramped(network.body, 8), network.head) for network in networks)
    learner = dividemix(tensors(values), labels, peers=(first, second), warmup=1)
    learner.run_epoch()
    with pytest.raises(
        TrainingFailed,
        match=r"32 images for a batch of 8, does not fit in .* smaller --batch-size",
    ):
        learner.run_epoch()


def test_a_loss_that_is_not_finite_stops_the_training(data: Data, tensors: Any, dividemix: Make) -> None:
    values, labels = data

    class Broken(Tensors):
        def training(
            self, batches: Sequence[NDArray[np.int64]], rng: np.random.Generator, part: Part = whole
        ) -> Iterator[Tensor]:
            for number, inputs in enumerate(super().training(batches, rng, part)):
                yield inputs * torch.nan if number == 1 and len(self.trained) == 3 else inputs

    learner = dividemix(Broken(values), labels, warmup=1)
    learner.run_epoch()
    with pytest.raises(TrainingFailed, match=r"not finite in epoch 2, batch 2\b.*--lr"):
        learner.run_epoch()


def test_weights_that_are_not_finite_stop_the_training_before_a_division(
    data: Data, tensors: Any, dividemix: Make
) -> None:
    values, labels = data
    learner = dividemix(tensors(values), labels, warmup=1)
    learner.run_epoch()
    with torch.no_grad():
        learner.networks[1].head.bias.fill_(torch.nan)
    with pytest.raises(TrainingFailed, match=r"outputs are not finite after epoch 1;.*--lr"):
        learner.run_epoch()
