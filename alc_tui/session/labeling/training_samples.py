"""The training samples of a session by id: given and true labels, and indices into a round's arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from alc_tui.errors import AlcError
from alc_tui.session.store.arrays import Samples
from alc_tui.session.store.journal import WITHOUT_SAMPLE, Decision


class TrainingSamples:
    """Looks up the training samples of a session by their ids."""

    def __init__(self, samples: Samples, classes: Sequence[str]) -> None:
        self._samples, self._classes = samples, classes
        self._locals = {sample: local for local, sample in enumerate(samples.ids[samples.train].tolist())}

    def local(self, sample: str) -> int:
        """The index of a sample among the training samples, as in a round's arrays."""
        return self._locals[sample]

    def given(self, sample: str) -> str:
        """The given label of a sample."""
        return self._classes[int(self._samples.given[self._samples.train[self._locals[sample]]])]

    def truth(self) -> dict[str, str]:
        """The true label of every training sample. All of them must be known."""
        samples = self._samples
        return {str(samples.ids[p]): self._classes[samples.truth[p]] for p in samples.train}

    def check(self, decisions: Iterable[Decision], journal: Path) -> None:
        """Raise AlcError naming the first decision on an unknown sample or for an unknown class."""
        for decision in decisions:
            is_known = decision.occasion in WITHOUT_SAMPLE or decision.sample in self._locals
            if not is_known or decision.label not in (None, *self._classes):
                raise AlcError(
                    f"{journal}, line {decision.seq + 1}: the session has no sample {decision.sample!r} or no class "
                    f"{decision.label!r}; correct that line, or restore it from a backup."
                )
