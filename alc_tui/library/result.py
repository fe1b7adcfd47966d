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
from alc_tui.library.problem import Architecture
from alc_tui.library.ranking import rank
from alc_tui.model.dropout import under_dropout
from alc_tui.model.forward import predict_logits
from alc_tui.model.networks import Network
from alc_tui.model.scoring.metrics import softmax


@dataclass(frozen=True)
class FitResult:
    """What `fit` returns, about the n training samples and C classes.

    method, noise_rate: as used for training; noise_rate is τ, passed or estimated (0 for methods that do not use it).
    clean: bool[n], the samples selected as clean; none with `ce`, which makes no selection. vog: float32[n], Variance
    of Gradients of peer 1 over the last epochs, ≥ 0; None where the method has none. loss: float32[n], cross-entropy of
    peer 1 with the given label, in nats. probabilities: float32[n, C], class probabilities of peer 1; rows sum to 1.
    features: float32[n, D], the input of peer 1's last layer. peer2: float32[n, C], class probabilities of peer 2; None
    for methods with one network. losses: float[epochs, peers], mean training loss of each epoch. validation:
    float[epochs], macro-F1 in [0, 1] of peer 1 on the validation samples after each epoch; empty without validation.
    best_epoch: from 0, the first epoch of highest validation score; None without validation samples. networks: the
    peers with the weights of the last epoch, torch modules that map inputs to (logits, features). best_network: peer 1
    with the weights of the best epoch; None without validation samples.

    Losses, probabilities and features are of the last epoch, in eval mode, of inputs that are not augmented.
    """

    method: str
    noise_rate: float
    labels: NDArray[np.int64] = field(repr=False)
    clean: NDArray[np.bool_] = field(repr=False)
    vog: NDArray[np.float32] | None = field(repr=False)
    loss: NDArray[np.float32] = field(repr=False)
    probabilities: NDArray[np.float32] = field(repr=False)
    features: NDArray[np.float32] = field(repr=False)
    peer2: NDArray[np.float32] | None = field(repr=False)
    losses: NDArray[np.float64] = field(repr=False)
    validation: NDArray[np.float64] = field(repr=False)
    best_epoch: int | None
    networks: tuple[Network, ...] = field(repr=False)
    best_network: Network | None = field(repr=False)
    _architecture: Architecture = field(repr=False)
    _batch_size: int = field(repr=False)

    def rank(self, sampler: str, count: int | None = None, *, seed: int = 0) -> Ranking:
        """Rank the samples not selected as clean; see `alc_tui.rank`.

        sampler: a name in `SAMPLERS`. count: number of samples to return; all if omitted. seed: for samplers with
        random choices.
        """
        return rank(
            sampler,
            self.probabilities,
            count=count,
            labels=self.labels,
            features=self.features,
            clean=self.clean,
            peer2=self.peer2,
            dropout=self._dropout(seed) if sampler == "bald" else None,
            seed=seed,
        )

    def predict(self, inputs: ArrayLike, *, best: bool = False) -> NDArray[np.float32]:
        """Class probabilities float32[m, C] of peer 1 for new inputs of the same kind as those passed to `fit`.

        best: use the weights of the best validation epoch instead of the last. Raises UsageError for inputs of another
        kind or shape, and for `best` without validation samples.
        """
        network = self.best_network if best else self.networks[0]
        if network is None:
            raise UsageError("`best` is True, but there were no validation samples; pass `validation` to `fit`.")
        source = self._architecture.source(to_inputs(inputs))
        logits = predict_logits(
            (network,), source, np.arange(len(source)), self._architecture.compute, self._batch_size
        )
        return softmax(logits[0])

    def _dropout(self, seed: int) -> NDArray[np.float32]:
        head, generator = self.networks[0].head, torch.Generator().manual_seed(stream_seed(seed, "dropout", 0))
        return under_dropout(self.features, head.weight, head.bias, generator)
