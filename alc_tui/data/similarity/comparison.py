"""Compares all samples by their features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alc_tui.data.similarity.near_duplicates import NearDuplicates, OnProgress, near_duplicates
from alc_tui.data.similarity.outliers import outlier_scores
from alc_tui.data.similarity.standardization import StandardizedFeatures


@dataclass(frozen=True)
class Similarity:
    """near_duplicates: among n samples. outlier_scores: float32[n], see `outliers.outlier_scores`."""

    near_duplicates: NearDuplicates
    outlier_scores: NDArray[np.float32]


def compare(features: NDArray[np.float32], on_progress: OnProgress | None = None) -> Similarity:
    """Near duplicates and outliers by features float32[n, D], n ≥ 1, which must be finite.

    on_progress: called with (samples compared, total samples).
    """
    standardized = StandardizedFeatures(features)
    return Similarity(near_duplicates(standardized, on_progress=on_progress), outlier_scores(standardized))
