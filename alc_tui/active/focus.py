"""Gives a class a larger share of a queue than the sampler does."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle

import numpy as np

from alc_tui.active.samplers import Ranking


def with_focus(overall: Ranking, focus: Ranking, count: int) -> Ranking:
    """The first `count` of two rankings in turn, each sample once: the places 1, 3, 5 … go to `focus`, the others to
    `overall`; where one has no more samples, to the other.

    overall: all candidates by the sampler. focus: the candidates of a class by the same sampler. At least half of the
    result is of that class, as far as there are as many. Where the sampler ranks by scores of single samples, it has
    never fewer of them than `overall`.
    """
    turns = cycle((_pairs(focus), _pairs(overall)))
    merged, exhausted = dict[int, float](), 0
    while len(merged) < count and exhausted < 2:
        found = next((pair for pair in next(turns) if pair[0] not in merged), None)
        exhausted = exhausted + 1 if found is None else 0
        if found is not None:
            merged[found[0]] = found[1]
    return Ranking(np.array(list(merged), dtype=np.int64), np.array(list(merged.values()), dtype=np.float64))


def _pairs(ranking: Ranking) -> Iterator[tuple[int, float]]:
    """Each sample with its score."""
    return zip(ranking.order.tolist(), ranking.scores.tolist(), strict=True)
