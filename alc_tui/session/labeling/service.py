"""A session as a state machine, driven by screens, replays, and tests, for human annotators and simulated oracles.

Reads what the worker writes; writes only the journal. Independent of torch and screens.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress

from alc_tui.errors import SessionUnavailable, UsageError
from alc_tui.session.labeling import failures
from alc_tui.session.labeling.reader import SessionReader, check_exists
from alc_tui.session.store import lock, processes
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import (
    FINISH,
    FOCUS,
    GRID,
    KINDS,
    LABEL,
    QUEUE,
    RANKING,
    REPEAT,
    REVIEW,
    ROUND,
    SECOND,
    UNDO,
    Decision,
    Verdict,
)
from alc_tui.session.store.queue import OF_THE_QUEUE
from alc_tui.session.store.state import State, overview


class SessionService(SessionReader):
    """Opens a session; with `write` it holds the session's label lock until `close`."""

    def __init__(self, folder: SessionFolder, annotator: str | None = None, write: bool = False) -> None:
        check_exists(folder)
        self._lock = lock.WriterLock(folder.label_lock, "labeling", annotator or lock.user_name())
        if write:
            self._lock.acquire()
        try:
            super().__init__(folder, annotator, repair=write)
        except BaseException:
            self._lock.release()
            raise
        self._writable = write
        if write:
            self.notices[:0] = [self._lock.warning] if self._lock.warning else []
            folder.clear_abandoned()
            self._remove_old_checkpoint()

    def close(self) -> None:
        """Release the lock and stop writing."""
        self._writable = False
        with suppress(OSError):  # a later command finds it
            self._journal.cut_refused()
        self._lock.release()

    def __enter__(self) -> SessionService:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def is_writable(self) -> bool:
        """Whether this process may decide, rather than only watch."""
        return self._writable

    def decide(self, sample: str, verdict: Verdict, occasion: str = QUEUE, suggested: str | None = None) -> Decision:
        """Record a verdict; it is on disk when this returns.

        occasion: see `Decision`; in the `queue`, the `grid` and for a `repeat` the sample must be in the current queue;
        in the `queue`, it may also be one to decide ahead, whose verdict belongs to the next round. suggested: the
        class that was shown as the model's suggestion, if it differs from the latest model's. Raises UsageError for an
        invalid verdict, AlcError if it could not be written; in both cases, nothing is recorded.
        """
        is_ahead = sample not in self._queue and occasion == QUEUE and self.may_decide_ahead(sample)
        if occasion in OF_THE_QUEUE and sample not in self._queue and not is_ahead:
            raise UsageError(f"Sample {sample!r} is not in the queue of round {self.round}.")
        if occasion in _AGAIN and self.verdict(sample) is None:
            raise UsageError(f"Sample {sample!r} has no verdict yet; decide it in its round first.")
        if verdict.kind not in KINDS or verdict.kind == UNDO:
            raise UsageError(f"Unknown verdict {verdict.kind!r}; use one of {', '.join(KINDS[:-1])}.")
        if (verdict.kind == LABEL) != (verdict.label in self.classes):
            raise UsageError(f"Unknown class {verdict.label!r}; the classes are {', '.join(self.classes)}.")
        number = self._round_of(sample) if occasion in OF_THE_QUEUE else self.open_round
        return self._record(sample, verdict, number, occasion, suggested or self.item_of(sample).suggestion)

    def review(self, sample: str, verdict: Verdict) -> Decision:
        """Decide a sample again: before its round is retrained as part of the queue, later for the next retraining."""
        is_open = sample in self.decided_ahead or (sample in self._queue and not self.frozen)
        return self.decide(sample, verdict, QUEUE if is_open else REVIEW)

    def undo(self, occasions: Collection[str] = (QUEUE, GRID), among: Collection[str] | None = None) -> Decision | None:
        """Undo the last current verdict of these occasions that has not been used by a retraining.

        among: the samples it may be on, None for any: then it may also be that the round was finished early. Returns
        the undone decision, None if there is none.
        """
        last = self._state.last(occasions, self.annotator, among, self.open_round)
        finish = self._state.finish
        if finish is not None and among is None and QUEUE in occasions and not self.frozen:
            last = max((finish, last or finish), key=lambda decision: decision.seq)
        if last is not None:
            number = self.open_round if last.occasion == SECOND else last.round
            self._record(last.sample, Verdict(UNDO), number, last.occasion, None)
            self._queue.reopen()
        return last

    def finish_round(self) -> Decision:
        """Finish the current round before its queue is decided; it is on disk when this returns.

        The undecided samples leave the queue and stay in the noisy set, so that later rounds may show them. Their
        labels lapse: later rounds show as many samples as without this. Raises UsageError if there is nothing to
        finish, or if nothing is decided yet.
        """
        queue, decided = len(self.queue), self._queue.count_decided(self.verdict_history)
        if not queue or decided == queue:
            raise UsageError(f"Session {self.folder.name!r} has no undecided samples, so there is no round to finish.")
        if not decided:
            raise UsageError(
                f"Nothing is decided in round {self.round} of session {self.folder.name!r}; decide at least one sample "
                "before you finish it."
            )
        return self._record("", Verdict(FINISH), self.round, ROUND, None)

    def set_focus(self, label: str | None) -> int:
        """Make a class the focus class, or clear it with None; it is on disk when this returns.

        Returns the first round that is ranked with it. Raises UsageError for an unknown class, if there is none to
        clear, or if no further round will be ranked.
        """
        if label not in (None, *self.classes):
            raise UsageError(f"Unknown class {label!r}; the classes are {', '.join(self.classes)}.")
        if label is None and self.focus is None:
            raise UsageError(f"Session {self.folder.name!r} has no focus class to clear.")
        if self.open_round >= self.config.rounds:
            raise UsageError(
                f"All rounds of session {self.folder.name!r} are ranked already, so a focus class has no effect."
            )
        if label != self.focus:
            verdict = Verdict(UNDO) if label is None else Verdict(FOCUS, label)
            self._record("", verdict, self.open_round, RANKING, None)
        return self.open_round + 1

    def merge_decisions(self, decisions: Sequence[Decision]) -> None:
        """Add the decisions of copies of the session, all of them or none (see `merge`).

        Raises UsageError if the round of its queue is being retrained, AlcError if they could not be written; it tells
        how many were, for a disk that fails may keep some of them.
        """
        self._check_writable()
        self._check_open({decision.occasion for decision in decisions} - {REPEAT}, self.round)
        before = len(self.decisions)
        try:
            self._journal.extend(decisions)
        except OSError as error:
            added = len(self.decisions) - before
            raise failures.merge_interrupted(self.folder.journal, added, len(decisions), error) from error
        finally:
            for decision in self.decisions[before:]:
                self._state.add(decision)
            self._queue.reopen()

    def start_training(self, prepared: processes.PreparedWorker | None = None) -> None:
        """Start the worker, which continues with LNL or with the retraining of a decided round.

        prepared: a worker of this session that waits to be told; it is used up.
        """
        if overview(self.folder).state in (State.TRAINING, State.LABELING, State.DONE):
            if prepared is not None:
                prepared.close()
        elif prepared is None or not prepared.start():
            processes.spawn(self.folder)

    def _remove_old_checkpoint(self) -> None:
        """Remove the checkpoint of a finished round, which a killed worker has left."""
        is_training = self.frozen or lock.is_held(self.folder.worker_lock)
        if self.rounds and not is_training:
            with suppress(OSError):
                self.folder.checkpoint.unlink(missing_ok=True)

    def _round_of(self, sample: str) -> int:
        """The round of a verdict on the queue or ahead of it."""
        return self.round if sample in self._queue else self.round + 1

    def _check_writable(self) -> None:
        """Raise SessionUnavailable for a reader, or if the session has gone or another process labels it."""
        if not self._writable:
            raise SessionUnavailable(
                f"Session {self.folder.name!r} is open read-only; label it with `alc session label`."
            )
        self._lock.check()
        try:
            self._read_record()
        except OSError as error:
            raise failures.session_away(self.folder.path, error) from error

    def _check_open(self, occasions: Collection[str], number: int) -> None:
        """Raise UsageError for verdicts on the queue of round `number` while it is being retrained."""
        if number == self.round and self.frozen and not OF_THE_QUEUE.isdisjoint(occasions):
            raise UsageError(
                f"Round {self.round} is being retrained; change its verdicts in Review, for the next retraining."
            )

    def _record(self, sample: str, verdict: Verdict, number: int, occasion: str, suggested: str | None) -> Decision:
        self._check_writable()
        self._check_open({occasion}, number)
        decision = Decision.now(verdict, sample, number, self.annotator, suggested, occasion)
        try:
            recorded = self._journal.append(decision)
        except OSError as error:
            raise failures.verdict_not_recorded(self.folder.journal, error) from error
        self._state.add(recorded)
        if occasion == ROUND or (self.is_finished_early and number == self.round):
            self._queue = self.queue_of(self.round)
        return recorded


_AGAIN = frozenset({REVIEW, SECOND, REPEAT})
