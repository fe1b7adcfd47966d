"""Decides several samples of the round at once: the confirmation question, the decisions, and undo. Independent of
screens.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from alc_tui.errors import AlcError
from alc_tui.session.labeling.journal_state import FINAL
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.journal import EXCLUDE, FLAG, GRID, SKIP, Decision, Verdict
from alc_tui.text.format import counted, plain
from alc_tui.tui.grid.selection import Targets

_VERBS = {SKIP: "Skip", FLAG: "Flag", EXCLUDE: "Exclude"}


@dataclass(frozen=True)
class Batch:
    """One verdict for several samples.

    changing: how many of them have a different verdict. already: how many others already have this verdict. unseen: how
    many others cannot be labeled because their images cannot be shown. is_group, later: see `Targets`.
    """

    verdict: Verdict
    samples: Sequence[str]
    changing: int
    already: int
    unseen: int
    is_group: bool = False
    later: int = 0

    def question(self, on_page: Collection[str]) -> str:
        """The confirmation question. on_page: the samples in sight."""
        kind, label = self.verdict.kind, self.verdict.label
        what = counted(len(self.samples), "undecided image" if self.is_group else "image")
        what = f"the {what} of this group" if self.is_group else what
        here = sum(sample in on_page for sample in self.samples)
        what += f" ({here:,} on this page)" if here < len(self.samples) else ""
        sentences = [f"{_VERBS[kind]} {what}?" if label is None else f"Label {what} as {plain(label)}?"]
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
        if self.later:
            sentences.append(f"{_number(self.later)} more {_has(self.later)} not appeared yet.")
        return sentences

    @property
    def outcome(self) -> str:
        """The state of the samples afterward."""
        label = self.verdict.label
        return FINAL[self.verdict.kind] if label is None else f"labeled {plain(label)}"


class Batches:
    """The batches decided since the grid was opened, each of which can be undone as long as it was decided last."""

    def __init__(self, service: SessionService) -> None:
        self._service = service
        self._decided: list[tuple[list[Decision], str]] = []

    def plan(self, targets: Targets, verdict: Verdict) -> Batch:
        """One verdict for several samples, in their order."""
        readable = targets.samples
        seen = [sample for sample in readable if readable[sample] or verdict.label is None]
        before = {sample: self._service.verdict(sample) for sample in seen}
        answer = verdict.kind, verdict.label
        other = [sample for sample, v in before.items() if v is None or (v.kind, v.label) != answer]
        changing = sum(before[sample] is not None for sample in other)
        already, unseen = len(seen) - len(other), len(readable) - len(seen)
        return Batch(verdict, other, changing, already, unseen, targets.is_group, targets.later)

    def decide(self, batch: Batch, seconds: float) -> tuple[list[str], str]:
        """Save the verdicts, each with its share of `seconds`.

        Returns the decided samples and the reason why others were not decided (empty if all were).
        """
        decided: list[Decision] = []
        problem = ""
        verdict = replace(batch.verdict, seconds=seconds / max(1, len(batch.samples)))
        for sample in batch.samples:
            try:
                decided.append(self._service.decide(sample, verdict, GRID))
            except AlcError as error:
                problem = str(error)
                break
        if decided:
            self._decided.append((decided, batch.outcome))
        return [decision.sample for decision in decided], problem

    def undo(self) -> tuple[int, str, str]:
        """Undo the last batch, unless something was decided after it; returns the number of undone verdicts, what they
        were and, if some remain, the reason."""
        if not self._decided or not self._is_last(self._decided[-1][0][-1]):
            return 0, "", ""
        batch, outcome = self._decided.pop()
        undone, problem = 0, ""
        try:
            while undone < len(batch) and self._service.undo((GRID,), among={batch[-1 - undone].sample}) is not None:
                undone += 1
        except AlcError as error:
            problem = str(error)
        if undone < len(batch):
            self._decided.append((batch[: len(batch) - undone], outcome))
            problem = problem or f"Round {self._service.round} is being retrained, so its verdicts cannot be undone."
        return undone, outcome, problem

    def _is_last(self, decision: Decision) -> bool:
        """Whether no verdict that counts was given after this one, which counts, too."""
        return max(self._service.verdicts().values(), key=lambda verdict: verdict.seq, default=None) == decision


def _number(count: int) -> str:
    return "One" if count == 1 else f"{count:,}"


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def _has(count: int) -> str:
    return "has" if count == 1 else "have"
