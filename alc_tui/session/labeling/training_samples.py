"""The training samples of a session by id: given and true labels, and indices into a round's arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from alc_tui.data.dataset import TRAIN
from alc_tui.errors import AlcError
from alc_tui.session.store.arrays import Samples
from alc_tui.session.store.journal import WITHOUT_SAMPLE, Decision


class TrainingSamples:
    """Looks up the training samples of a session by their ids."""

    def __init__(self, samples: Samples, classes: Sequence[str]) -> None:
        self._samples, self._classes = samples, classes
        self._positions: dict[str, int] = {}  # those looked up so far
        self._locals = np.cumsum(samples.split == TRAIN) - 1

    def local(self, sample: str) -> int:
        """The index of a sample among the training samples, as in a round's arrays; raises KeyError for another."""
        return int(self._locals[self._position(sample)])

    def given(self, sample: str) -> str:
        """The given label of a sample; raises KeyError for one that is no training sample."""
        return self._classes[int(self._samples.given[self._position(sample)])]

    def truth(self) -> dict[str, str]:
        """The true label of every training sample. All of them must be known."""
        samples = self._samples
        truths = samples.truth[samples.train].tolist()
        return {
            sample: self._classes[truth]
            for sample, truth in zip(samples.ids[samples.train].tolist(), truths, strict=True)
        }

    def check(self, decisions: Iterable[Decision], journal: Path) -> None:
        """Raise AlcError naming the first decision on an unknown sample or for an unknown class."""
        decisions = list(decisions)
        self._look_up({decision.sample for decision in decisions})
        for decision in decisions:
            is_known = decision.occasion in WITHOUT_SAMPLE or decision.sample in self._positions
            if not is_known or decision.label not in (None, *self._classes):
                raise AlcError(
                    f"{journal}, line {decision.seq + 1}: the session has no sample {decision.sample!r} or no class "
                    f"{decision.label!r}; correct that line, or restore it from a backup."
                )

    def _position(self, sample: str) -> int:
        if sample not in self._positions:
            self._look_up({sample})
        return self._positions[sample]

    def _look_up(self, samples: Iterable[str]) -> None:
        """Remember the positions of those that are training samples."""
        wanted = [sample for sample in samples if sample not in self._positions]
        positions = self._samples.ids.find_all(wanted)
        for sample, position in zip(wanted, positions.tolist(), strict=True):
            if position >= 0 and self._samples.split[position] == TRAIN:
                self._positions[sample] = position
