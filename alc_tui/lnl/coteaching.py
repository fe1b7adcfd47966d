"""Co-teaching with Variance of Gradients (Khanal et al. 2024, Sec. 2.1; Han et al. 2018): two peers teach each other.

In every batch each peer picks the samples it believes clean, by loss and VOG, and the other peer learns from that pick.
The gradients for VOG come from the training's own forward pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from alc_tui.data.ranges import NOT_NEGATIVE, ONE_OR_MORE, RATE, SHARE, check_number
from alc_tui.errors import UsageError
from alc_tui.lnl.counts import (
    exact,
    forget_rate,
    keep_count,
    mix_counts,
    truncated_keep_count,
    truncated_mix_counts,
)
from alc_tui.lnl.selection import select
from alc_tui.lnl.vog import GradientWindow, factors, gradient, within_classes
from alc_tui.lnl.window_memory import window_memory
from alc_tui.model.batches import TrainingData, in_batches
from alc_tui.model.device import Compute
from alc_tui.model.forward import Output, forward
from alc_tui.model.learner import Batch, Learner, State, TrainingPass, backpropagate
from alc_tui.model.networks import Network
from alc_tui.model.optimization import TrainingPlan

PEERS = (0, 1)
VOG_PASSES = ("fused", "eval", "train")
VOG_GRADIENTS = ("row", "all-rows")


@dataclass(frozen=True)
class CoTeachingSettings:
    """The method's parameters, with the paper's defaults.

    forget_rate: τ in [0, 1), the share of wrong labels. warmup: epochs ≥ 0 without VOG, and T_k of the forget-rate
    schedule. mix_ratio: m in [0, 1], the share of the picked samples that VOG picks, 0 for plain Co-teaching. window: t
    epochs of gradients. vog_pass: `fused` takes the gradients from the training pass, `eval` from another pass in eval
    mode. vog_gradient: `row` of the given label, or `all-rows`. normalize_vog: z-scores within each given class.

    Where the authors' code differs from the paper: vog_pass `train` takes the gradients from another pass of each
    peer in train mode, with a new augmentation. vog_delay: epochs for which VOG waits after the warm-up (there 1).
    truncated: counts are truncated from binary floats, and R1 + R2 can be one short of the R that the loss is divided
    by.

    Raises UsageError for a value out of its range, or an unknown name.
    """

    forget_rate: float
    warmup: int = 10
    mix_ratio: float = 0.2
    window: int = 5
    vog_pass: str = "fused"
    vog_gradient: str = "row"
    normalize_vog: bool = False
    vog_delay: int = 0
    truncated: bool = False

    def __post_init__(self) -> None:
        check_number("forget_rate", self.forget_rate, RATE)
        check_number("warmup", self.warmup, NOT_NEGATIVE, whole=True)
        check_number("mix_ratio", self.mix_ratio, SHARE)
        check_number("window", self.window, ONE_OR_MORE, whole=True)
        check_number("vog_delay", self.vog_delay, NOT_NEGATIVE, whole=True)
        for name, value, known in (
            ("vog_pass", self.vog_pass, VOG_PASSES),
            ("vog_gradient", self.vog_gradient, VOG_GRADIENTS),
        ):
            if value not in known:
                raise UsageError(f"`{name}` is {value!r}; pass one of {', '.join(known)}.")

    @property
    def vog_start(self) -> int:
        """The first epoch, from 0, in which VOG selects: after the warm-up, once t epochs are recorded."""
        return max(self.warmup + self.vog_delay, self.window)


class CoTeaching(Learner):
    """Two peers learn from partly wrong labels, each from what the other one selects.

    `selected` of an epoch's report: bool[n], peer 1's own selection.
    """

    def __init__(
        self,
        peers: tuple[Network, Network],
        data: TrainingData,
        settings: CoTeachingSettings,
        plan: TrainingPlan,
        compute: Compute,
        seed: int,
    ) -> None:
        super().__init__(peers, data, plan, compute, seed)
        self.settings = settings
        self._selected = torch.zeros(len(data), dtype=torch.bool, device=compute.device)
        self._forget_rate = Fraction(0)  # τ(e) of the current epoch
        self._vog: list[Tensor] = []  # float32[n] by peer, while VOG is used
        rows = self.classes if settings.vog_gradient == "all-rows" else 0
        self._windows = self._make_windows(rows) if settings.mix_ratio > 0 else []
        if self._windows and settings.vog_start >= plan.epochs:
            self.memory.notify(
                f"VOG takes effect after {settings.vog_start} epochs, and there are {plan.epochs}, so this is plain "
                "Co-teaching; specify more epochs, or a shorter warm-up and VOG window."
            )

    def passes(self) -> Iterator[TrainingPass]:
        """All samples once, both peers on the same batches; then the gradients, unless that pass recorded them."""
        self._forget_rate = forget_rate(self.settings.forget_rate, self.epoch, self.settings.warmup)
        self._vog = self._current_vog()
        yield from super().passes()
        if self._windows and self.settings.vog_pass == "eval":
            self._record_in_eval_mode()
        if self._windows and self.settings.vog_pass == "train":
            self._record_in_train_mode()
        self.selected, self.rate = self._selected.cpu().numpy().copy(), float(self._forget_rate)

    def backward(self, batch: Batch, slices: list[slice]) -> Tensor:
        """See `Learner.backward`: each peer's loss, averaged over the R samples that the other peer selects.

        Samples are selected from the whole batch. With several parts, this takes a separate forward pass before the one
        with gradients.
        """
        self.clear_gradients()
        keep = self._keep(len(batch), self._forget_rate)
        if len(slices) == 1:
            outputs = [self.outputs(network, batch.inputs, len(batch)) for network in self.networks]
            losses = self.losses(outputs, batch)
            picks = self._teach(outputs, losses, batch, keep)
            return _backpropagate_picked([loss[pick] for loss, pick in zip(losses, picks, strict=True)], keep)
        outputs = [self._outputs_in_parts(network, batch.inputs, slices) for network in self.networks]
        picks = self._teach(outputs, self.losses(outputs, batch), batch, keep)
        masks = [torch.zeros_like(batch.labels).index_fill_(0, pick, 1) for pick in picks]  # int64[B], 1 where picked
        total = torch.zeros(len(PEERS), device=self.compute.device)
        for part in slices:
            losses = self.losses(
                [forward(n, batch.inputs[part], self.compute) for n in self.networks], batch.part(part)
            )
            total += _backpropagate_picked([loss * mask[part] for loss, mask in zip(losses, masks, strict=True)], keep)
        return total

    def buffers(self) -> State:
        """See `Learner.buffers`."""
        return {f"window{peer + 1}": window.layers for peer, window in enumerate(self._windows)}

    def vog(self) -> NDArray[np.float32] | None:
        """VOG of peer 1 over the last t epochs, float32[n]; None before there are t, or where VOG is not used."""
        if not self._windows or not self._windows[0].is_full(self.epoch):
            return None
        return self._vog_of(self._windows[0]).cpu().numpy()

    def select_globally(self, losses: NDArray[np.float32]) -> NDArray[np.bool_]:
        """The clean set `global`, bool[n]: one selection over all samples by peer 1's eval-mode losses float32[n] and
        VOG."""
        keep = self._keep(len(losses), exact(self.settings.forget_rate))
        vog = self._current_vog()
        by_loss, by_vog = self._mix(keep) if vog else (keep, 0)
        picks = select(torch.from_numpy(losses).to(self.compute.device), by_loss, vog[0] if vog else None, by_vog)
        clean = np.zeros(len(losses), dtype=np.bool_)
        clean[picks.cpu().numpy()] = True
        return clean

    def _make_windows(self, rows: int) -> list[GradientWindow]:
        """A window for each peer. rows: C to record the gradients of all rows, else 0."""
        samples, length, device = len(self.data), self.settings.window, self.compute.device
        values = sum(samples * length * (rows + peer.dimensions + 1) for peer in self.networks)
        memory = window_memory(values, device)
        if memory.notice is not None:
            self.memory.notify(memory.notice)
        return [GradientWindow(samples, peer.dimensions, length, device, rows, memory.holder) for peer in self.networks]

    def _current_vog(self) -> list[Tensor]:
        """VOG of each peer, float32[n]; empty until the warm-up is over and t epochs are recorded."""
        if not self._windows or self.epoch < self.settings.vog_start:
            return []
        vog = [self._vog_of(window) for window in self._windows]
        if self.settings.normalize_vog:
            vog = [within_classes(values, self.labels, self.classes) for values in vog]
        return vog

    def _vog_of(self, window: GradientWindow) -> Tensor:
        """VOG of the samples float32[n], of which each process computes its part."""
        part = self.compute.group.part(len(self.data))
        return self.compute.group.gather(window.vog(part), part, len(self.data))

    def _keep(self, batch: int, rate: Fraction) -> int:
        """R of a batch."""
        return truncated_keep_count(batch, rate) if self.settings.truncated else keep_count(batch, rate)

    def _mix(self, keep: int) -> tuple[int, int]:
        """(R1, R2) of R."""
        mix = truncated_mix_counts if self.settings.truncated else mix_counts
        return mix(keep, self.settings.mix_ratio)

    @torch.no_grad()
    def _teach(self, outputs: list[Output], losses: list[Tensor], batch: Batch, keep: int) -> list[Tensor]:
        """The samples each peer learns from, int64[R1 + R2], indices in the batch: the other peer's selection.

        Records the gradients (`fused`) and peer 1's own selection.
        """
        by_loss, by_vog = self._mix(keep) if self._vog else (keep, 0)
        picks = []
        for peer in PEERS:
            vog = self._vog[peer][batch.indices] if self._vog else None
            picks.append(select(losses[peer].detach(), by_loss, vog, by_vog))
        self._selected[batch.indices] = torch.zeros_like(batch.indices, dtype=torch.bool).index_fill_(0, picks[0], True)
        if self._windows and self.settings.vog_pass == "fused":
            for window, output in zip(self._windows, outputs, strict=True):
                self._record(window, output, batch.labels, batch.indices)
        return [picks[1], picks[0]]

    @torch.no_grad()
    def _outputs_in_parts(self, network: Network, inputs: Tensor, slices: list[slice]) -> Output:
        """The outputs of a batch in parts, without gradients; the running statistics stay as they were."""
        buffers = {name: value.clone() for name, value in network.named_buffers()}
        parts = [forward(network, inputs[part], self.compute) for part in slices]
        for name, value in network.named_buffers():
            value.copy_(buffers[name])
        return torch.cat([logits for logits, _ in parts]), torch.cat([features for _, features in parts])

    def _record(
        self, window: GradientWindow, output: Output, labels: Tensor, indices: Tensor, scale: float = 1.0
    ) -> None:
        logits, features = output
        of_rows = factors if self.settings.vog_gradient == "all-rows" else gradient
        window.record(self.epoch, indices, of_rows(logits.softmax(1), features, labels, scale))

    @torch.no_grad()
    def _record_in_eval_mode(self) -> None:
        for network in self.networks:
            network.eval()
        batches = in_batches(np.arange(len(self.data)), self.plan.batch_size)
        positions = [self.data.positions[batch] for batch in batches]
        for batch, inputs in zip(batches, self.data.source.scoring(positions, self.compute.group.part), strict=True):
            indices = torch.from_numpy(batch).to(self.compute.device)
            for window, network in zip(self._windows, self.networks, strict=True):
                self._record(window, self.outputs(network, inputs, len(batch)), self.labels[indices], indices)

    @torch.no_grad()
    def _record_in_train_mode(self) -> None:
        """Each peer sees the samples in its own order and with its own augmentation, which updates its running
        statistics.

        The loss is the batch mean, as in the authors' code, so samples in a smaller last batch weigh more.
        """
        for number, (network, window) in enumerate(zip(self.networks, self._windows, strict=True), 1):
            for batch in self.batches(number):
                output = self.outputs(network, batch.inputs, len(batch))
                scale = self.plan.batch_size / len(batch)
                self._record(window, output, batch.labels, batch.indices, scale)


def _backpropagate_picked(losses: list[Tensor], keep: int) -> Tensor:
    """`backpropagate` the losses of what each peer learns from, divided by R.

    If a batch is too small to keep a sample, its loss is 0 and the following step has no gradients.
    """
    return backpropagate(losses, keep) if keep else torch.stack([loss.sum() for loss in losses]).detach()
