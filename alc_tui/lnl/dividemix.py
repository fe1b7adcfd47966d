"""DivideMix (Li, Socher, Hoi 2020): two networks divide the samples for each other and learn semi-supervised.

After a warm-up with cross-entropy each epoch begins with a division: a mixture fitted to one network's losses tells the
other network which given labels to trust. Trusted labels are refined; the others are discarded and guessed by both
networks. Then one network after the other learns from mixtures of both kinds (Alg. 1).

The clean set consists of the samples that peer 1 used as labeled: the samples to which the mixture of peer 2's losses
gives a clean probability above the threshold at the beginning of the last epoch. For uniform noise: it implements
neither the paper's confidence penalty for warm-up with asymmetric noise, nor its averaged losses for 90% noise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from alc_tui.data.random_streams import random_stream
from alc_tui.data.ranges import NOT_NEGATIVE, POSITIVE, RATE, Range, check_number
from alc_tui.errors import TrainingFailed
from alc_tui.lnl.mixmatch import co_guess, co_refine, labeled_loss, mix_up, prior_penalty, ramp_up, unlabeled_loss
from alc_tui.lnl.mixture import clean_probability
from alc_tui.model.batches import TrainingData, in_batches
from alc_tui.model.device import Compute, copy_to_device
from alc_tui.model.forward import predict_logits, sample_losses
from alc_tui.model.learner import EpochReport, Learner, TrainingPass
from alc_tui.model.networks import Network
from alc_tui.model.optimization import TrainingPlan
from alc_tui.model.scoring.metrics import cross_entropy

PEERS = (0, 1)


@dataclass(frozen=True)
class DivideMixSettings:
    """The method's parameters, with the paper's defaults for ten classes and uniform noise.

    warmup: epochs of cross-entropy before the first division. threshold: the clean probability above which a given
    label is trusted, in [0, 1). augmentations: M ≥ 2. temperature: T in (0, 1]. alpha: α > 0 of the Beta distribution
    that mixes. unlabeled_weight: λ_u ≥ 0. ramp: epochs > 0 after the warm-up until λ_u reaches its full value.
    prior_weight: λ_r ≥ 0. Raises UsageError for a value out of its range.
    """

    warmup: int = 10
    threshold: float = 0.5
    augmentations: int = 2
    temperature: float = 0.5
    alpha: float = 4.0
    unlabeled_weight: float = 25.0
    ramp: float = 16.0
    prior_weight: float = 1.0

    def __post_init__(self) -> None:
        check_number("warmup", self.warmup, NOT_NEGATIVE, whole=True)
        check_number("threshold", self.threshold, RATE)
        check_number("augmentations", self.augmentations, Range(2, inf, high_open=True), whole=True)
        check_number("temperature", self.temperature, Range(0, 1, low_open=True))
        check_number("alpha", self.alpha, POSITIVE)
        check_number("unlabeled_weight", self.unlabeled_weight, NOT_NEGATIVE)
        check_number("ramp", self.ramp, POSITIVE)
        check_number("prior_weight", self.prior_weight, NOT_NEGATIVE)


@dataclass(frozen=True)
class Pair:
    """A batch of each kind, as places among the training samples: int64[b] labeled, int64[≤ b] unlabeled."""

    labeled: NDArray[np.int64]
    unlabeled: NDArray[np.int64]

    def views(self, augmentations: int) -> NDArray[np.int64]:
        """The labeled batch M times, then the unlabeled one M times; each repetition is augmented separately."""
        return np.concatenate([np.tile(self.labeled, augmentations), np.tile(self.unlabeled, augmentations)])


class DivideMix(Learner):
    """Two peers learn from noisy labels, each using the other peer's division of the samples.

    `selected` of an epoch's report: bool[n], what peer 1 learned from as labeled; None during the warm-up.
    """

    def __init__(
        self,
        peers: tuple[Network, Network],
        data: TrainingData,
        settings: DivideMixSettings,
        plan: TrainingPlan,
        compute: Compute,
        seed: int,
    ) -> None:
        super().__init__(peers, data, plan, compute, seed)
        self.settings = settings

    def run_epoch(self) -> EpochReport:
        """See `Learner.run_epoch`. Also raises TrainingFailed if memory runs out: a step cannot be split into parts,
        because its batch statistics and mixtures depend on the whole batch."""
        try:
            return super().run_epoch()
        except torch.cuda.OutOfMemoryError as error:
            most = 2 * self.settings.augmentations * self.plan.batch_size
            raise TrainingFailed(
                f"A step of dividemix, which uses {most} images for a batch of {self.plan.batch_size}, does not fit in "
                "GPU memory; specify a smaller --batch-size or --image-size."
            ) from error

    def passes(self) -> Iterator[TrainingPass]:
        """One pass of each peer: cross-entropy in the warm-up, then semi-supervised on the other peer's division.

        A division is made from the weights alone at the beginning of the epoch, so no state is kept of it.
        """
        if self.epoch < self.settings.warmup:
            for peer in PEERS:
                yield TrainingPass([peer], self._warm_up(peer))
            return
        by_peer_1, by_peer_2 = self._clean_probabilities()
        self.selected = by_peer_2 > self.settings.threshold
        yield TrainingPass([0], self._learn(0, by_peer_2))
        yield TrainingPass([1], self._learn(1, by_peer_1))

    def _warm_up(self, peer: int) -> Iterator[Tensor]:
        """Steps of cross-entropy on all given labels, in the peer's own order; yields the losses float[1]."""
        for batch in self.batches(peer):
            logits, _ = self.outputs(self.networks[peer], batch.inputs, len(batch))
            yield self._step(peer, sample_losses(logits, batch.labels).mean())

    def _clean_probabilities(self) -> list[NDArray[np.float64]]:
        """By the losses of each peer, float64[n]; eval mode, not augmented."""
        data = self.data
        logits = predict_logits(self.networks, data.source, data.positions, self.compute, self.plan.batch_size)
        if not np.isfinite(logits).all():
            raise TrainingFailed(
                f"The networks' outputs are not finite after epoch {self.epoch}; start again with a smaller --lr."
            )
        losses = [cross_entropy(each, data.labels) for each in logits]
        return self.compute.group.first(lambda: [clean_probability(each) for each in losses])

    def _learn(self, peer: int, clean: NDArray[np.float64]) -> Iterator[Tensor]:
        """Steps of one peer, the other fixed, on what the other's losses say; yields the losses float[1].

        clean: w float64[n], the clean probability of each sample. There are as many steps as the labeled samples have
        batches, so an epoch without labeled samples has none.
        """
        pairs = self._pairs(peer, clean > self.settings.threshold)
        views = [self.data.positions[pair.views(self.settings.augmentations)] for pair in pairs]
        inputs = self.data.source.training(views, random_stream(self.seed, "augmentation", 0, self.epoch, peer))
        draws = random_stream(self.seed, "mixup", 0, self.epoch, peer)
        w = torch.from_numpy(clean).float().to(self.compute.device)
        for number, (pair, images) in enumerate(zip(pairs, inputs, strict=True)):
            done = self.epoch - self.settings.warmup + number / len(pairs)
            weight = self.settings.unlabeled_weight * ramp_up(done, self.settings.ramp)
            targets = self._targets(peer, pair, images, w)
            yield self._step(peer, self._loss(peer, images, targets, len(pair.labeled), weight, draws))

    def _pairs(self, peer: int, is_labeled: NDArray[np.bool_]) -> list[Pair]:
        """The batches of an epoch: each labeled sample once, and equally many unlabeled samples, reshuffled and
        repeated as needed, with no sample twice in a batch."""
        draws = random_stream(self.seed, "order", 0, self.epoch, peer)
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
    def _targets(self, peer: int, pair: Pair, images: Tensor, w: Tensor) -> Tensor:
        """The targets [n, C] of a pair's views [n, …]: refined labels, then guessed ones.

        The learning network predicts in train mode, with the statistics of the batch, as it will in the step.
        """
        times, temperature = self.settings.augmentations, self.settings.temperature
        labeled = self._to_device(pair.labeled)
        split = times * len(labeled)  # the labeled views come first
        own = self._logits(peer, images).softmax(1)
        given = F.one_hot(self.labels[labeled], self.classes).float()
        mean = own[:split].unflatten(0, (times, -1)).mean(0)  # [M·b, C] → [M, b, C] → [b, C]
        refined = co_refine(given, w[labeled], mean, temperature)
        if not len(pair.unlabeled):
            return refined.repeat(times, 1)
        others = self._logits(1 - peer, images[split:]).softmax(1)
        guessed = co_guess(torch.cat([own[split:], others]).unflatten(0, (2 * times, -1)), temperature)
        return torch.cat([refined.repeat(times, 1), guessed.repeat(times, 1)])

    def _loss(
        self, peer: int, images: Tensor, targets: Tensor, labeled: int, weight: float, draws: np.random.Generator
    ) -> Tensor:
        """L = L_X + λ_u·L_U + λ_r·L_reg on the views, each mixed with another one of them."""
        lam = draws.beta(self.settings.alpha, self.settings.alpha, len(images)).astype(np.float32)
        partner, share = self._to_device(draws.permutation(len(images))), self._to_device(lam)
        mixed = mix_up(images, images[partner], share)
        aims = mix_up(targets, targets[partner], share)
        logits = self._logits(peer, mixed)
        split = self.settings.augmentations * labeled
        loss = labeled_loss(logits[:split], aims[:split]) + self.settings.prior_weight * prior_penalty(logits)
        if split < len(images):
            loss = loss + weight * unlabeled_loss(logits[split:], aims[split:])
        return loss

    def _logits(self, peer: int, images: Tensor) -> Tensor:
        """The logits of a peer float[n, C] for images [n, …], which all processes have, because they are mixed."""
        logits, _ = self.outputs(self.networks[peer], images[self.compute.group.part(len(images))], len(images))
        return logits

    def _step(self, peer: int, loss: Tensor) -> Tensor:
        """One step of a peer on a scalar loss; returns it as float[1]."""
        self.optimizers[peer].clear_gradients()
        loss.backward()
        self.optimizers[peer].step()
        return loss.detach()[None]

    def _to_device(self, values: NDArray[np.int64] | NDArray[np.float32]) -> Tensor:
        return copy_to_device(torch.from_numpy(values), self.compute.device)
