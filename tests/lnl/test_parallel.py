"""Every method on 1, 2 and 3 processes: the same selection, and in double precision the same weights."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from alc_tui.lnl.coteaching import CoTeaching, CoTeachingSettings
from alc_tui.lnl.dividemix import DivideMix, DivideMixSettings
from alc_tui.lnl.elr import ELR, ELRSettings
from alc_tui.lnl.out_of_fold import OutOfFold
from alc_tui.model.batches import TrainingData
from alc_tui.model.fitting import CrossEntropy
from alc_tui.model.learner import EpochReport, Learner, State
from alc_tui.model.networks import Network
from alc_tui.model.optimization import TrainingPlan
from alc_tui.model.parallel.batch_norm import synchronize_statistics
from alc_tui.model.parallel.group import Group
from tests.learners import Tensors, heaps, without_dropout
from tests.model.parallel.together import compute_of, together

EPOCHS, SAMPLES = 4, 51
"""Batches of 12 leave one of 3 samples, which two processes cannot share."""
PLAN = TrainingPlan(EPOCHS, 12, 0.05)
WINDOW = {"forget_rate": 0.4, "warmup": 1, "window": 2, "mix_ratio": 0.5}

Peers = tuple[Network, Network]
Build = Callable[[Peers, TrainingData, Group], Learner]


class Training(NamedTuple):
    """What a process has in the end."""

    reports: list[EpochReport]
    state: State
    vog: NDArray[np.float32] | None


def co_teaching(**changes: Any) -> Build:
    settings = CoTeachingSettings(**(WINDOW | changes))
    return lambda peers, data, group: CoTeaching(peers, data, settings, PLAN, compute_of(group), seed=0)


def cross_entropy(peers: Peers, data: TrainingData, group: Group) -> Learner:
    return CrossEntropy(peers[0], data, PLAN, compute_of(group), seed=0)


def both_peers(peers: Peers, data: TrainingData, group: Group) -> Learner:
    """The fine-tuning of a round: some samples are drawn more often."""
    weighted = TrainingData(data.source, data.positions, data.labels, np.arange(1.0, SAMPLES + 1))
    return Learner(peers, weighted, PLAN, compute_of(group), seed=0, phase=2)


def elr(peers: Peers, data: TrainingData, group: Group) -> Learner:
    return ELR(peers[0], data, ELRSettings(), PLAN, compute_of(group), seed=0)


def dividemix(peers: Peers, data: TrainingData, group: Group) -> Learner:
    return DivideMix(peers, data, DivideMixSettings(warmup=2, ramp=2.0), PLAN, compute_of(group), seed=0)


METHODS: dict[str, Build] = {
    "ct-vog": co_teaching(),
    "ct-vog eval": co_teaching(vog_pass="eval", normalize_vog=True),
    "ct-vog train": co_teaching(vog_pass="train"),
    "ct-vog all rows": co_teaching(vog_gradient="all-rows"),
    "ct": co_teaching(mix_ratio=0.0),
    "ce": cross_entropy,
    "fine-tuning": both_peers,
    "elr": elr,
    "dividemix": dividemix,
}


@pytest.fixture
def noisy() -> tuple[Tensor, NDArray[np.int64]]:
    """Heaps far apart, a third of whose labels are wrong; the last two samples are alike in everything."""
    rng = np.random.default_rng(4)
    values, truth = heaps(SAMPLES, 3, 6, rng)
    given = np.where(rng.random(SAMPLES) < 0.33, (truth + 1) % 3, truth)
    values[-1], given[-1] = values[-2], given[-2]
    return values.double(), given


@pytest.fixture
def peers(perceptron: Callable[..., Network]) -> Peers:
    return perceptron(1).double(), perceptron(2).double()


@pytest.fixture
def normalized(perceptron: Callable[..., Network]) -> Peers:
    """Peers with batch normalization."""
    first, second = (without_dropout(perceptron(seed, norm=True)).double() for seed in (1, 2))
    return first, second


def learner_of(
    build: Build, peers: Peers, noisy: tuple[Tensor, NDArray[np.int64]], group: Group, shares: bool = True
) -> Learner:
    values, labels = noisy
    own = copy.deepcopy(peers)
    for network in own if shares else ():
        synchronize_statistics(network, group)
    data = TrainingData(Tensors(values, noise=0.1), np.arange(SAMPLES), labels)
    return build(own, data, group)


def train(learner: Learner, epochs: int = EPOCHS) -> Training:
    reports = [learner.run_epoch() for _ in range(epochs)]
    return Training(reports, learner.state(), learner.vog() if isinstance(learner, CoTeaching) else None)


def assert_same(ours: Training, theirs: Training) -> None:
    for one, other in zip(ours.reports, theirs.reports, strict=True):
        assert one.losses == pytest.approx(other.losses, abs=1e-6) and one.rate == other.rate
        assert (one.selected is None) == (other.selected is None)
        if one.selected is not None and other.selected is not None:
            assert np.array_equal(one.selected, other.selected)
    assert_same_state(ours.state, theirs.state)
    if ours.vog is not None and theirs.vog is not None:
        assert np.allclose(ours.vog, theirs.vog, rtol=0, atol=1e-4)


def assert_same_state(ours: State, theirs: State) -> None:
    """Windows are in half precision, targets in single precision, and all else is in double precision."""
    tolerance = {torch.float16: 2e-3, torch.float32: 1e-6, torch.float64: 1e-9, torch.int64: 0.0}
    assert ours.keys() == theirs.keys()
    for name, value in ours.items():
        assert torch.allclose(value, theirs[name], rtol=0, atol=tolerance[value.dtype]), name


@pytest.mark.parametrize("method", METHODS)
def test_any_number_of_processes_selects_the_same_samples_and_learns_the_same_weights(
    method: str, peers: Peers, noisy: tuple[Tensor, NDArray[np.int64]]
) -> None:
    def work(group: Group) -> Training:
        return train(learner_of(METHODS[method], peers, noisy, group))

    (alone,) = together(1, work)
    for size in (2, 3):
        for each in together(size, work):
            assert_same(each, alone)


@pytest.mark.parametrize("method", ["ct-vog", "ct-vog train", "fine-tuning", "dividemix"])
def test_with_synchronized_statistics_so_do_networks_with_batch_normalization(
    method: str, normalized: Peers, noisy: tuple[Tensor, NDArray[np.int64]]
) -> None:
    def work(group: Group) -> Training:
        return train(learner_of(METHODS[method], normalized, noisy, group))

    (alone,) = together(1, work)
    for each in together(2, work):
        assert_same(each, alone)


def test_with_statistics_per_process_all_processes_still_learn_the_same_weights(
    normalized: Peers, noisy: tuple[Tensor, NDArray[np.int64]]
) -> None:
    def work(group: Group) -> Training:
        return train(learner_of(METHODS["ct-vog"], normalized, noisy, group, shares=False))

    (alone,) = together(1, work)
    first, second = together(2, work)
    assert_same(first, second)
    counts = [int(report.selected.sum()) for report in first.reports if report.selected is not None]
    assert counts == [int(report.selected.sum()) for report in alone.reports if report.selected is not None]
    weights = "peer1.weight.body.0.weight"
    assert not torch.allclose(first.state[weights], alone.state[weights], rtol=0, atol=1e-6)


@pytest.mark.parametrize("method", ["ct-vog", "elr", "dividemix"])
@pytest.mark.parametrize(("before", "after"), [(1, 3), (3, 2), (2, 1)])
def test_another_number_of_processes_goes_on_from_the_same_state(
    method: str, before: int, after: int, peers: Peers, noisy: tuple[Tensor, NDArray[np.int64]]
) -> None:
    pause = 2

    def begin(group: Group) -> State:
        state = train(learner_of(METHODS[method], peers, noisy, group), pause).state
        return {name: value.clone() for name, value in state.items()}

    begun = together(before, begin)[0]

    def go_on(group: Group) -> Training:
        learner = learner_of(METHODS[method], peers, noisy, group)
        learner.load(begun)
        return train(learner, EPOCHS - pause)

    (alone,) = together(1, lambda group: train(learner_of(METHODS[method], peers, noisy, group)))
    for each in together(after, go_on):
        assert_same(each, alone._replace(reports=alone.reports[pause:]))


def test_out_of_fold_predictions_do_not_depend_on_the_number_of_processes(
    peers: Peers, noisy: tuple[Tensor, NDArray[np.int64]]
) -> None:
    values, labels = noisy

    def work(group: Group) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        data = TrainingData(Tensors(values), np.arange(40), labels[:40])
        own = copy.deepcopy(peers)
        halves = OutOfFold(lambda fold: own[fold], data, np.arange(40, SAMPLES), PLAN, compute_of(group), seed=0)
        return halves.run(lambda _done, _report: None)

    ((unseen, held_out),) = together(1, work)
    for theirs in together(3, work):
        assert np.allclose(theirs[0], unseen, rtol=0, atol=1e-9)
        assert np.allclose(theirs[1], held_out, rtol=0, atol=1e-9)
