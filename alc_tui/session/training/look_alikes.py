"""What a round shows of similar samples, from the features of the model that ranked it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alc_tui.active.cleaning import TrainingSet
from alc_tui.active.clusters import cluster
from alc_tui.active.neighbors import nearest_clean
from alc_tui.active.typical import typical_samples


class LookAlikes(NamedTuple):
    """See `RoundArrays`."""

    neighbors: NDArray[np.int64]
    clusters: NDArray[np.int64]
    typical: NDArray[np.int64]


def look_alikes(
    features: NDArray[np.float32], ranking: NDArray[np.int64], training: TrainingSet, classes: int
) -> LookAlikes:
    """The nearest clean samples and the clusters of the ranked ones, int64[k], and the typical samples of each class.

    features: float32[n, D], of the training samples.
    """
    return LookAlikes(
        nearest_clean(features, ranking, training.clean),
        cluster(features[ranking]),
        typical_samples(features, training.labels, training.clean, classes),
    )
