"""The random sampler: one random order of all samples for the whole session, so no round repeats another's draw."""

from __future__ import annotations

import numpy as np

from alc_tui.active.samplers.pool import Pool, Ranking, highest_first


def random(pool: Pool, count: int) -> Ranking:
    """The `count` candidates that come first in the session's random order; the score is minus that place."""
    return highest_first(-pool.random_order.astype(np.float64), count)
