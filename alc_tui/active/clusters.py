"""Groups similar samples of a queue, which can then be decided together. Not used by samplers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from alc_tui.active.neighbors import unit

GROUP_SIZE = 5
"""The mean number of samples in a cluster."""
BLOCK = 1_000
"""At most so many samples, consecutive in the ranking, are clustered together: memory holds the squared distances."""


def cluster(features: NDArray[np.float32], block: int = BLOCK) -> NDArray[np.int64]:
    """The cluster of each sample, int64[k], numbered from 0 in the order of their first samples.

    features: float32[k, D], in the order of the ranking. Directions are compared, not lengths. Clusters are those of
    Ward's method (Ward 1963), ⌈k / GROUP_SIZE⌉ of them; computed by chains of nearest neighbors (Murtagh and Contreras
    2012). block: how many consecutive samples are clustered together.
    """
    found = np.empty(len(features), dtype=np.int64)
    first = 0
    for start in range(0, len(features), block):
        part = features[start : start + block]
        own = _in_order(_ward(unit(part).astype(np.float64), -(-len(part) // GROUP_SIZE)))
        found[start : start + block] = first + own
        first += int(own.max()) + 1
    return found


def _ward(points: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """A label for each point, float64[k, D], of the `count` clusters that Ward's method leaves."""
    merges = sorted(_merges(points), key=lambda merge: merge[0])
    label = np.arange(len(points))
    for _, one, other in merges[: len(points) - count]:
        label[label == label[other]] = label[one]
    return label


def _merges(points: NDArray[np.float64]) -> list[tuple[float, int, int]]:
    """All merges of Ward's method as (increase of the variance, a member, another member), not in order."""
    squares = (points**2).sum(1)
    distances = np.maximum(squares[:, None] + squares - 2 * (points @ points.T), 0)
    np.fill_diagonal(distances, np.inf)
    sizes, merges, chain = np.ones(len(points)), list[tuple[float, int, int]](), list[int]()
    while len(merges) < len(points) - 1:
        if not chain:
            chain.append(int(np.flatnonzero(sizes)[0]))
        here = chain[-1]
        nearest = int(distances[here].argmin())
        if len(chain) > 1 and distances[here, chain[-2]] <= distances[here, nearest]:
            nearest = chain[-2]
            del chain[-2:]
            merges.append((float(distances[here, nearest]), here, nearest))
            _merge(distances, sizes, here, nearest)
        else:
            chain.append(nearest)
    return merges


def _merge(distances: NDArray[np.float64], sizes: NDArray[np.float64], one: int, other: int) -> None:
    """Let `one` be the union of both clusters, and `other` none, by the recurrence of Lance and Williams (1967)."""
    total = sizes[one] + sizes[other] + sizes
    joined = (sizes[one] + sizes) * distances[one] + (sizes[other] + sizes) * distances[other]
    joined = (joined - sizes * distances[one, other]) / total
    joined[[one, other]] = np.inf
    joined[sizes == 0] = np.inf
    distances[one], distances[:, one] = joined, joined
    distances[other], distances[:, other] = np.inf, np.inf
    sizes[one], sizes[other] = sizes[one] + sizes[other], 0


def _in_order(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """The same groups, numbered from 0 in the order of their first members."""
    _, first, number = np.unique(labels, return_index=True, return_inverse=True)
    order: NDArray[np.int64] = np.argsort(np.argsort(first))
    return order[number]
