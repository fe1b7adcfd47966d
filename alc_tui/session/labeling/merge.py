"""Joins what was decided in copies of a session into its journal; nothing is added twice.

Sample by sample. What the copy has decided since, on a sample that nobody has touched here, comes as it is; if the
round has been retrained by then, as a review, for the next retraining. Of a sample that was decided on both sides, the
verdict here stands, and the copy's is kept beside it as a `second` one, also if one and the same person gave both: all
that differ wait in Review. Who, when, how long and how blind stay as they were recorded; an undo that is kept beside
is its verdict's annotator's. A merge that was cut off by a crash is finished by merging once more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from alc_tui.errors import UsageError
from alc_tui.session.labeling.agreement import disagreements
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.journal import APART, GRID, QUEUE, REVIEW, SECOND, UNDO, Decision, Verdicts

Mark = tuple[object, ...]
Stack = tuple[str, str, str]


@dataclass(frozen=True)
class Merged:
    """What a merge did. added: decisions; already_there: those that were here before.

    left_out: verdicts of the copies that have no place here: of rounds that were not reached, taken back after the
    retraining, or of somebody who decided the sample a second time here too. conflicts: added verdicts that differ from
    the same person's here. disagreements: samples that wait in Review, those of before included.
    """

    added: int
    already_there: int
    left_out: int
    conflicts: int
    disagreements: int

    def as_dict(self) -> dict[str, int]:
        """The counts by name."""
        return asdict(self)


def merge(service: SessionService, copies: Sequence[SessionService], dry_run: bool = False) -> Merged:
    """Add what the copies have to the session's journal, all of it or nothing; nothing at all with `dry_run`.

    Raises UsageError if one of them is no copy, SessionUnavailable if the session is open for reading only.
    """
    for copy in copies:
        check_copy(service, copy)
    joint = Joint(service)
    for copy in copies:
        joint.take(copy.decisions)
    if not dry_run:
        service.take_in(joint.added)
    return joint.outcome()


def check_copy(service: SessionService, copy: SessionService) -> None:
    """Raise UsageError unless both are one session, and alike in the rounds that both have finished."""
    name, other = service.folder.name, copy.folder.name
    if copy.folder.path.resolve() == service.folder.path.resolve():
        raise UsageError(f"Session {name!r} cannot be merged with itself; name a copy of it.")
    ours, theirs = service.samples, copy.samples
    are_alike = all(np.array_equal(getattr(ours, each), getattr(theirs, each)) for each in ("ids", "given", "split"))
    if copy.classes != service.classes or not are_alike:
        raise UsageError(
            f"{copy.folder.path} is no copy of session {name!r}: its samples, given labels or classes are others; name "
            "a session that was copied from it."
        )
    for number in range(1, min(service.round, copy.round) + 1):
        if service.evidence(number).queue != copy.evidence(number).queue:
            raise UsageError(
                f"Sessions {name!r} and {other!r} were retrained apart, so their queues of round {number} differ; "
                "merge before the retraining, or `alc session export` the labels of both."
            )


class Joint:
    """A session's journal as it will be, copy by copy. added: what is new in it, in order."""

    def __init__(self, service: SessionService) -> None:
        self._service = service
        self._queues = {sample for number in range(service.round) for sample in service.evidence(number + 1).queue}
        self._open = set() if service.frozen else set(service.queue)
        self._verdicts = Verdicts()
        self._stacks: dict[Stack, list[Decision]] = {}
        self._known: set[Mark] = set()
        self.added: list[Decision] = []
        self._already_there = self._left_out = self._conflicts = 0
        for decision in service.decisions:
            self._put(decision)

    def take(self, theirs: Sequence[Decision]) -> None:
        """Join a copy's journal."""
        self._already_there += sum(_mark(decision) in self._known for decision in theirs)
        stacks: dict[Stack, list[Decision]] = {}
        for decision in theirs:
            stacks.setdefault(_stack(decision), []).append(decision)
        found: list[Decision] = []
        for stack, decisions in stacks.items():
            if not all(_mark(decision) in self._known for decision in decisions):
                made = self._joined(stack, decisions)
                self._conflicts += sum(map(self._is_conflict, made))
                for decision in made:
                    self._put(decision)
                found += made
        self.added += sorted(found, key=lambda decision: decision.seq)

    def outcome(self) -> Merged:
        """What has become of the copies so far."""
        whole = [*self._service.decisions, *self.added]
        verdicts = Verdicts(replace(decision, seq=seq) for seq, decision in enumerate(whole))
        waiting = {second.sample for second, _ in disagreements(verdicts)}
        return Merged(len(self.added), self._already_there, self._left_out, self._conflicts, len(waiting))

    def _put(self, decision: Decision) -> None:
        self._verdicts.add(decision)
        self._stacks.setdefault(_stack(decision), []).append(decision)
        self._known.add(_mark(decision))

    def _joined(self, stack: Stack, theirs: Sequence[Decision]) -> list[Decision]:
        """What takes the decisions of one stack, some of which are new here, to where the copy has left it."""
        occasion, annotator, sample = stack
        standing, _ = _folded(theirs)
        if sample not in self._queues:
            self._left_out += bool(standing)
            return []
        new = [decision for decision in theirs if _mark(decision) not in self._known]
        if _goes_on(self._stacks.get(stack, []), theirs):
            if occasion in APART:
                return new
            return [self._queued(d) for d in new] if sample in self._open else self._reviewed(sample, new, standing)
        if occasion in APART:
            return self._beside(occasion, annotator, theirs)
        if sample in self._open and not self._verdicts.given(sample):
            return [self._queued(d) for d in standing[-1:] if d in new]
        names = dict.fromkeys(decision.annotator for decision in theirs)
        return [decision for name in names for decision in self._beside(SECOND, name, theirs)]

    def _queued(self, decision: Decision) -> Decision:
        occasion = GRID if decision.occasion == GRID else QUEUE
        return replace(decision, occasion=occasion, round=self._service.round)

    def _reviewed(self, sample: str, new: Sequence[Decision], standing: Sequence[Decision]) -> list[Decision]:
        """Decisions on a sample whose round has been retrained, as reviews for the next retraining."""
        now, made = list(self._verdicts.given(sample)), list[Decision]()
        for decision in new:
            review = replace(decision, occasion=REVIEW, round=self._service.open_round)
            if decision.kind != UNDO:
                now.append(review)
            elif now and (now[-1].occasion, now[-1].round) == (REVIEW, self._service.open_round):
                now.pop()
            else:
                continue
            made.append(review)
        self._left_out += [_mark(d) for d in now[-1:]] != [_mark(d) for d in standing[-1:]]
        return made

    def _beside(self, occasion: str, annotator: str, theirs: Sequence[Decision]) -> list[Decision]:
        """An annotator's last verdict on a sample, beside the one that stands here; not if there is one of here."""
        standing, undone = _folded(theirs)
        made: list[Decision] = []
        here = self._verdicts.aside(occasion, theirs[0].sample, annotator)
        if here is not None and _mark(here) in undone:
            made.append(replace(undone[_mark(here)], occasion=occasion, annotator=annotator))
            here = None
        there = next((decision for decision in reversed(standing) if decision.annotator == annotator), None)
        if there is None or _mark(there) in self._known:
            return made
        if here is not None and _mark(here) not in map(_mark, standing):
            self._left_out += 1
            return made
        return [*made, replace(there, occasion=occasion)]

    def _is_conflict(self, made: Decision) -> bool:
        """Whether a second verdict differs from what the same person decided here."""
        if made.occasion != SECOND or made.kind == UNDO:
            return False
        given = self._verdicts.given(made.sample)
        return any(own.annotator == made.annotator and own.answer != made.answer for own in given)


def _mark(decision: Decision) -> Mark:
    """What a decision keeps when it is merged: equal for the same one in two journals, and for no other one.

    (But for one person's same verdict, twice on a sample within a millisecond.)
    """
    d = decision
    return d.sample, d.kind, d.label, d.annotator, d.seconds, d.suggested, d.at, d.blind


def _stack(decision: Decision) -> Stack:
    """The decisions that a decision may take back: the occasion and annotator of those apart, and the sample."""
    if decision.occasion in APART:
        return decision.occasion, decision.annotator, decision.sample
    return "", "", decision.sample


def _folded(decisions: Sequence[Decision]) -> tuple[list[Decision], dict[Mark, Decision]]:
    """The verdicts of one stack that were not taken back, and by the mark of each other one what took it back."""
    standing: list[Decision] = []
    undone: dict[Mark, Decision] = {}
    for decision in decisions:
        if decision.kind != UNDO:
            standing.append(decision)
        elif standing:
            undone[_mark(standing.pop())] = decision
    return standing, undone


def _goes_on(mine: Sequence[Decision], theirs: Sequence[Decision]) -> bool:
    """Whether theirs begins with all of mine, so that nothing was decided here that the copy does not know."""
    return list(map(_mark, mine)) == list(map(_mark, theirs[: len(mine)]))
