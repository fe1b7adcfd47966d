"""Silent repeats: samples of a round that are shown a second time, to measure how consistent an annotator is."""

from __future__ import annotations

import numpy as np

Slot = tuple[int, bool]
"""A place of the queue, and whether it is shown there for the second time."""


def showing_order(queue: int, share: float, rng: np.random.Generator) -> list[Slot]:
    """The order in which a queue is shown: each place once, in order, and between them some places again.

    queue: its number of samples. share: of them to repeat, in [0, 0.5], rounded down. A place is repeated once
    at most, at least a third of the queue after its first showing.
    """
    gap = -(-queue // 3)
    count = min(int(share * queue + 1e-9), queue - gap)
    again: dict[int, list[int]] = {}
    for place in np.sort(rng.permutation(max(queue - gap, 0))[: max(count, 0)]).tolist():
        again.setdefault(int(rng.integers(place + gap, queue)), []).append(place)
    return [
        slot for place in range(queue) for slot in [(place, False), *((first, True) for first in again.get(place, ()))]
    ]
