"""Co-teaching against a slow reading of the paper: one sample at a time, autograd for every gradient."""

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
from alc_tui.lnl.coteaching import CoTeaching
from alc_tui.lnl.counts import clean_count, exact
from alc_tui.model.batches import Part, whole
from alc_tui.model.networks import Network
from tests.learners import Tensors, planted, same_selection, selection, without_dropout
from tests.lnl.reading import read_along, same_weights

Data = tuple[Tensor, NDArray[np.int64]]


@pytest.mark.parametrize(
    "settings",
    [
        {"mix_ratio": 0.0, "warmup": 4},
        {"mix_ratio": 0.5, "warmup": 3, "window": 2},
        {"mix_ratio": 1.0, "warmup": 2, "window": 4},
        {"mix_ratio": 0.5, "warmup": 3, "window": 3, "normalize_vog": True},
        {"mix_ratio": 0.5, "warmup": 3, "window": 3, "vog_pass": "eval"},
    ],
    ids=["plain", "vog", "late vog", "z-scores", "eval pass"],
)
def test_every_epoch_is_what_the_paper_says(
    settings: dict[str, Any], data: Data, tensors: Any, coteaching: Callable[..., CoTeaching]
) -> None:
    """On data for which rounding cannot change a choice: every choice has a margin."""
    values, labels = data
    positions = np.random.default_rng(7).permutation(30)[:22]
    label_of = dict(zip(positions.tolist(), labels[:22].tolist(), strict=True))
    source = tensors(values, noise=0.1)
    learner = coteaching(source, labels[:22], positions=positions, forget_rate=0.4, epochs=7, seed=7, **settings)
    for reading in read_along(learner, source, label_of):
        assert set(positions[selection(reading.reports[-1])].tolist()) == reading.selected[-1]
        assert reading.reports[-1].losses == pytest.approx(reading.losses[-1], abs=1e-5)
        for peer in (0, 1):
            assert same_weights(learner.networks[peer], reading.peers[peer], 1e-5)
    assert learner.epoch == 7 and min(reading.margins) > 1e-3


def test_each_peer_learns_from_the_others_selection_and_not_from_its_own(
    data: Data, tensors: Any, coteaching: Callable[..., CoTeaching]
) -> None:
    values, labels = data
    label_of = dict(enumerate(labels.tolist()))
    for teacher, as_it_is in (((1, 0), True), ((0, 1), False)):
        source = tensors(values)
        learner = coteaching(source, labels, epochs=1, batch_size=30, warmup=1)
        (reading,) = read_along(learner, source, label_of, teacher=teacher)
        assert [same_weights(learner.networks[peer], reading.peers[peer], 1e-4) for peer in (0, 1)] == [as_it_is] * 2


@pytest.mark.parametrize(
    ("warmup", "window", "first"),
    [(3, 2, 3), (4, 4, 4), (1, 4, 4), (0, 2, 2)],
    ids=["after warm-up", "both at once", "once the window is full", "no warm-up"],
)
def test_vog_has_a_say_from_the_first_epoch_after_warm_up_with_a_full_window(
    warmup: int, window: int, first: int, data: Data, tensors: Any, coteaching: Callable[..., CoTeaching]
) -> None:
    values, labels = data
    by_loss, mixed = (
        coteaching(tensors(values), labels, warmup=warmup, window=window, mix_ratio=mix) for mix in (0.0, 1.0)
    )
    same = [same_selection(by_loss.run_epoch(), mixed.run_epoch()) for _ in range(first + 1)]
    assert same == [True] * first + [False]


@pytest.mark.parametrize(("warmup", "window", "delay"), [(2, 2, 0), (3, 2, 0), (1, 3, 0), (1, 4, 0), (2, 2, 1)])
def test_a_training_in_which_vog_never_selects_says_so(
    warmup: int, window: int, delay: int, data: Data, tensors: Any, coteaching: Callable[..., CoTeaching]
) -> None:
    values, labels = data
    settings = {"warmup": warmup, "window": window, "vog_delay": delay, "epochs": 3}
    by_loss, mixed = (coteaching(tensors(values), labels, mix_ratio=mix, **settings) for mix in (0.0, 1.0))
    reports = [(by_loss.run_epoch(), mixed.run_epoch()) for _ in range(3)]
    never = all(same_selection(*each) for each in reports)
    assert never == (max(warmup + delay, window) > 2)
    assert [len(ours.notices) for _, ours in reports] == [int(never), 0, 0]
    assert [theirs.notices for theirs, _ in reports] == [()] * 3


def test_vog_of_peer_1_is_told_once_its_window_is_full(
    data: Data, tensors: Any, coteaching: Callable[..., CoTeaching]
) -> None:
    values, labels = data
    learner = coteaching(tensors(values), labels, window=3, warmup=0)
    told = []
    for _ in range(4):
        told.append(learner.vog())
        learner.run_epoch()
    *early, vog = told
    assert early == [None] * 3 and vog is not None and vog.shape == (30,) and (vog > 0).all()


def gradients_by_autograd(network: Network, inputs: Tensor, labels: Tensor) -> Tensor:
    logits, _ = network(inputs)
    rows = []
    for sample, label in enumerate(labels):
        loss = F.cross_entropy(logits[sample : sample + 1], label[None])
        weight, bias = torch.autograd.grad(loss, (network.head.weight, network.head.bias), retain_graph=True)
        rows.append(torch.cat([weight[label], bias[label, None]]))
    return torch.stack(rows)


def test_the_fused_pass_takes_the_gradients_of_the_training_itself(
    data: Data, tensors: Any, coteaching: Callable[..., CoTeaching], perceptron: Callable[..., Network]
) -> None:
    values, labels = data
    peers = tuple(without_dropout(perceptron(peer, norm=True)) for peer in (0, 1))
    before = copy.deepcopy(peers)
    source = tensors(values, noise=0.5)
    learner = coteaching(source, labels, peers=peers, batch_size=30)
    learner.run_epoch()
    (batch,), (augmented,) = source.trained[0], source.given[0]
    for peer in (0, 1):
        expected = gradients_by_autograd(before[peer], augmented, torch.from_numpy(labels[batch]))
        assert torch.allclose(learner.state()[f"window{peer + 1}"][0][batch].float(), expected, rtol=1e-3, atol=1e-6)
    assert source.scored == []


def test_the_eval_pass_takes_the_gradients_after_the_epoch_in_eval_mode_without_augmentation(
    data: Data, tensors: Any, coteaching: Callable[..., CoTeaching]
) -> None:
    values, labels = data
    source = tensors(values, noise=0.5)
    learner = coteaching(source, labels, norm=True, vog_pass="eval")
    learner.run_epoch()
    for peer, network in enumerate(learner.networks):
        network.eval()
        expected = gradients_by_autograd(network, values, torch.from_numpy(labels))
        assert torch.allclose(learner.state()[f"window{peer + 1}"][0].float(), expected, rtol=1e-3, atol=1e-6)
    assert np.concatenate(source.scored).tolist() == list(range(30))


@pytest.mark.parametrize("vog_pass", ["fused", "eval"])
def test_without_a_mix_ratio_no_window_is_kept_and_no_extra_pass_made(
    vog_pass: str, data: Data, tensors: Any, coteaching: Callable[..., CoTeaching]
) -> None:
    values, labels = data
    source = tensors(values)
    learner = coteaching(source, labels, mix_ratio=0.0, warmup=0, window=1, vog_pass=vog_pass)
    for _ in range(2):
        learner.run_epoch()
    assert learner.vog() is None and source.scored == []
    assert not [name for name in learner.state() if "window" in name]


@pytest.mark.parametrize(
    ("samples", "batch_size", "tau", "kept"),
    [(22, 8, 0.5, 4 + 4 + 3), (22, 8, 0.3, 5 + 5 + 4), (17, 8, 0.5, 4 + 4), (24, 8, 0.8, 3), (9, 8, 0.25, 6)],
)
def test_the_last_batch_keeps_its_share_of_its_own_size_and_the_clean_set_is_as_large_as_foretold(
    samples: int,
    batch_size: int,
    tau: float,
    kept: int,
    data: Data,
    tensors: Any,
    coteaching: Callable[..., CoTeaching],
) -> None:
    values, labels = data
    learner = coteaching(
        tensors(values), labels[:samples], batch_size=batch_size, forget_rate=tau, warmup=2, window=2, mix_ratio=0.5
    )
    for _ in range(4):
        selected = selection(learner.run_epoch())
    assert selected.sum() == kept == clean_count(samples, batch_size, exact(tau), "last_epoch")
    assert learner.select_globally(np.arange(samples, dtype=np.float32)).sum() == clean_count(
        samples, batch_size, exact(tau), "global"
    )


def test_the_report_tells_the_epoch_and_the_forget_rate_in_force(
    data: Data, tensors: Any, coteaching: Callable[..., CoTeaching]
) -> None:
    values, labels = data
    learner = coteaching(tensors(values), labels, forget_rate=0.6, warmup=4)
    reports = [learner.run_epoch() for _ in range(5)]
    assert [report.epoch for report in reports] == list(range(5))
    assert [report.rate for report in reports] == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.6])
    assert selection(reports[0]).all() and reports[0].notices == ()


def test_a_batch_too_small_to_keep_a_sample_teaches_nothing(
    data: Data, tensors: Any, coteaching: Callable[..., CoTeaching]
) -> None:
    values, labels = data
    learner = coteaching(tensors(values), labels, forget_rate=0.9, warmup=0, window=1, mix_ratio=0.5)
    before = [copy.deepcopy(network) for network in learner.networks]
    for _ in range(3):
        report = learner.run_epoch()
        assert report.losses == (0.0, 0.0) and not selection(report).any()
    for old, new in zip(before, learner.networks, strict=True):
        assert same_weights(old, new, 0)


def test_beside_a_batch_that_teaches_nothing_the_others_teach(
    data: Data, tensors: Any, coteaching: Callable[..., CoTeaching]
) -> None:
    values, labels = data
    learner = coteaching(tensors(values), labels[:13], forget_rate=0.9, batch_size=10, warmup=0)
    before = [copy.deepcopy(network) for network in learner.networks]
    report = learner.run_epoch()
    assert selection(report).sum() == 1 and all(0 < loss < math.inf for loss in report.losses)
    for old, new in zip(before, learner.networks, strict=True):
        assert not same_weights(old, new, 1e-4)
        assert all(torch.isfinite(weight).all() for weight in new.parameters())


def test_a_loss_that_is_not_finite_stops_the_training_and_names_epoch_and_batch(
    data: Data, tensors: Any, coteaching: Callable[..., CoTeaching]
) -> None:
    values, labels = data

    class Broken(Tensors):
        def training(
            self, batches: Sequence[NDArray[np.int64]], rng: np.random.Generator, part: Part = whole
        ) -> Iterator[Tensor]:
            second = len(self.trained) == 1
            for number, inputs in enumerate(super().training(batches, rng, part)):
                yield inputs * torch.nan if second and number == 2 else inputs

    learner = coteaching(Broken(values), labels)
    learner.run_epoch()
    with pytest.raises(TrainingFailed, match=r"not finite in epoch 2, batch 3\b.*--lr"):
        learner.run_epoch()


def smallest(values: NDArray[np.floating], count: int, among: set[int]) -> set[int]:
    return set(sorted(among, key=lambda position: (values[position], position))[:count])


def test_the_global_clean_set_is_one_selection_over_all_samples(
    data: Data, tensors: Any, coteaching: Callable[..., CoTeaching]
) -> None:
    values, labels = data
    learner = coteaching(tensors(values), labels, forget_rate=0.5, mix_ratio=0.4, warmup=2, window=2)
    losses = np.random.default_rng(3).integers(8, size=30).astype(np.float32)
    everyone = set(range(30))
    learner.run_epoch()
    assert set(np.flatnonzero(learner.select_globally(losses)).tolist()) == smallest(losses, 15, everyone)
    learner.run_epoch()
    by_loss = smallest(losses, 9, everyone)
    vog = learner.vog()
    assert vog is not None
    by_vog = smallest(vog, 6, everyone - by_loss)
    assert set(np.flatnonzero(learner.select_globally(losses)).tolist()) == by_loss | by_vog
    assert by_loss | by_vog != smallest(losses, 15, everyone)


@pytest.mark.parametrize(
    ("mix_ratio", "clean_set"), [(0.0, "last_epoch"), (0.2, "last_epoch"), (1.0, "last_epoch"), (0.2, "global")]
)
def test_planted_noise_is_told_from_clean_labels(
    mix_ratio: float, clean_set: str, tensors: Any, coteaching: Callable[..., CoTeaching]
) -> None:
    values, given, wrong = planted()
    source = tensors(values, noise=0.5)
    learner = coteaching(source, given, forget_rate=0.4, epochs=12, batch_size=64, warmup=5, mix_ratio=mix_ratio)
    for _ in range(12):
        clean = selection(learner.run_epoch())
    if clean_set == "global":
        with torch.no_grad():
            logits, _ = learner.networks[0].eval()(values)
        clean = learner.select_globally(F.cross_entropy(logits, torch.from_numpy(given), reduction="none").numpy())
    assert (~wrong).mean() < 0.65
    assert (~wrong)[clean].mean() > 0.93 and clean.sum() > 350
