"""Decides several samples of the round at once: the confirmation question, the decisions, and undo. Independent of
screens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from alc_tui.errors import AlcError
from alc_tui.session.labeling.journal_state import FINAL
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.journal import EXCLUDE, FLAG, GRID, SKIP, Verdict
from alc_tui.text.format import counted, plain

_VERBS = {SKIP: "Skip", FLAG: "Flag", EXCLUDE: "Exclude"}


@dataclass(frozen=True)
class Batch:
    """One verdict for several samples.

    changing: how many of them have a different verdict. already: how many others already have this verdict. unseen: how
    many others cannot be labeled because their images cannot be shown.
    """

    verdict: Verdict
    samples: Sequence[str]
    changing: int
    already: int
    unseen: int

    @property
    def question(self) -> str:
        """The confirmation question."""
        count, kind, label = counted(len(self.samples), "image"), self.verdict.kind, self.verdict.label
        sentences = [f"{_VERBS[kind]} {count}?" if label is None else f"Label {count} as {plain(label)}?"]
        if self.changing:
            several = "All" if self.changing == len(self.samples) > 1 else _number(self.changing)
            sentences.append(f"{several} of them {_is(self.changing)} already decided and will be changed.")
        return " ".join([*sentences, *self.exceptions])

    @property
    def exceptions(self) -> list[str]:
        """Sentences about the samples that will not be decided."""
        sentences = []
        if self.already:
            sentences.append(f"{_number(self.already)} more {_is(self.already)} already {self.outcome}.")
        if self.unseen:
            sentences.append(f"{_number(self.unseen)} more cannot be shown and cannot be labeled.")
        return sentences

    @property
    def outcome(self) -> str:
        """The state of the samples afterward."""
        label = self.verdict.label
        return FINAL[self.verdict.kind] if label is None else f"labeled {plain(label)}"


class Batches:
    """The batches decided since the grid was opened, which can be undone in reverse order."""

    def __init__(self, service: SessionService) -> None:
        self._service = service
        self._decided: list[list[str]] = []

    def plan(self, marked: Mapping[str, bool], verdict: Verdict) -> Batch:
        """One verdict for marked samples, in their order. marked: whether the image of each sample can be shown."""
        seen = [sample for sample, readable in marked.items() if readable or verdict.label is None]
        before = {sample: self._service.verdict(sample) for sample in seen}
        answer = verdict.kind, verdict.label
        other = [sample for sample, v in before.items() if v is None or (v.kind, v.label) != answer]
        changing = sum(before[sample] is not None for sample in other)
        return Batch(verdict, other, changing, len(seen) - len(other), len(marked) - len(seen))

    def decide(self, batch: Batch, seconds: float) -> tuple[list[str], str]:
        """Save the verdicts, each with its share of `seconds`.

        Returns the decided samples and the reason why others were not decided (empty if all were).
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
            self._decided.append(decided)
        return decided, problem

    def undo(self) -> tuple[int, str]:
        """Undo the last batch; returns the number of undone verdicts and, if some remain, the reason."""
        batch = self._decided.pop() if self._decided else []
        undone, problem = 0, ""
        try:
            while undone < len(batch) and self._service.undo((GRID,), among=set(batch)) is not None:
                undone += 1
        except AlcError as error:
            problem = str(error)
        if undone < len(batch):
            self._decided.append(batch[: len(batch) - undone])
            problem = problem or f"Round {self._service.round} is being retrained, so its verdicts cannot be undone."
        return undone, problem


def _number(count: int) -> str:
    return "One" if count == 1 else f"{count:,}"


def _is(count: int) -> str:
    return "is" if count == 1 else "are"
