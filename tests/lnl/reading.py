"""Co-teaching as a slow reading of the paper: one sample at a time, autograd for every gradient."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from alc_tui.lnl.coteaching import CoTeaching, CoTeachingSettings
from alc_tui.model.learner import EpochReport
from alc_tui.model.networks import Network
from alc_tui.model.optimization import TrainingPlan


class Reading:
    """The paper's Sec. 2.1 as one would do it with pencil and paper, on the batches that a source has handed out.

    Only the half precision in which gradients are kept is taken over. margins: how far apart the last chosen and the
    first rejected value of each choice are, as a share of the range of all values.
    """

    def __init__(
        self,
        peers: Sequence[Network],
        settings: CoTeachingSettings,
        plan: TrainingPlan,
        teacher: tuple[int, int] = (1, 0),
    ):
        self.peers, self.settings, self.plan, self.teacher = peers, settings, plan, teacher
        self.velocity: list[dict[str, Tensor]] = [{}, {}]
        self.gradients: list[list[dict[int, NDArray[np.float64]]]] = [[], []]  # by peer, epoch, position
        self.selected: list[set[int]] = []
        self.losses: list[tuple[float, ...]] = []
        self.margins: list[float] = []
        self.reports: list[EpochReport] = []  # of the learner beside it, by epoch

    def run_epoch(self, batches: list[list[int]], inputs: list[Tensor], label_of: dict[int, int]) -> None:
        epoch, settings = len(self.selected), self.settings
        share = min(1.0, epoch / (settings.warmup - 1)) if settings.warmup > 1 else 1.0
        rate = settings.forget_rate * share
        vog = self._vog(epoch, label_of)
        for peer in (0, 1):
            self.gradients[peer].append({})
        self.selected.append(set())
        sums = []
        for batch, images in zip(batches, inputs, strict=True):
            keep = math.floor((1 - rate) * len(batch) + 1e-9)
            picks, losses = [], []
            for peer in (0, 1):
                each = [self._loss(peer, images, k, label_of[position]) for k, position in enumerate(batch)]
                if settings.vog_pass == "fused":
                    for position, loss in zip(batch, each, strict=True):
                        self._record(peer, position, loss, label_of[position])
                losses.append(each)
                picks.append(self._pick(batch, [loss.item() for loss in each], keep, vog[peer] if vog else None))
            self.selected[-1] |= {batch[k] for k in picks[0]}
            taught = [[losses[peer][k] for k in picks[self.teacher[peer]]] for peer in (0, 1)]
            sums.append([_total(chosen).item() / keep for chosen in taught])
            for peer in (0, 1):
                self._step(peer, _total(taught[peer]) / keep, epoch)
        self.losses.append(tuple(np.mean(sums, axis=0).tolist()))

    def look_again(self, values: Tensor, label_of: dict[int, int]) -> None:
        """The extra pass of `vog_pass=eval`."""
        for peer in (0, 1):
            self.peers[peer].eval()
            for position, label in label_of.items():
                loss = self._loss(peer, values[position : position + 1], 0, label)
                self._record(peer, position, loss, label)

    def _loss(self, peer: int, images: Tensor, row: int, label: int) -> Tensor:
        logits, _ = self.peers[peer](images)
        return -F.log_softmax(logits[row], dim=0)[label]

    def _record(self, peer: int, position: int, loss: Tensor, label: int) -> None:
        head = self.peers[peer].head
        weight, bias = torch.autograd.grad(loss, (head.weight, head.bias), retain_graph=True)
        row = torch.cat([weight[label], bias[label, None]])
        self.gradients[peer][-1][position] = row.half().double().numpy()

    def _vog(self, epoch: int, label_of: dict[int, int]) -> list[dict[int, float]] | None:
        window = self.settings.window
        if epoch < max(self.settings.warmup, window) or self.settings.mix_ratio == 0:
            return None
        found = []
        for peer in (0, 1):
            last = self.gradients[peer][-window:]
            vog = {p: float(np.std([g[p] for g in last], axis=0).mean()) for p in label_of}
            if self.settings.normalize_vog:
                same = {p: [vog[q] for q in label_of if label_of[q] == label_of[p]] for p in label_of}
                vog = {p: float((vog[p] - np.mean(same[p])) / np.std(same[p])) for p in label_of}
            found.append(vog)
        return found

    def _pick(self, batch: list[int], losses: list[float], keep: int, vog: dict[int, float] | None) -> list[int]:
        by_vog = 0 if vog is None else math.floor(self.settings.mix_ratio * keep + 1e-9)
        picked, rest = self._smallest(list(range(len(batch))), losses, keep - by_vog)
        if vog is not None:
            picked += self._smallest(rest, [vog[position] for position in batch], by_vog)[0]
        return picked

    def _smallest(self, places: list[int], values: list[float], count: int) -> tuple[list[int], list[int]]:
        ordered = sorted(places, key=lambda k: (values[k], k))
        if 0 < count < len(ordered):
            self.margins.append((values[ordered[count]] - values[ordered[count - 1]]) / float(np.ptp(values)))
        return ordered[:count], ordered[count:]

    def _step(self, peer: int, loss: Tensor, epoch: int) -> None:
        rate = self.plan.lr * (1 + math.cos(math.pi * epoch / self.plan.epochs)) / 2
        names, weights = zip(*self.peers[peer].named_parameters(), strict=True)
        for name, weight, slope in zip(names, weights, torch.autograd.grad(loss, weights), strict=True):
            with torch.no_grad():
                step = slope + self.plan.weight_decay * weight
                velocity = self.velocity[peer].get(name)
                velocity = step if velocity is None else self.plan.momentum * velocity + step
                self.velocity[peer][name] = velocity
                weight.sub_(rate * velocity)


def _total(losses: list[Tensor]) -> Tensor:
    return sum(losses, start=torch.zeros(()))


def read_along(learner: CoTeaching, source: Any, label_of: dict[int, int], **how: Any) -> Iterator[Reading]:
    """A reading beside a learner, epoch by epoch."""
    reading = Reading([copy.deepcopy(network) for network in learner.networks], learner.settings, learner.plan, **how)
    while learner.epoch < learner.plan.epochs:
        report = learner.run_epoch()
        batches = [batch.tolist() for batch in source.trained[-1]]
        reading.run_epoch(batches, source.given[-1], label_of)
        if learner.settings.vog_pass == "eval":
            reading.look_again(source.values, label_of)
        reading.reports.append(report)
        yield reading


def same_weights(one: Network, other: Network, tolerance: float) -> bool:
    pairs = zip(one.parameters(), other.parameters(), strict=True)
    return all(torch.allclose(a, b, rtol=0, atol=tolerance) for a, b in pairs)
