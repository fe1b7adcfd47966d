"""Silent repeats: samples of a round that are shown a second time, to measure an annotator's consistency."""

from __future__ import annotations

import numpy as np

Slot = tuple[int, bool]
"""A position in the queue, and whether it is a repeat."""


def showing_order(queue: int, share: float, rng: np.random.Generator) -> list[Slot]:
    """The order in which a queue is shown: each position once, in order, with some positions repeated in between.

    queue: its number of samples. share: of them to repeat, in [0, 0.5], rounded down. A position is repeated at most
    once, at least a third of the queue after its first showing.
    """
    gap = -(-queue // 3)
    count = min(int(share * queue + 1e-9), queue - gap)
    again: dict[int, list[int]] = {}
    for place in np.sort(rng.permutation(max(queue - gap, 0))[: max(count, 0)]).tolist():
        again.setdefault(int(rng.integers(place + gap, queue)), []).append(place)
    return [
        slot for place in range(queue) for slot in [(place, False), *((first, True) for first in again.get(place, ()))]
    ]
