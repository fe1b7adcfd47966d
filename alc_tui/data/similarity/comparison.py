"""Compares all samples by their features."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from alc_tui.data.similarity.near_duplicates import OnProgress, near_duplicates
from alc_tui.data.similarity.outliers import outlier_scores
from alc_tui.data.similarity.result import Similarity
from alc_tui.data.similarity.standardization import StandardizedFeatures


def compare(features: NDArray[np.float32], on_progress: OnProgress | None = None) -> Similarity:
    """Near duplicates and outliers by features float32[n, D], n ≥ 1, which must be finite.

    on_progress: called with (samples compared, total samples).
    """
    standardized = StandardizedFeatures(features)
    near = near_duplicates(standardized, on_progress=on_progress)
    return Similarity(near.group, near.nearest, near.similarity, outlier_scores(standardized))
