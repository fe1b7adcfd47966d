"""Independent, named random streams: the same seed and name always give the same draws.

Every random choice has its own stream, so that adding one does not change the others, and a run resumed at epoch e
draws the same values as an uninterrupted run.
"""

from __future__ import annotations

from zlib import crc32

import numpy as np


def random_stream(seed: int, name: str, *numbers: int) -> np.random.Generator:
    """The generator of the stream `name` of the session's `seed` ≥ 0. numbers: such as the epoch, round, or peer."""
    return np.random.default_rng([seed, crc32(name.encode()), *numbers])


def stream_seed(seed: int, name: str, *numbers: int) -> int:
    """A 63-bit seed for libraries with their own generators."""
    return int(random_stream(seed, name, *numbers).integers(2**63))
