"""The same seed gives the same run, whether or not it was put down on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from alc_tui.lnl.coteaching import CoTeaching
from tests.learners import selection

Data = tuple[Tensor, NDArray[np.int64]]
Run = Callable[..., CoTeaching]


@pytest.fixture
def start(data: Data, tensors: Any, coteaching: Callable[..., CoTeaching]) -> Run:
    """A learner with everything that draws at random: order, augmentation, dropout."""
    values, labels = data
    method = {"mix_ratio": 0.5, "warmup": 2, "window": 3, "norm": True}
    return lambda **settings: coteaching(tensors(values, noise=0.3), labels, **(method | settings))


def outcome(learner: CoTeaching, epochs: int) -> dict[str, Tensor]:
    """All there is after some more epochs: state, reports, VOG and the global selection."""
    reports = [learner.run_epoch() for _ in range(epochs)]
    everything = {name: value.clone() for name, value in learner.state().items()}
    everything["losses"] = torch.tensor([report.losses for report in reports][-1])
    everything["report"] = torch.from_numpy(reports[-1].selected)
    everything["vog"] = torch.from_numpy(learner.vog())
    everything["global"] = torch.from_numpy(learner.select_globally(np.arange(30, dtype=np.float32)))
    return everything


def differing(one: dict[str, Tensor], other: dict[str, Tensor]) -> list[str]:
    assert one.keys() == other.keys()
    return [name for name in one if not torch.equal(one[name], other[name])]


@pytest.mark.parametrize("pause", range(8))
def test_a_run_put_down_after_any_epoch_ends_bit_for_bit_like_one_that_was_not(pause: int, start: Run) -> None:
    undisturbed = outcome(start(), 8)
    first = start()
    for _ in range(pause):
        first.run_epoch()
    kept = {name: value.clone() for name, value in first.state().items()}
    torch.rand(3)
    second = start()
    second.load(kept)
    assert second.epoch == pause
    assert differing(undisturbed, outcome(second, 8 - pause)) == []


def test_a_run_with_an_eval_pass_resumes_bit_for_bit_too(start: Run) -> None:
    undisturbed = outcome(start(vog_pass="eval", normalize_vog=True), 6)
    first, second = (start(vog_pass="eval", normalize_vog=True) for _ in range(2))
    for _ in range(4):
        first.run_epoch()
    second.load({name: value.clone() for name, value in first.state().items()})
    assert differing(undisturbed, outcome(second, 2)) == []


def test_the_same_seed_gives_the_same_run_whatever_was_drawn_before(start: Run) -> None:
    runs = []
    for noise in (1, 2):
        torch.manual_seed(noise)
        runs.append(outcome(start(seed=3), 5))
    assert differing(*runs) == []


def test_another_seed_gives_another_run(start: Run) -> None:
    changed = differing(outcome(start(seed=3), 5), outcome(start(seed=4), 5))
    assert {"peer1.weight.body.0.weight", "peer2.weight.head.bias", "report", "vog", "losses"} <= set(changed)


def test_a_report_stays_as_it_was_when_the_training_goes_on(start: Run) -> None:
    learner = start()
    first = learner.run_epoch()
    before = selection(first).copy()
    for _ in range(4):
        later = learner.run_epoch()
    assert np.array_equal(selection(first), before) and not np.array_equal(selection(later), before)
