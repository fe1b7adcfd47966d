"""The random sampler, the baseline of every other one."""

from __future__ import annotations

import numpy as np

from alc_tui.active.samplers.pool import Pool, Ranking, highest_first, required

RANDOM_ORDER_STREAM = "lottery"
"""Name of the random stream of this order; another name would give existing sessions and seeds another order."""


def random(pool: Pool, count: int) -> Ranking:
    """The candidates in the pool's random order; the score is minus the place in that order.

    One order for all rounds of a session, so that no round repeats the draws of another. Raises UsageError without
    `random_order`.
    """
    return highest_first(-required(pool.random_order, "random_order", "random").astype(np.float64), count)
