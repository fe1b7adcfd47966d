"""DivideMix (Li, Socher, Hoi 2020): two networks divide the samples for each other and learn semi-supervised.

After a warm-up with cross-entropy each epoch begins with a division: a mixture fitted to one network's losses tells the
other which given labels to believe. The believed ones are refined, the others are forgotten and guessed by both
networks, and one network after the other learns from mixtures of the two kinds (Alg. 1).

The clean set is what peer 1 learned from as labeled: the samples that the mixture of peer 2's losses gives a clean
probability above the threshold at the beginning of the last epoch. For uniform noise: neither the confidence penalty
with which the paper warms up on asymmetric noise, nor its averaged losses for 90 % noise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from alc_tui.data.random_streams import random_stream
from alc_tui.errors import TrainingFailed
from alc_tui.lnl.mixmatch import co_guess, co_refine, labeled_loss, mix_up, prior_penalty, ramp_up, unlabeled_loss
from alc_tui.lnl.mixture import clean_probability
from alc_tui.model.batches import BatchSource, Positions, in_batches, shuffled
from alc_tui.model.device import Compute, send
from alc_tui.model.learning import (
    EpochReport,
    Plan,
    State,
    check_finite,
    forward,
    learning_rate,
    load_network_state,
    network_state,
    optimizer,
    predict,
    put,
    sample_losses,
    seed_layers,
    set_rate,
)
from alc_tui.model.metrics import cross_entropy
from alc_tui.model.networks import Network

PEERS = (0, 1)


@dataclass(frozen=True)
class Settings:
    """The method's parameters, with the paper's defaults for ten classes and uniform noise.

    warmup: epochs of cross-entropy before the first division. threshold: the clean probability above which a given
    label is believed, in [0, 1). augmentations: M ≥ 2. temperature: T in (0, 1]. alpha: α > 0 of the Beta distribution
    that mixes. unlabeled_weight: λ_u ≥ 0. ramp: epochs after the warm-up until it is in full force. prior_weight:
    λ_r ≥ 0.
    """

    warmup: int = 10
    threshold: float = 0.5
    augmentations: int = 2
    temperature: float = 0.5
    alpha: float = 4.0
    unlabeled_weight: float = 25.0
    ramp: float = 16.0
    prior_weight: float = 1.0


@dataclass(frozen=True)
class Pair:
    """A batch of each kind, as places among the training samples: int64[b] labeled, int64[≤ b] unlabeled."""

    labeled: NDArray[np.int64]
    unlabeled: NDArray[np.int64]

    def views(self, augmentations: int) -> NDArray[np.int64]:
        """The labeled batch M times over, then the unlabeled one: each repetition is augmented by itself."""
        return np.concatenate([np.tile(self.labeled, augmentations), np.tile(self.unlabeled, augmentations)])


class DivideMix:
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
        self._source, self._positions, self._given = source, positions, labels
        self._labels = torch.from_numpy(labels).to(compute.device)
        self._classes = peers[0].head.out_features
        self._sgd = [optimizer(peer, plan, compute) for peer in peers]

    def run_epoch(self) -> EpochReport:
        """See `Learner.run_epoch`."""
        seed_layers(self._seed, 0, self.epoch)
        for sgd in self._sgd:
            set_rate(sgd, learning_rate(self.plan, self.epoch))
        selected = None
        try:
            if self.epoch < self.settings.warmup:
                losses = tuple(self._warm_up(peer) for peer in PEERS)
            else:
                by_peer_1, by_peer_2 = self._clean_probabilities()
                selected = by_peer_2 > self.settings.threshold
                losses = (self._learn(0, by_peer_2), self._learn(1, by_peer_1))
        except torch.cuda.OutOfMemoryError as error:
            most = 2 * self.settings.augmentations * self.plan.batch_size
            raise TrainingFailed(
                f"The GPU's memory does not hold a step of dividemix, which takes {most} images for a batch of "
                f"{self.plan.batch_size}; give a smaller --batch-size or --image-size."
            ) from error
        self.epoch += 1
        return EpochReport(self.epoch - 1, losses, selected)

    def state(self) -> State:
        """See `Learner.state`. A division is made of the weights alone, so it is not kept."""
        state = {"epoch": torch.tensor(self.epoch)}
        for peer in PEERS:
            state |= network_state(f"peer{peer + 1}", self.networks[peer], self._sgd[peer])
        return state

    def load(self, state: Mapping[str, Tensor]) -> None:
        """See `Learner.load`."""
        self.epoch = int(state["epoch"])
        for peer in PEERS:
            load_network_state(f"peer{peer + 1}", self.networks[peer], self._sgd[peer], state)

    def _warm_up(self, peer: int) -> float:
        """An epoch of cross-entropy on all given labels, in an order of its own; returns the mean loss."""
        self.networks[peer].train()
        losses = []
        batches = shuffled(self._source, self._positions, self.plan.batch_size, self._seed, 0, self.epoch, peer)
        for batch, images in batches:
            logits, _ = forward(self.networks[peer], images, self._compute)
            losses.append(self._step(peer, sample_losses(logits, self._labels[self._send(batch)]).mean()))
        return self._mean(losses)

    def _clean_probabilities(self) -> list[NDArray[np.float64]]:
        """By the losses of each peer, float64[n]; eval mode, not augmented."""
        logits, _ = predict(self.networks, self._source, self._positions, self._compute, self.plan.batch_size)
        if not np.isfinite(logits).all():
            raise TrainingFailed(
                f"The networks' answers are not finite after epoch {self.epoch}; start again with a smaller --lr."
            )
        return [clean_probability(cross_entropy(each, self._given)) for each in logits]

    def _learn(self, peer: int, clean: NDArray[np.float64]) -> float:
        """An epoch of one peer, the other fixed, by what the other's losses say; returns the mean loss.

        clean: float64[n]. An epoch has as many steps as the labeled samples have batches; without any it teaches
        nothing, and its loss is 0.
        """
        self.networks[peer].train()
        self.networks[1 - peer].eval()
        pairs = self._pairs(peer, clean > self.settings.threshold)
        views = [self._positions[pair.views(self.settings.augmentations)] for pair in pairs]
        inputs = self._source.training(views, random_stream(self._seed, "augmentation", 0, self.epoch, peer))
        draws = random_stream(self._seed, "mixup", 0, self.epoch, peer)
        believed = torch.from_numpy(clean).float().to(self._compute.device)
        losses = []
        for number, (pair, images) in enumerate(zip(pairs, inputs, strict=True)):
            done = self.epoch - self.settings.warmup + number / len(pairs)
            weight = self.settings.unlabeled_weight * ramp_up(done, self.settings.ramp)
            targets = self._targets(peer, pair, images, believed)
            losses.append(self._step(peer, self._loss(peer, images, targets, len(pair.labeled), weight, draws)))
        return self._mean(losses)

    def _pairs(self, peer: int, is_labeled: NDArray[np.bool_]) -> list[Pair]:
        """The batches of an epoch: each labeled sample once; of the unlabeled ones as many, at most all there
        are, over and over in new orders."""
        draws = random_stream(self._seed, "order", 0, self.epoch, peer)
        labeled = in_batches(draws.permutation(np.flatnonzero(is_labeled)), self.plan.batch_size)
        others = np.flatnonzero(~is_labeled)
        sizes = [min(len(batch), len(others)) for batch in labeled]
        rounds = -(-sum(sizes) // max(len(others), 1))
        unlabeled = np.concatenate([others[:0], *(draws.permutation(others) for _ in range(rounds))])
        starts = np.cumsum([0, *sizes])
        return [
            Pair(batch, unlabeled[start : start + size])
            for batch, start, size in zip(labeled, starts, sizes, strict=False)
        ]

    @torch.no_grad()
    def _targets(self, peer: int, pair: Pair, images: Tensor, believed: Tensor) -> Tensor:
        """What the views [n, …] of a pair are to teach, [n, C]: refined labels, then guessed ones.

        The learning network predicts in train mode, by the statistics of the batch, as it will in the step.
        """
        times, temperature = self.settings.augmentations, self.settings.temperature
        members = self._send(pair.labeled)
        split = times * len(members)
        own = forward(self.networks[peer], images, self._compute)[0].softmax(1)
        given = F.one_hot(self._labels[members], self._classes).float()
        mean = own[:split].unflatten(0, (times, -1)).mean(0)
        refined = co_refine(given, believed[members], mean, temperature)
        if not len(pair.unlabeled):
            return refined.repeat(times, 1)
        others = forward(self.networks[1 - peer], images[split:], self._compute)[0].softmax(1)
        guessed = co_guess(torch.cat([own[split:], others]).unflatten(0, (2 * times, -1)), temperature)
        return torch.cat([refined.repeat(times, 1), guessed.repeat(times, 1)])

    def _loss(
        self, peer: int, images: Tensor, targets: Tensor, labeled: int, weight: float, draws: np.random.Generator
    ) -> Tensor:
        """L = L_X + λ_u·L_U + λ_r·L_reg on the views, each mixed with another one of them."""
        lam = draws.beta(self.settings.alpha, self.settings.alpha, len(images)).astype(np.float32)
        partner, share = self._send(draws.permutation(len(images))), self._send(lam)
        mixed = mix_up(images, images[partner], share)
        aims = mix_up(targets, targets[partner], share)
        logits, _ = forward(self.networks[peer], mixed, self._compute)
        split = self.settings.augmentations * labeled
        loss = labeled_loss(logits[:split], aims[:split]) + self.settings.prior_weight * prior_penalty(logits)
        if split < len(images):
            loss = loss + weight * unlabeled_loss(logits[split:], aims[split:])
        return loss

    def _step(self, peer: int, loss: Tensor) -> Tensor:
        self._sgd[peer].zero_grad()
        loss.backward()
        self._sgd[peer].step()
        return loss.detach()

    def _mean(self, losses: list[Tensor]) -> float:
        if not losses:
            return 0.0
        stacked = torch.stack(losses)
        check_finite(stacked[:, None], self.epoch)
        return float(stacked.mean())

    def _send(self, values: NDArray[np.int64] | NDArray[np.float32]) -> Tensor:
        return send(torch.from_numpy(values), self._compute.device)
