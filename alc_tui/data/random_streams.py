"""Independent, named random streams: the same seed and name always give the same draws.

Every random choice has a stream of its own, so that adding one does not change the others, and a run that
resumes at epoch e draws what an uninterrupted run would have drawn.
"""

from __future__ import annotations

from zlib import crc32

import numpy as np


def random_stream(seed: int, name: str, *numbers: int) -> np.random.Generator:
    """The generator of the stream `name` of the session's `seed` ≥ 0. numbers: the epoch, round, peer or the like."""
    return np.random.default_rng([seed, crc32(name.encode()), *numbers])


def stream_seed(seed: int, name: str, *numbers: int) -> int:
    """A 63-bit seed for libraries that have generators of their own."""
    return int(random_stream(seed, name, *numbers).integers(2**63))
