"""Co-teaching with Variance of Gradients (paper, Sec. 2.1; Han et al. 2018): two peers teach each other.

Each peer picks, in every batch, the samples it takes for clean, by loss and VOG; the other learns from that
pick. The gradients for VOG come from the training's own forward pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

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
from alc_tui.model.batches import BatchSource, Positions, in_batches, shuffled
from alc_tui.model.device import Compute, send
from alc_tui.model.learning import (
    EpochReport,
    MicroBatches,
    Plan,
    State,
    check_finite,
    forward,
    learning_rate,
    load_network_state,
    network_state,
    optimizer,
    put,
    sample_losses,
    seed_layers,
    set_rate,
)
from alc_tui.model.networks import Network

PEERS = (0, 1)


@dataclass(frozen=True)
class Settings:
    """The method's parameters, with the paper's defaults.

    forget_rate: τ in [0, 1). warmup: epochs without VOG, and T_k of the forget-rate schedule. mix_ratio: m in [0, 1],
    0 for plain Co-teaching. window: t epochs of gradients. vog_pass: `fused` takes the gradients from the training
    pass, `eval` from one more pass in eval mode. vog_gradient: `row` of the given label, or `all-rows`. normalize_vog:
    z-scores within each given class.

    What the authors' code does otherwise: vog_pass `train` takes the gradients from one more pass of each peer in train
    mode, anew augmented. vog_delay: epochs for which VOG waits after the warm-up (there 1). truncated: counts are
    truncated from binary floats, and R1 + R2 can be one short of the R that the loss is divided by.
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


class CoTeaching:
    """Two peers learn from `labels` int64[n], partly wrong, of the samples at `positions` int64[n] of the source."""

    def __init__(
        self,
        peers: tuple[Network, Network],
        source: BatchSource,
        positions: Positions,
        labels: NDArray[np.int64],
        settings: Settings,
        plan: Plan,
        compute: Compute,
        seed: int,
    ) -> None:
        self.plan, self.epoch = plan, 0
        self.networks: tuple[Network, ...] = tuple(put(peer, compute) for peer in peers)
        self.settings, self._seed, self._compute = settings, seed, compute
        self._source, self._positions = source, positions
        self._labels = torch.from_numpy(labels).to(compute.device)
        self._classes = peers[0].head.out_features
        self._sgd = [optimizer(peer, plan, compute) for peer in peers]
        self._memory = MicroBatches()
        self._selected = torch.zeros(len(labels), dtype=torch.bool, device=compute.device)
        rows = self._classes if settings.vog_gradient == "all-rows" else 0
        self._windows = (
            [GradientWindow(len(labels), peer.dimensions, settings.window, compute.device, rows) for peer in peers]
            if settings.mix_ratio > 0
            else []
        )

    def run_epoch(self) -> EpochReport:
        """See `Learner.run_epoch`."""
        for network, sgd in zip(self.networks, self._sgd, strict=True):
            network.train()
            set_rate(sgd, learning_rate(self.plan, self.epoch))
        seed_layers(self._seed, 0, self.epoch)
        rate = forget_rate(self.settings.forget_rate, self.epoch, self.settings.warmup)
        vog = self._vog_in_force()
        losses = []
        batches = shuffled(self._source, self._positions, self.plan.batch_size, self._seed, 0, self.epoch)
        for batch, images in batches:
            members = send(torch.from_numpy(batch), self._compute.device)
            losses.append(self._learn(images, members, self._keep(len(batch), rate), vog))
        stacked = torch.stack(losses)
        check_finite(stacked, self.epoch)
        if self._windows and self.settings.vog_pass == "eval":
            self._record_in_eval_mode()
        if self._windows and self.settings.vog_pass == "train":
            self._record_in_train_mode()
        self.epoch += 1
        means = stacked.mean(0).tolist()
        selected = self._selected.cpu().numpy().copy()
        return EpochReport(self.epoch - 1, tuple(means), selected, float(rate), self._memory.notices())

    def vog(self) -> NDArray[np.float32] | None:
        """VOG of peer 1 over the last t epochs, float32[n]; None before there are t, or where VOG is not used."""
        if not self._windows or not self._windows[0].is_full(self.epoch):
            return None
        return self._windows[0].vog().cpu().numpy()

    def select_globally(self, losses: NDArray[np.float32]) -> NDArray[np.bool_]:
        """The clean set `global`: one selection over all samples by peer 1's eval-mode losses float32[n] and VOG."""
        keep = self._keep(len(losses), exact(self.settings.forget_rate))
        vog = self._vog_in_force()
        by_loss, by_vog = self._mix(keep) if vog else (keep, 0)
        chosen = select(torch.from_numpy(losses).to(self._compute.device), by_loss, vog[0] if vog else None, by_vog)
        clean = np.zeros(len(losses), dtype=np.bool_)
        clean[chosen.cpu().numpy()] = True
        return clean

    def state(self) -> State:
        """See `Learner.state`."""
        state = {"epoch": torch.tensor(self.epoch)}
        for peer in PEERS:
            state |= network_state(f"peer{peer + 1}", self.networks[peer], self._sgd[peer])
        return state | {f"window{peer + 1}": window.layers for peer, window in enumerate(self._windows)}

    def load(self, state: Mapping[str, Tensor]) -> None:
        """See `Learner.load`."""
        self.epoch = int(state["epoch"])
        for peer in PEERS:
            load_network_state(f"peer{peer + 1}", self.networks[peer], self._sgd[peer], state)
        for peer, window in enumerate(self._windows):
            window.layers.copy_(state[f"window{peer + 1}"])

    def _vog_in_force(self) -> list[Tensor]:
        """VOG of each peer, float32[n], once warm-up is over and t epochs are recorded; else nothing."""
        start = self.settings.warmup + self.settings.vog_delay
        if self.epoch < start or not self._windows or not self._windows[0].is_full(self.epoch):
            return []
        vog = [window.vog() for window in self._windows]
        if self.settings.normalize_vog:
            vog = [within_classes(values, self._labels, self._classes) for values in vog]
        return vog

    def _keep(self, batch: int, rate: Fraction) -> int:
        """R of a batch."""
        return truncated_keep_count(batch, rate) if self.settings.truncated else keep_count(batch, rate)

    def _mix(self, keep: int) -> tuple[int, int]:
        """(R1, R2) of R."""
        mix = truncated_mix_counts if self.settings.truncated else mix_counts
        return mix(keep, self.settings.mix_ratio)

    def _learn(self, images: Tensor, members: Tensor, keep: int, vog: list[Tensor]) -> Tensor:
        """One step of both peers on a batch; returns each peer's loss, averaged over the R samples it learned from."""
        losses = self._memory.run(lambda slices: self._accumulate(images, members, keep, vog, slices), len(images))
        if keep:
            for sgd in self._sgd:
                sgd.step()
        return losses

    def _accumulate(self, images: Tensor, members: Tensor, keep: int, vog: list[Tensor], slices: list[slice]) -> Tensor:
        labels = self._labels[members]
        for sgd in self._sgd:
            sgd.zero_grad()
        if len(slices) == 1:
            outputs = [forward(network, images, self._compute) for network in self.networks]
            losses = [sample_losses(logits, labels) for logits, _ in outputs]
            taught = self._teach(outputs, losses, labels, members, keep, vog)
            return _step_on([loss[pick] for loss, pick in zip(losses, taught, strict=True)], keep)
        outputs = [self._look(network, images, slices) for network in self.networks]
        taught = self._teach(outputs, [sample_losses(z, labels) for z, _ in outputs], labels, members, keep, vog)
        weights = [torch.zeros_like(labels).index_fill_(0, pick, 1) for pick in taught]
        total = torch.zeros(2, device=images.device)
        for part in slices:
            losses = [sample_losses(forward(n, images[part], self._compute)[0], labels[part]) for n in self.networks]
            total += _step_on([loss * weight[part] for loss, weight in zip(losses, weights, strict=True)], keep)
        return total

    def _look(self, network: Network, images: Tensor, slices: list[slice]) -> tuple[Tensor, Tensor]:
        """The outputs of a batch in parts, without gradients, leaving the running statistics as they were."""
        buffers = {name: value.clone() for name, value in network.named_buffers()}
        with torch.no_grad():
            parts = [forward(network, images[part], self._compute) for part in slices]
            for name, value in network.named_buffers():
                value.copy_(buffers[name])
        return torch.cat([logits for logits, _ in parts]), torch.cat([features for _, features in parts])

    @torch.no_grad()
    def _teach(
        self,
        outputs: list[tuple[Tensor, Tensor]],
        losses: list[Tensor],
        labels: Tensor,
        members: Tensor,
        keep: int,
        vog: list[Tensor],
    ) -> list[Tensor]:
        """What each peer learns from: the other's selection. Records the gradients and peer 1's own selection."""
        by_loss, by_vog = self._mix(keep) if vog else (keep, 0)
        picks = [select(losses[p].detach(), by_loss, vog[p][members] if vog else None, by_vog) for p in PEERS]
        self._selected[members] = torch.zeros_like(members, dtype=torch.bool).index_fill_(0, picks[0], True)
        if self._windows and self.settings.vog_pass == "fused":
            for window, output in zip(self._windows, outputs, strict=True):
                self._record(window, output, labels, members)
        return [picks[1], picks[0]]

    def _record(
        self,
        window: GradientWindow,
        output: tuple[Tensor, Tensor],
        labels: Tensor,
        members: Tensor,
        scale: float = 1.0,
    ) -> None:
        logits, features = output
        kept = factors if self.settings.vog_gradient == "all-rows" else gradient
        window.record(self.epoch, members, kept(logits.softmax(1), features, labels, scale))

    @torch.no_grad()
    def _record_in_eval_mode(self) -> None:
        for network in self.networks:
            network.eval()
        batches = in_batches(np.arange(len(self._positions)), self.plan.batch_size)
        for batch, images in zip(batches, self._source.scoring([self._positions[b] for b in batches]), strict=True):
            members = torch.from_numpy(batch).to(self._compute.device)
            for window, network in zip(self._windows, self.networks, strict=True):
                self._record(window, forward(network, images, self._compute), self._labels[members], members)

    @torch.no_grad()
    def _record_in_train_mode(self) -> None:
        """Each peer sees the samples in an order and with an augmentation of its own, and its running statistics move.

        The loss is a batch's mean, as in the authors' code: a smaller last batch counts for more than the others.
        """
        size = self.plan.batch_size
        for number, (network, window) in enumerate(zip(self.networks, self._windows, strict=True), 1):
            for batch, images in shuffled(self._source, self._positions, size, self._seed, 0, self.epoch, number):
                members = send(torch.from_numpy(batch), self._compute.device)
                output = forward(network, images, self._compute)
                self._record(window, output, self._labels[members], members, size / len(batch))


def _step_on(losses: list[Tensor], keep: int) -> Tensor:
    """One joint backward pass of both peers' losses, summed over what they learn from and divided by R.

    Returns the two losses, detached; a batch too small to keep a sample teaches nothing.
    """
    summed = torch.stack([loss.sum() for loss in losses]) / max(keep, 1)
    if keep:
        summed.sum().backward()
    return summed.detach()
