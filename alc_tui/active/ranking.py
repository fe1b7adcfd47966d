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
    random_order: NDArray[np.int64],
    given: NDArray[np.int64],
    peer2: NDArray[np.float32] | None = None,
    dropout: NDArray[np.float32] | None = None,
    rng: np.random.Generator | None = None,
) -> Ranking:
    """The first `count` of the candidates by a sampler, as positions among all n training samples.

    candidates, clean: bool[n]. probabilities: float32[n, C] and features: float32[n, D] of peer 1, eval mode, not
    augmented. random_order: int64[n], each sample's place in the session's random order. given: int64[n]. peer2:
    float32[n, C], dropout: float32[T, n, C] and rng as in `Pool`; raises UsageError where the sampler needs the one
    that is None.
    """
    positions = np.flatnonzero(candidates)
    pool = Pool(
        probabilities[positions],
        features[positions],
        features[clean],
        random_order[positions],
        given[positions],
        None if peer2 is None else peer2[positions],
        None if dropout is None else dropout[:, positions],
        rng,
    )
    ranking = SAMPLERS[sampler](pool, count)
    return Ranking(positions[ranking.order], ranking.scores)
