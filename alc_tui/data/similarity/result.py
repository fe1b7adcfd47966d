"""What a comparison of samples by their features gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NONE = -1


@dataclass(frozen=True)
class Similarity:
    """Near duplicates and outliers among n samples.

    group: int64[n], the smallest position of the sample's group of near duplicates, NONE for a sample without any;
    samples of a group are connected by pairs of near duplicates. nearest: int64[n], the most similar other sample, NONE
    without near duplicate. similarity: float32[n], the cosine similarity with it, 0 without near duplicate.
    outlier_scores: float32[n], see `outliers.outlier_scores`.
    """

    group: NDArray[np.int64]
    nearest: NDArray[np.int64]
    similarity: NDArray[np.float32]
    outlier_scores: NDArray[np.float32]

    def groups(self) -> list[NDArray[np.int64]]:
        """The members of each group, by their first."""
        return [np.flatnonzero(self.group == first) for first in np.unique(self.group[self.group != NONE])]
