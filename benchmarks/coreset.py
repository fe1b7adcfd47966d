"""The samplers that compare all with all, at the size of ISIC-2019: coreset against the usual loop, and BADGE.

The usual loop takes scikit-learn's `pairwise_distances` of all candidates to all centers, then to each pick. Both get
the same features: eight clusters, ReLU. The shortest time of three counts. Peak memory is that of the arrays a ranking
allocates, measured in a run of its own. Prints one JSON line per sampler and takes about half a
minute on two cores. At a million samples, 2 GiB of features, the usual loop's matrix does not fit; `--alone` leaves it
out.

    python -m benchmarks.coreset --candidates 17731 --centers 9000 --picks 492
    python -m benchmarks.coreset --candidates 900000 --centers 100000 --picks 492 --alone
"""

from __future__ import annotations

import argparse
import json
import os
import time
import tracemalloc
from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import pairwise_distances
from threadpoolctl import threadpool_info

from alc_tui.active.samplers import SAMPLERS, Pool, Ranking

CLASSES, DIMENSIONS = 8, 512
TURNS = 3
ROWS = 50_000
"""How many features are made at a time."""
T = TypeVar("T")


def main() -> None:
    """Make the features, rank, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidates", type=int, default=17_731)
    parser.add_argument("--centers", type=int, default=9_000)
    parser.add_argument("--picks", type=int, default=492)
    parser.add_argument("--alone", action="store_true", help="without the usual loop, once")
    parser.add_argument("--small", action="store_true", help="the smallest size, to see whether the script works")
    asked = parser.parse_args()
    if asked.small:
        asked.candidates, asked.centers, asked.picks = 200, 100, 5
    candidates, centers = made(asked.candidates, asked.centers)
    facts = {
        "cores": os.cpu_count(),
        "threads": max(library["num_threads"] for library in threadpool_info()),
        "candidates": asked.candidates,
        "dimensions": DIMENSIONS,
        "picks": asked.picks,
    }

    def coreset() -> Ranking:
        return SAMPLERS["coreset"](pool(candidates, centers), asked.picks)

    def badge() -> Ranking:
        return SAMPLERS["badge"](pool(candidates, centers), asked.picks)

    def usual() -> list[int]:
        return usual_loop(candidates, centers, asked.picks)

    turns = [(timed(coreset), timed(badge)) for _ in range(1 if asked.alone else TURNS)]
    seconds = [min(turn[work][1] for turn in turns) for work in range(2)]
    result = {
        "sampler": "coreset",
        **facts,
        "centers": asked.centers,
        "seconds": round(seconds[0], 2),
        **({} if asked.alone else compared(usual, turns[-1][0][0], seconds[0])),
        "peak_mib": peak_mib(coreset),
        "usual_matrix_mib": round(asked.candidates * asked.centers * 4 / 2**20),
    }
    print(json.dumps(result))
    result = {
        "sampler": "badge",
        **facts,
        "classes": CLASSES,
        "seconds": round(seconds[1], 2),
        "peak_mib": peak_mib(badge),
        "gradients_mib": round(asked.candidates * CLASSES * DIMENSIONS * 4 / 2**20),
    }
    print(json.dumps(result))


def compared(usual: Callable[[], list[int]], ranking: Ranking, seconds: float) -> dict[str, object]:
    """How much longer the usual loop takes than `seconds`, and whether it picks the same."""
    turns = [timed(usual) for _ in range(TURNS)]
    shortest = min(turn[1] for turn in turns)
    return {
        "usual_seconds": round(shortest, 2),
        "times_as_fast": round(shortest / seconds, 1),
        "same_picks": ranking.order.tolist() == turns[-1][0],
    }


def made(candidates: int, centers: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Features of candidates and centers such as a network gives: clusters with a few directions of large variance."""
    rng, rows = np.random.default_rng(0), candidates + centers
    means = 2 * rng.random((CLASSES, DIMENSIONS)) ** 4
    features = np.empty((rows, DIMENSIONS), dtype=np.float32)
    directions: NDArray[np.float64] | None = None
    for start in range(0, rows, ROWS):
        count = min(ROWS, rows - start)
        along = rng.standard_normal((count, 20))
        if directions is None:
            directions = rng.standard_normal((20, DIMENSIONS)) / 5
        narrow = rng.standard_normal((count, DIMENSIONS)) / 5
        block = means[rng.integers(CLASSES, size=count)] + along @ directions + narrow
        features[start : start + count] = np.maximum(block, 0)
    return features[:candidates], features[candidates:]


def pool(candidates: NDArray[np.float32], centers: NDArray[np.float32]) -> Pool:
    """The candidates with random probabilities."""
    rng, rows = np.random.default_rng(1), len(candidates)
    probabilities = rng.dirichlet(np.full(CLASSES, 0.3), rows).astype(np.float32)
    return Pool(probabilities=probabilities, features=candidates, centers=centers, rng=rng)


def usual_loop(candidates: NDArray[np.float32], centers: NDArray[np.float32], count: int) -> list[int]:
    """Greedy k-center as it is mostly written."""
    nearest = pairwise_distances(candidates, centers).min(1)
    picks = []
    for _ in range(count):
        picks.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, pairwise_distances(candidates, candidates[picks[-1:]])[:, 0])
    return picks


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """What some work gives, and its wall seconds."""
    began = time.perf_counter()
    return work(), time.perf_counter() - began


def peak_mib(work: Callable[[], object]) -> int:
    """The most memory that Python's objects and arrays take while some work is done, beyond what they took before."""
    tracemalloc.start()
    work()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return round(peak / 2**20)


if __name__ == "__main__":
    main()
