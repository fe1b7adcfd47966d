"""The input and output of a sampler."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from alc_tui.errors import UsageError

T = TypeVar("T")

WORKING_BYTES = 2 * 2**30
"""The most memory that coreset and badge take besides the arrays of the pool and a few numbers per candidate: 2 GiB."""


@dataclass(frozen=True, kw_only=True)
class Pool:
    """The n candidates that a sampler ranks, as the model sees them: eval mode, not augmented.

    Every sampler reads `probabilities`, or at least their number of rows. The other fields may be None for the samplers
    that do not read them.

    probabilities: float[n, C], rows sum to 1. features: float[n, D], the input of the last layer (coreset, badge).
    given: int64[n], the given labels in [0, C − 1] (joint, self-confidence, normalized-margin). centers: float[k, D],
    the features of the clean set, k ≥ 0, or None for none (coreset). random_order: int64[n], each candidate's rank in a
    random order (random; coreset without centers). peer2: float[n, C], the second network's probabilities (peers).
    dropout: float[T, n, C], probabilities in T passes with dropout (bald). rng: the generator of random draws (badge).
    class_counts: int64[C], the number of samples in the training set with each label (rarity).
    positions: int64[n], positions of the candidates in a larger set, or None if they are the whole set; see `among`.

    Raises UsageError if two fields have different numbers of samples.
    """

    probabilities: NDArray[np.float32]
    features: NDArray[np.float32] | None = None
    given: NDArray[np.int64] | None = None
    centers: NDArray[np.float32] | None = None
    random_order: NDArray[np.int64] | None = None
    peer2: NDArray[np.float32] | None = None
    dropout: NDArray[np.float32] | None = None
    rng: np.random.Generator | None = None
    class_counts: NDArray[np.int64] | None = None
    positions: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        lengths = {
            "features": self.features,
            "given": self.given,
            "random_order": self.random_order,
            "peer2": self.peer2,
            "dropout": None if self.dropout is None else self.dropout[0],
            "positions": self.positions,
        }
        for name, values in lengths.items():
            if values is not None and len(values) != len(self):
                raise UsageError(
                    f"The pool's `{name}` has {len(values)} samples and its `probabilities` {len(self)}; "
                    "specify both for the same samples."
                )

    def __len__(self) -> int:
        return len(self.probabilities)

    def among(self, candidates: NDArray[np.bool_]) -> Pool:
        """The pool of some of the samples only; `rank` then returns their positions in this larger set.

        candidates: bool[n]. Centers and generator stay the same.
        """
        places = np.flatnonzero(candidates)
        return replace(
            self,
            probabilities=self.probabilities[places],
            features=None if self.features is None else self.features[places],
            given=None if self.given is None else self.given[places],
            random_order=None if self.random_order is None else self.random_order[places],
            peer2=None if self.peer2 is None else self.peer2[places],
            dropout=None if self.dropout is None else self.dropout[:, places],
            positions=places if self.positions is None else self.positions[places],
        )


@dataclass(frozen=True)
class Ranking:
    """The samples to show, first to last.

    order: int64[k], their positions. scores: float64[k], on which the order is based, in the sampler's unit.
    """

    order: NDArray[np.int64]
    scores: NDArray[np.float64]


def required(value: T | None, field: str, sampler: str) -> T:
    """The value of a field of the pool that a sampler reads; raises UsageError if it is None."""
    if value is None:
        raise UsageError(f"The sampler {sampler} needs the pool's `{field}`; specify it, or choose another sampler.")
    return value


def highest_first(scores: NDArray[np.floating], count: int) -> Ranking:
    """The `count` candidates of highest score; ties go to the earlier candidate."""
    order = np.argsort(-scores, kind="stable")[:count]
    return Ranking(order, scores[order].astype(np.float64))
