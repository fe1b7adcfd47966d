"""Merges the decisions of copies of a session into its journal. No decision is added twice.

Samples are merged one by one. If only the copy has decisions on a sample, they are added unchanged or, once the round
has been retrained, as a review for the next retraining. If both have decided a sample, the session's verdict stays
current, and the copy's verdict is added as a `second` one, even if both are by the same annotator; differences are
listed in Review. Annotator, time, duration, and blind mode are preserved; an undo that is added as `second` is
attributed to its verdict's annotator. To finish a merge after a crash, merge again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from alc_tui.errors import UsageError
from alc_tui.session.labeling.agreement import disagreements
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.journal import (
    GRID,
    QUEUE,
    REVIEW,
    SECOND,
    SEPARATE,
    UNDO,
    WITHOUT_SAMPLE,
    Decision,
    Verdicts,
)

Identity = tuple[object, ...]
UndoKey = tuple[str, str, str]


@dataclass(frozen=True)
class MergeCounts:
    """The result of a merge. added: decisions added. already_there: decisions that the session already had.

    left_out: verdicts that could not be merged: from rounds that the session has not reached, undone after retraining,
    or by an annotator who has already decided the sample a second time in the session. conflicts: added verdicts that
    differ from one by the same annotator. disagreements: all samples with disagreements listed in Review.
    """

    added: int
    already_there: int
    left_out: int
    conflicts: int
    disagreements: int

    def as_dict(self) -> dict[str, int]:
        """The counts by name."""
        return asdict(self)


def merge(service: SessionService, copies: Sequence[SessionService], dry_run: bool = False) -> MergeCounts:
    """Add the decisions of the copies to the session's journal, atomically; none with `dry_run`.

    Raises UsageError if one of them is not a copy, SessionUnavailable if the session is open for reading only.
    """
    for copy in copies:
        check_copy(service, copy)
    merged = MergedJournal(service)
    for copy in copies:
        merged.add(copy.decisions)
    if not dry_run:
        service.merge_decisions(merged.added)
    return merged.outcome()


def check_copy(service: SessionService, copy: SessionService) -> None:
    """Raise UsageError unless both are the same session, with the same queues in the rounds that both have finished."""
    name, other = service.folder.name, copy.folder.name
    if copy.folder.path.resolve() == service.folder.path.resolve():
        raise UsageError(f"Session {name!r} cannot be merged with itself; specify a copy of it.")
    ours, theirs = service.samples, copy.samples
    are_alike = all(np.array_equal(getattr(ours, each), getattr(theirs, each)) for each in ("ids", "given", "split"))
    if copy.classes != service.classes or not are_alike:
        raise UsageError(
            f"{copy.folder.path} is not a copy of session {name!r}: its samples, given labels, or classes differ; "
            "specify a session that was copied from it."
        )
    for number in range(1, min(service.round, copy.round) + 1):
        if service.evidence(number).ranking != copy.evidence(number).ranking:
            raise UsageError(
                f"Sessions {name!r} and {other!r} were retrained separately, so their queues in round {number} differ; "
                "merge before retraining, or export the labels of both with `alc session export`."
            )


class MergedJournal:
    """The merged journal of a session and its copies. added: the new decisions, in order."""

    def __init__(self, service: SessionService) -> None:
        self._service = service
        self._queues = {sample for number in range(service.round) for sample in service.queue_of(number + 1).ids}
        self._open = set() if service.frozen else set(service.queue)
        self._verdicts = Verdicts()
        self._by_key: dict[UndoKey, list[Decision]] = {}
        self._known: set[Identity] = set()
        self.added: list[Decision] = []
        self._already_there = self._left_out = self._conflicts = 0
        for decision in service.decisions:
            self._put(decision)

    def add(self, theirs: Sequence[Decision]) -> None:
        """Merge a copy's journal; that it finished a round early, or has a focus class, concerns the copy only."""
        theirs = [decision for decision in theirs if decision.occasion not in WITHOUT_SAMPLE]
        self._already_there += sum(_identity(decision) in self._known for decision in theirs)
        by_key: dict[UndoKey, list[Decision]] = {}
        for decision in theirs:
            by_key.setdefault(_undo_key(decision), []).append(decision)
        added: list[Decision] = []
        for key, decisions in by_key.items():
            if not all(_identity(decision) in self._known for decision in decisions):
                new = self._merged(key, decisions)
                self._conflicts += sum(map(self._is_conflict, new))
                for decision in new:
                    self._put(decision)
                added += new
        self.added += sorted(added, key=lambda decision: decision.seq)

    def outcome(self) -> MergeCounts:
        """The counts so far."""
        whole = [*self._service.decisions, *self.added]
        verdicts = Verdicts(replace(decision, seq=seq) for seq, decision in enumerate(whole))
        waiting = {second.sample for second, _ in disagreements(verdicts)}
        return MergeCounts(len(self.added), self._already_there, self._left_out, self._conflicts, len(waiting))

    def _put(self, decision: Decision) -> None:
        self._verdicts.add(decision)
        self._by_key.setdefault(_undo_key(decision), []).append(decision)
        self._known.add(_identity(decision))

    def _merged(self, key: UndoKey, theirs: Sequence[Decision]) -> list[Decision]:
        """The decisions to add under one key to reach the copy's state."""
        occasion, annotator, sample = key
        standing, _ = _folded(theirs)
        if sample not in self._queues:
            self._left_out += bool(standing)
            return []
        new = [decision for decision in theirs if _identity(decision) not in self._known]
        if _continues(self._by_key.get(key, []), theirs):
            if occasion in SEPARATE:
                return new
            return [self._queued(d) for d in new] if sample in self._open else self._reviewed(sample, new, standing)
        if occasion in SEPARATE:
            return self._separately(occasion, annotator, theirs)
        if sample in self._open and not self._verdicts.given(sample):
            return [self._queued(d) for d in standing[-1:] if d in new]
        names = dict.fromkeys(decision.annotator for decision in theirs)
        return [decision for name in names for decision in self._separately(SECOND, name, theirs)]

    def _queued(self, decision: Decision) -> Decision:
        occasion = GRID if decision.occasion == GRID else QUEUE
        return replace(decision, occasion=occasion, round=self._service.round)

    def _reviewed(self, sample: str, new: Sequence[Decision], standing: Sequence[Decision]) -> list[Decision]:
        """Decisions on a sample whose round has been retrained, as reviews for the next retraining."""
        now, reviews = list(self._verdicts.given(sample)), list[Decision]()
        for decision in new:
            review = replace(decision, occasion=REVIEW, round=self._service.open_round)
            if decision.kind != UNDO:
                now.append(review)
            elif now and (now[-1].occasion, now[-1].round) == (REVIEW, self._service.open_round):
                now.pop()
            else:
                continue
            reviews.append(review)
        self._left_out += [_identity(d) for d in now[-1:]] != [_identity(d) for d in standing[-1:]]
        return reviews

    def _separately(self, occasion: str, annotator: str, theirs: Sequence[Decision]) -> list[Decision]:
        """An annotator's last verdict on a sample, to be recorded separately from the current one, unless the session
        already has one."""
        standing, undone = _folded(theirs)
        new: list[Decision] = []
        ours = self._verdicts.separate_verdict(occasion, theirs[0].sample, annotator)
        if ours is not None and _identity(ours) in undone:
            new.append(replace(undone[_identity(ours)], occasion=occasion, annotator=annotator))
            ours = None
        latest = next((decision for decision in reversed(standing) if decision.annotator == annotator), None)
        if latest is None or _identity(latest) in self._known:
            return new
        if ours is not None and _identity(ours) not in map(_identity, standing):
            self._left_out += 1
            return new
        return [*new, replace(latest, occasion=occasion)]

    def _is_conflict(self, new: Decision) -> bool:
        """Whether a second verdict differs from one that the same annotator gave in the session."""
        if new.occasion != SECOND or new.kind == UNDO:
            return False
        given = self._verdicts.given(new.sample)
        return any(own.annotator == new.annotator and own.answer != new.answer for own in given)


def _identity(decision: Decision) -> Identity:
    """The identity of a decision, preserved by merging: equal for the same decision in two journals. It is not unique
    only if an annotator gives the same verdict on a sample twice within a millisecond.
    """
    d = decision
    return d.sample, d.kind, d.label, d.annotator, d.seconds, d.suggested, d.at, d.blind


def _undo_key(decision: Decision) -> UndoKey:
    """Identifies the decisions that a decision can undo: by sample and, for `second` and `repeat`, occasion and
    annotator."""
    if decision.occasion in SEPARATE:
        return decision.occasion, decision.annotator, decision.sample
    return "", "", decision.sample


def _folded(decisions: Sequence[Decision]) -> tuple[list[Decision], dict[Identity, Decision]]:
    """The verdicts under one key that were not undone, and the undo of each other one by its identity."""
    standing: list[Decision] = []
    undone: dict[Identity, Decision] = {}
    for decision in decisions:
        if decision.kind != UNDO:
            standing.append(decision)
        elif standing:
            undone[_identity(standing.pop())] = decision
    return standing, undone


def _continues(ours: Sequence[Decision], theirs: Sequence[Decision]) -> bool:
    """Whether `theirs` starts with all of `ours`, that is, the copy has every decision of the session."""
    return list(map(_identity, ours)) == list(map(_identity, theirs[: len(ours)]))
