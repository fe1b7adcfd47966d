"""The queue of a round: its samples, in display order, with the model's outputs."""

from __future__ import annotations

from collections.abc import Sequence

from alc_tui.errors import AlcError
from alc_tui.session.labeling.items import Evidence, Item, TypicalSamples
from alc_tui.session.labeling.training_samples import TrainingSamples
from alc_tui.session.store.journal import Verdicts


class RoundQueue:
    """The queue of one round. ids: its samples, in order; none before LNL is done. reserve: samples that were ranked
    with it and are not in it, in order. ranked: the number of samples ranked."""

    def __init__(self, evidence: Evidence | None, ids: Sequence[str], samples: TrainingSamples, session: str) -> None:
        """evidence: of the round after which the queue was ranked, None before LNL is done. session: its name."""
        self._evidence, self._samples, self._session = evidence, samples, session
        self.ids = list(ids)
        ranking = evidence.ranking if evidence else []
        self.ranked = len(ranking)
        self._ranks = {sample: rank for rank, sample in enumerate(ranking)}
        self._places = {sample: place for place, sample in enumerate(self.ids)}
        self.reserve = [sample for sample in ranking if sample not in self._places]
        self._first_open = 0

    def __contains__(self, sample: str) -> bool:
        return sample in self._places

    def count_decided(self, verdicts: Verdicts) -> int:
        """The number of samples that have a verdict."""
        return sum(verdicts.of(sample) is not None for sample in self.ids)

    def next_item(self, verdicts: Verdicts) -> Item | None:
        """The first sample without a verdict, None when all have one."""
        while self._first_open < len(self.ids):
            if verdicts.of(self.ids[self._first_open]) is None:
                return self.item(self._first_open, verdicts)
            self._first_open += 1
        return None

    def reopen(self) -> None:
        """Search from the beginning again after an undo."""
        self._first_open = 0

    def item(self, place: int, verdicts: Verdicts) -> Item:
        """The sample at a place of the queue."""
        self._require_ranking()
        return self.item_of(self.ids[place], verdicts)

    def item_of(self, sample: str, verdicts: Verdicts) -> Item:
        """Any training sample, with the outputs of the model that ranked the queue."""
        evidence, verdict = self._require_ranking(), verdicts.of(sample)
        if sample in self._ranks:
            return evidence.ranked(self._ranks[sample], verdict)
        return evidence.any(self._samples.local(sample), verdict)

    def typical(self, name: str, verdicts: Verdicts | None = None) -> TypicalSamples:
        """The typical clean samples of a class.

        verdicts: if there is no clean sample, take those decided as the class or, if there are none, those with this
        given label that are undecided; None for no others.
        """
        evidence = self._require_ranking()
        typical = evidence.typical(name)
        if typical.positions or verdicts is None:
            return typical
        labels = {self._samples.local(sample): verdict.label for sample, verdict in verdicts.all().items()}
        decided = [local for local, label in labels.items() if label == name]
        return evidence.of_decided(name, decided) if decided else evidence.of_given(name, list(labels))

    def _require_ranking(self) -> Evidence:
        if self._evidence is None:
            raise AlcError(f"Session {self._session!r} has no queue yet; run `alc session train` first.")
        return self._evidence
