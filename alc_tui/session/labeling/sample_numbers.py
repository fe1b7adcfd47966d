"""Numbers for samples, to name them where their ids may reveal their labels."""

from __future__ import annotations

from alc_tui.data.random_streams import random_stream
from alc_tui.data.texts import Texts


class SampleNumbers:
    """A number from 1 for each id, at random, because the order of the data may tell classes. seed: the session's."""

    def __init__(self, ids: Texts, seed: int) -> None:
        self._ids = ids
        self._order = random_stream(seed, "sample-number").permutation(len(ids))

    def of(self, sample: str) -> int:
        """The number of a sample; raises KeyError for an unknown id."""
        position = self._ids.find(sample)
        if position is None:
            raise KeyError(sample)
        return int(self._order[position]) + 1

    def name(self, sample: str) -> str:
        """What a sample is called instead of its id."""
        return f"#{self.of(sample)}"
