"""Which samples are shown in a round, in which order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from alc_tui.active.samplers import SAMPLERS, Pool, Ranking


def rank(
    sampler: str,
    count: int,
    candidates: NDArray[np.bool_],
    clean: NDArray[np.bool_],
    probabilities: NDArray[np.float32],
    features: NDArray[np.float32],
    lottery: NDArray[np.int64],
) -> Ranking:
    """The first `count` of the candidates by a sampler, as positions among all n training samples.

    candidates, clean: bool[n]. probabilities: float32[n, C] and features: float32[n, D] of peer 1, eval mode, not
    augmented. lottery: int64[n], each sample's place in the session's random order.
    """
    positions = np.flatnonzero(candidates)
    pool = Pool(probabilities[positions], features[positions], features[clean], lottery[positions])
    ranking = SAMPLERS[sampler](pool, count)
    return Ranking(positions[ranking.order], ranking.scores)
