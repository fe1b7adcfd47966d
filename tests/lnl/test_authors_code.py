"""Where the authors' code departs from the paper in co-teaching: pass, start and counts of VOG."""

from __future__ import annotations

import copy
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from alc_tui.lnl.coteaching import CoTeaching
from alc_tui.lnl.counts import truncated_keep_count, truncated_mix_counts
from alc_tui.model.networks import Network
from tests.learners import normalization, same_selection, selection, without_dropout

Data = tuple[Tensor, NDArray[np.int64]]


def test_counts_are_what_truncated_binary_floats_give() -> None:
    assert truncated_keep_count(250, Fraction(4, 5)) == 49  # (1 − 0.8)·250 = 49.99999999999999
    assert truncated_keep_count(256, Fraction(1, 2)) == 128
    assert truncated_mix_counts(128, 0.2) == (102, 25)  # 102.4 and 25.6: one short of 128
    assert truncated_mix_counts(10, 0.0) == (10, 0)
    assert truncated_mix_counts(10, 1.0) == (0, 10)


def test_the_loss_is_divided_by_r_even_where_one_sample_less_is_learned_from(
    data: Data, tensors: Any, coteaching: Callable[..., CoTeaching], perceptron: Callable[..., Network]
) -> None:
    """Peers alike learn from their own selection. R = 4 of 8; with m = 0.3, 2.8 and 1.2 are counted as 2 and 1."""
    values, labels = data
    method = {"warmup": 1, "window": 2, "forget_rate": 0.5, "mix_ratio": 0.3, "batch_size": 8, "lr": 0.0}
    peers, source = (perceptron(3), perceptron(3)), tensors(values, noise=0.5)
    learner = coteaching(source, labels[:8], peers=peers, truncated=True, **method)
    for _ in range(2):
        learner.run_epoch()
    vog = learner.vog()
    assert vog is not None
    report = learner.run_epoch()
    (batch,), (inputs,) = source.trained[-1], source.given[-1]
    with torch.no_grad():
        losses = F.cross_entropy(peers[0](inputs)[0], torch.from_numpy(labels[batch]), reduction="none").numpy()
    picked = np.argsort(losses)[:2].tolist()
    rest = [place for place in range(8) if place not in picked]
    picked.append(min(rest, key=lambda place: vog[batch[place]]))
    assert set(np.flatnonzero(selection(report)).tolist()) == set(batch[picked].tolist())
    assert report.losses == pytest.approx([losses[picked].sum() / 4] * 2, rel=1e-5)
    assert selection(report).sum() == 3


def test_vog_waits_for_one_more_epoch(data: Data, tensors: Any, coteaching: Callable[..., CoTeaching]) -> None:
    values, labels = data
    by_loss, late = (
        coteaching(tensors(values), labels, warmup=3, window=2, mix_ratio=mix, vog_delay=1) for mix in (0.0, 1.0)
    )
    same = [same_selection(by_loss.run_epoch(), late.run_epoch()) for _ in range(5)]
    assert same == [True] * 4 + [False]


@pytest.mark.parametrize("gradient", ["row", "all-rows"])
def test_the_gradients_are_those_of_a_batchs_mean_loss_in_a_further_pass_in_train_mode(
    gradient: str, data: Data, tensors: Any, coteaching: Callable[..., CoTeaching], perceptron: Callable[..., Network]
) -> None:
    values, labels = data
    peers = perceptron(1, norm=True), perceptron(2, norm=True)
    for each in peers:
        without_dropout(each)
    source = tensors(values, noise=0.5)
    learner = coteaching(source, labels, peers=peers, batch_size=8, lr=0.0, vog_pass="train", vog_gradient=gradient)
    learner.run_epoch()
    assert [len(batches) for batches in source.trained] == [4, 4, 4] and source.scored == []
    orders = [np.concatenate(batches).tolist() for batches in source.trained]
    assert len({tuple(order) for order in orders}) == 3
    for peer, network in enumerate(learner.networks):
        window = learner.state()[f"window{peer + 1}"][0].float()
        for batch, inputs in zip(source.trained[1 + peer], source.given[1 + peer], strict=True):
            truth = torch.from_numpy(labels[batch])
            network.train()
            for place, member in enumerate(batch):
                logits, features = copy.deepcopy(network)(inputs)
                # A sample's share in the mean loss of its batch, times the 8 of a full batch: 8 / 6 in the last one.
                loss = F.cross_entropy(logits, truth, reduction="none")[place] / len(batch) * 8
                slope = torch.autograd.grad(loss, logits)[0][place]
                inner = torch.cat([features[place], torch.ones(1)])
                rows = torch.outer(slope, inner)
                if gradient == "row":
                    found, expected = window[member], rows[truth[place]]
                else:
                    found, expected = torch.outer(window[member][:3], window[member][3:]), rows
                assert torch.allclose(found, expected, rtol=3e-3, atol=1e-5)


def test_the_further_pass_moves_the_running_statistics(
    data: Data, tensors: Any, coteaching: Callable[..., CoTeaching]
) -> None:
    values, labels = data
    for vog_pass, batches in (("fused", 4), ("train", 8)):
        learner = coteaching(tensors(values), labels, batch_size=8, norm=True, vog_pass=vog_pass)
        learner.run_epoch()
        assert [normalization(network).num_batches_tracked for network in learner.networks] == [batches] * 2


@pytest.mark.parametrize("vog_pass", ["fused", "eval", "train"])
def test_vog_of_all_rows_is_taken_up_where_it_was_put_down(
    vog_pass: str, data: Data, tensors: Any, coteaching: Callable[..., CoTeaching]
) -> None:
    values, labels = data
    method = {"warmup": 2, "window": 2, "mix_ratio": 0.5, "vog_gradient": "all-rows", "vog_pass": vog_pass}
    whole, first, second = (coteaching(tensors(values, noise=0.1), labels, norm=True, **method) for _ in range(3))
    for _ in range(3):
        first.run_epoch()
    second.load({name: value.clone() for name, value in first.state().items()})
    reports = [whole.run_epoch() for _ in range(5)][3:]
    for expected in reports:
        got = second.run_epoch()
        assert got.losses == expected.losses and same_selection(got, expected)
    expected_vog, vog = whole.vog(), second.vog()
    assert expected_vog is not None and vog is not None
    assert np.array_equal(expected_vog, vog) and expected_vog.shape == (30,)
