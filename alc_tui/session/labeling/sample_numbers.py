"""Numbers for samples, to name them where their ids may reveal their labels."""

from __future__ import annotations

from collections.abc import Sequence

from alc_tui.data.random_streams import random_stream


def sample_numbers(ids: Sequence[str], seed: int) -> dict[str, int]:
    """A number from 1 for each id, at random, because the order of the data may tell classes. seed: the session's."""
    order = random_stream(seed, "sample-number").permutation(len(ids)).tolist()
    return {sample: number + 1 for sample, number in zip(ids, order, strict=True)}
