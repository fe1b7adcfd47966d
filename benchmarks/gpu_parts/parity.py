"""Do the device and the processor compute the same, and does half precision select the same?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import spearmanr

from alc_tui.lnl.coteaching import CoTeaching
from alc_tui.model.device import Compute, select_device
from alc_tui.model.forward import Output, predict
from alc_tui.model.learner import Batch
from alc_tui.model.scoring.metrics import macro_f1
from benchmarks.gpu_parts.setting import CLASSES, Data, Facts, Setting, co_teaching, images, make_data, method

EPOCHS, WARMUP, WINDOW = 3, 2, 2
TIE = 0.01
"""A sample this close to the limit of the selection, by loss or by VOG relative to the limit, may fall on either
side."""


class Watched(CoTeaching):
    """Co-teaching that measures how far each sample was from being selected or not by peer 1."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.distance = np.zeros(len(self.data), dtype=np.float64)

    def losses(self, outputs: list[Output], batch: Batch) -> list[torch.Tensor]:
        """See `Learner.losses`."""
        losses = super().losses(outputs, batch)
        indices, loss = batch.indices.cpu().numpy(), losses[0].detach().double().cpu().numpy()
        keep = self._keep(len(batch), self._forget_rate)
        by_loss, by_vog = self._mix(keep) if self._vog else (keep, 0)
        distance = _from_limit(loss, by_loss)
        if by_vog:
            vog = self._vog[0][batch.indices].double().cpu().numpy()
            rest = np.argsort(loss, kind="stable")[by_loss:]
            limit = _limit(vog[rest], by_vog)
            distance[rest] = np.minimum(distance[rest], np.abs(vog[rest] - limit) / limit)
        self.distance[indices] = distance
        return losses


def _from_limit(values: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    return np.abs(values - _limit(values, count))


def _limit(values: NDArray[np.float64], count: int) -> float:
    """Between the largest of the `count` smallest values and the next one."""
    if not 0 < count < len(values):
        return np.inf
    ordered = np.sort(values)
    return float(ordered[count - 1 : count + 1].mean())


@dataclass(frozen=True)
class Course:
    """What a training did. selected, distance: by epoch, [n]. vog: float32[n]. networks: those it leaves."""

    selected: list[NDArray[np.bool_]]
    distance: list[NDArray[np.float64]]
    vog: NDArray[np.float32]
    learner: CoTeaching


def train(setting: Setting, data: Data, compute: Compute, epochs: int, count: int) -> Course:
    """Train on the first `count` images."""
    source = images(data, setting.few_size, compute)
    learner = co_teaching(setting, source, data.given[:count], method(WARMUP, WINDOW), epochs, compute, kind=Watched)
    assert isinstance(learner, Watched)
    selected, distance = [], []
    for _ in range(epochs):
        report = learner.run_epoch()
        assert report.selected is not None
        selected.append(report.selected)
        distance.append(learner.distance.copy())
    vog = learner.vog()
    assert vog is not None
    return Course(selected, distance, vog, learner)


def measure(setting: Setting) -> Iterator[Facts]:
    """Three epochs in float32 on both, then half precision against float32 on the device."""
    data = make_data(setting, setting.few + setting.few // 4, setting.few_size)
    exact = replace(setting.compute, bf16=False)
    with torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
        here = train(setting, data, exact, EPOCHS, setting.few)
        there = train(setting, data, replace(select_device("cpu"), bf16=False), EPOCHS, setting.few)
    yield compare(here, there) | {"what": "device against processor, float32", "samples": setting.few}

    half = train(setting, data, replace(setting.compute, bf16=True), setting.few_epochs, setting.few)
    full = train(setting, data, exact, setting.few_epochs, setting.few)
    yield {
        "what": "bf16 against float32, on the device",
        "selection_overlap": [
            round(float((a & b).sum() / max((a | b).sum(), 1)), 4)
            for a, b in zip(half.selected, full.selected, strict=True)
        ],
        "selection_precision_bf16": precision(half, data, setting.few),
        "selection_precision_float32": precision(full, data, setting.few),
        "macro_f1_bf16": held_out_f1(setting, data, half, setting.compute),
        "macro_f1_float32": held_out_f1(setting, data, full, exact),
        "vog_spearman": round(float(spearmanr(half.vog, full.vog).statistic), 6),
    }


def compare(one: Course, other: Course) -> Facts:
    """Selections that differ, by epoch, and how many of them are no near-ties."""
    differing = [a != b for a, b in zip(one.selected, other.selected, strict=True)]
    near = [np.minimum(a, b) <= TIE for a, b in zip(one.distance, other.distance, strict=True)]
    unexplained = [int((each & ~tie).sum()) for each, tie in zip(differing, near, strict=True)]
    spearman = float(spearmanr(one.vog, other.vog).statistic)
    return {
        "selections_differing": [int(each.sum()) for each in differing],
        "not_near_ties": unexplained,
        "vog_spearman": round(spearman, 6),
        "passes": sum(unexplained) == 0 and spearman >= 0.999,
    }


def precision(course: Course, data: Data, count: int) -> float:
    """The share of true labels among those selected in the last epoch."""
    chosen = course.selected[-1]
    return round(float((data.given == data.truth)[:count][chosen].mean()), 4)


def held_out_f1(setting: Setting, data: Data, course: Course, compute: Compute) -> float:
    """Macro-F1 of peer 1 on images that nobody learned from."""
    positions = np.arange(setting.few, len(data.truth))
    source = images(data, setting.few_size, compute)
    logits, _ = predict(course.learner.networks[:1], source, positions, compute, setting.batch_size)
    return round(macro_f1(logits[0].argmax(1), data.truth[positions], CLASSES), 4)
