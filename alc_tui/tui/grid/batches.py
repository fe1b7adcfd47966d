"""Deciding several samples of the round at once: what has to be asked first, what is done, how it is taken back.

Knows no screen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from alc_tui.errors import AlcError
from alc_tui.session.labeling.journal_state import FINAL
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.journal import EXCLUDE, FLAG, GRID, SKIP, Verdict
from alc_tui.text.format import plain

_DO = {SKIP: "Skip", FLAG: "Flag", EXCLUDE: "Exclude"}


@dataclass(frozen=True)
class Batch:
    """One verdict for several samples. changing: how many of them have another one. already: how many more have this
    one. unseen: how many more get no label, for they cannot be seen."""

    verdict: Verdict
    samples: Sequence[str]
    changing: int
    already: int
    unseen: int

    @property
    def question(self) -> str:
        """What is about to happen."""
        count, kind, label = _images(len(self.samples)), self.verdict.kind, self.verdict.label
        asked = [f"{_DO[kind]} {count}?" if label is None else f"Label {count} as {plain(label)}?"]
        if self.changing:
            several = "All" if self.changing == len(self.samples) > 1 else _number(self.changing)
            asked.append(f"{several} of them {_is(self.changing)} decided already and will be changed.")
        return " ".join([*asked, *self.left_out])

    @property
    def left_out(self) -> list[str]:
        """What will not happen."""
        said = []
        if self.already:
            said.append(f"{_number(self.already)} more {_is(self.already)} {self.done} already.")
        if self.unseen:
            said.append(f"{_number(self.unseen)} more cannot be seen: no label for what nobody sees.")
        return said

    @property
    def done(self) -> str:
        """What the samples are afterwards."""
        label = self.verdict.label
        return FINAL[self.verdict.kind] if label is None else f"labeled {plain(label)}"


class Batches:
    """The batches of one sitting, the last of which can be taken back."""

    def __init__(self, service: SessionService) -> None:
        self._service = service
        self._done: list[list[str]] = []

    def plan(self, marked: Mapping[str, bool], verdict: Verdict) -> Batch:
        """One verdict for marked samples, in their order. marked: whether each sample's image can be seen."""
        seen = [sample for sample, readable in marked.items() if readable or verdict.label is None]
        before = {sample: self._service.verdict(sample) for sample in seen}
        answer = verdict.kind, verdict.label
        other = [sample for sample, v in before.items() if v is None or (v.kind, v.label) != answer]
        changing = sum(before[sample] is not None for sample in other)
        return Batch(verdict, other, changing, len(seen) - len(other), len(marked) - len(seen))

    def decide(self, batch: Batch, seconds: float) -> tuple[list[str], str]:
        """Put the verdicts on disk, each with its share of `seconds`.

        Returns the samples that were decided, and why not all of them were: nothing if they were.
        """
        decided: list[str] = []
        problem = ""
        verdict = replace(batch.verdict, seconds=seconds / max(1, len(batch.samples)))
        for sample in batch.samples:
            try:
                self._service.decide(sample, verdict, GRID)
            except AlcError as error:
                problem = str(error)
                break
            decided.append(sample)
        if decided:
            self._done.append(decided)
        return decided, problem

    def undo(self) -> tuple[int, str]:
        """Take back the last batch; returns how many verdicts were, and why not all of them: nothing if they were."""
        batch = self._done.pop() if self._done else []
        taken_back, problem = 0, ""
        try:
            while taken_back < len(batch) and self._service.undo((GRID,), among=set(batch)) is not None:
                taken_back += 1
        except AlcError as error:
            problem = str(error)
        if taken_back < len(batch):
            self._done.append(batch[: len(batch) - taken_back])
            problem = problem or f"Round {self._service.round} is being retrained: its verdicts stand."
        return taken_back, problem


def _images(count: int) -> str:
    return "1 image" if count == 1 else f"{count:,} images"


def _number(count: int) -> str:
    return "One" if count == 1 else f"{count:,}"


def _is(count: int) -> str:
    return "is" if count == 1 else "are"
