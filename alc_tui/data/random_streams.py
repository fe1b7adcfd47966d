"""Independent random streams, named: the same seed and name always give the same draw.

Every random choice takes its own stream, so that adding one leaves the others as they were, and a run
that goes on from epoch e draws what an undisturbed run would have drawn.
"""

from __future__ import annotations

from zlib import crc32

import numpy as np


def random_stream(seed: int, name: str, *numbers: int) -> np.random.Generator:
    """The generator of the stream `name` (and epoch, round, peer … `numbers`) of the session's `seed` ≥ 0."""
    return np.random.default_rng([seed, crc32(name.encode()), *numbers])


def stream_seed(seed: int, name: str, *numbers: int) -> int:
    """A 63-bit seed for libraries that keep generators of their own."""
    return int(random_stream(seed, name, *numbers).integers(2**63))
