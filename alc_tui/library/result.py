"""The result of learning with noisy labels: a split, scores per sample, and trained networks."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from alc_tui.active.samplers import Ranking
from alc_tui.data.random_streams import stream_seed
from alc_tui.errors import UsageError
from alc_tui.library.arrays import to_inputs
from alc_tui.library.problem import Problem
from alc_tui.library.ranking import rank
from alc_tui.library.recipe import Recipe
from alc_tui.model.dropout import under_dropout
from alc_tui.model.forward import predict_logits
from alc_tui.model.networks import Network
from alc_tui.model.optimization import TrainingPlan
from alc_tui.model.scoring.metrics import mean_softmax


@dataclass(frozen=True)
class FitResult:
    """What `fit` returns, about the n training samples and C classes.

    recipe, noise_rate: as used for training; noise_rate is τ, passed or estimated (0 for methods that do not use it).
    labels: int64[n], the current labels. clean: bool[n], the samples selected as clean, and the decided ones; `ce`
    makes no selection. vog: float32[n], Variance of Gradients of peer 1 over the last epochs of LNL, ≥ 0; None where
    the method has none. loss: float32[n], cross-entropy of peer 1 with the current label, in nats. probabilities:
    float32[n, C], class probabilities of peer 1 or, by the recipe, the mean of both peers; rows sum to 1. features:
    float32[n, D], the input of peer 1's last layer. peer1, peer2: float32[n, C], class probabilities of each peer;
    peer2 is None for methods with one network. losses: float[epochs, peers], mean training loss of each epoch.
    validation: float[epochs], macro-F1 in [0, 1] on the validation samples after each epoch; empty without validation.
    best_epoch: from 0, the first epoch of highest validation score; None without validation samples. networks: the
    peers with the weights of the last epoch, torch modules that map inputs to (logits, features). best_networks: those
    that predict, with the weights of the best epoch; none without validation samples. round: 0 after `fit`, counted by
    `retrain`. decided: bool[n], the samples with a decided label.

    Losses, probabilities and features are of the last epoch, in eval mode, of inputs that are not augmented.
    """

    recipe: Recipe
    noise_rate: float
    labels: NDArray[np.int64] = field(repr=False)
    clean: NDArray[np.bool_] = field(repr=False)
    vog: NDArray[np.float32] | None = field(repr=False)
    loss: NDArray[np.float32] = field(repr=False)
    probabilities: NDArray[np.float32] = field(repr=False)
    features: NDArray[np.float32] = field(repr=False)
    peer1: NDArray[np.float32] = field(repr=False)
    peer2: NDArray[np.float32] | None = field(repr=False)
    losses: NDArray[np.float64] = field(repr=False)
    validation: NDArray[np.float64] = field(repr=False)
    best_epoch: int | None
    networks: tuple[Network, ...] = field(repr=False)
    best_networks: tuple[Network, ...] = field(repr=False)
    round: int
    decided: NDArray[np.bool_] = field(repr=False)
    _problem: Problem = field(repr=False)
    _plan: TrainingPlan = field(repr=False)

    @property
    def method(self) -> str:
        """The method of LNL."""
        return self.recipe.method

    @property
    def best_network(self) -> Network | None:
        """Peer 1 with the weights of the best epoch; None without validation samples."""
        return next(iter(self.best_networks), None)

    def rank(self, sampler: str | None = None, count: int | None = None, *, seed: int = 0) -> Ranking:
        """Rank the samples not selected as clean; see `alc_tui.rank`.

        sampler: a name in `SAMPLERS`; that of the recipe if omitted. count: number of samples to return; all if
        omitted. seed: for samplers with random choices. As in a session, `rarity` takes the class shares after `fit`
        from all given labels, and after `retrain` from the clean and decided samples.
        """
        name = self.recipe.sampler if sampler is None else sampler
        counts_all = name == "rarity" and self.round == 0
        return rank(
            name,
            self.peer1 if name == "peers" else self.probabilities,
            count=count,
            labels=self.labels,
            features=self.features,
            clean=None if counts_all else self.clean,
            candidates=~self.clean,
            peer2=self.peer2,
            dropout=self._dropout(seed) if name == "bald" else None,
            seed=seed,
        )

    def predict(self, inputs: ArrayLike, *, best: bool = False) -> NDArray[np.float32]:
        """Class probabilities float32[m, C] for new inputs of the same kind as those passed to `fit`: of peer 1 or, by
        the recipe, the mean of both peers.

        best: use the weights of the best validation epoch instead of the last. Raises UsageError for inputs of another
        kind or shape, and for `best` without validation samples.
        """
        networks = self.best_networks if best else tuple(self.recipe.predicting(self.networks))
        if not networks:
            raise UsageError("`best` is True, but there were no validation samples; pass `validation` to `fit`.")
        source = self._problem.architecture.source(to_inputs(inputs))
        positions = np.arange(len(source))
        logits = predict_logits(networks, source, positions, self._problem.compute, self._plan.batch_size)
        return mean_softmax(logits)

    def _dropout(self, seed: int) -> NDArray[np.float32]:
        head, generator = self.networks[0].head, torch.Generator().manual_seed(stream_seed(seed, "dropout", 0))
        return under_dropout(self.features, head.weight, head.bias, generator)
