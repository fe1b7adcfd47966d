"""Selects and orders the samples to show in a round."""

from __future__ import annotations

import difflib

from alc_tui.active.samplers import SAMPLERS, Pool, Ranking
from alc_tui.errors import UsageError


def rank(sampler: str, pool: Pool, count: int) -> Ranking:
    """The first `count` ≥ 0 candidates of a pool by a sampler, a name of SAMPLERS.

    Returns positions in the pool, or in the larger set that the pool was taken from with `Pool.among`: the noisy
    samples of a training set are `rank(sampler, pool.among(noisy), count)`. Returns fewer than `count` if the pool is
    smaller.

    Raises UsageError for an unknown sampler, a negative count, or a pool without a field that the sampler reads.
    """
    if sampler not in SAMPLERS:
        near = difflib.get_close_matches(sampler, SAMPLERS, n=1) or SAMPLERS
        raise UsageError(f"Unknown sampler {sampler!r}; use {' or '.join(near)}.")
    if count < 0:
        raise UsageError(f"{count} samples cannot be ranked; specify a count of 0 or more.")
    ranking = SAMPLERS[sampler](pool, count)
    return ranking if pool.positions is None else Ranking(pool.positions[ranking.order], ranking.scores)
