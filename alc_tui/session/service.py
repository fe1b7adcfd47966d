"""One session as the state machine that screens, replays and tests drive: a person and a simulated oracle alike.

Reads what the worker wrote, writes nothing but the journal. Knows no torch and no screen.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alc_tui.data.cache import PixelCache
from alc_tui.data.cached_images import CachedImages
from alc_tui.data.catalog import open_images
from alc_tui.data.dataset import ImageSource
from alc_tui.errors import AlcError, SessionUnavailable, UsageError
from alc_tui.model.sizes import stored_size
from alc_tui.session import lock, worker
from alc_tui.session.arrays import RoundArrays, Samples, load_round, load_samples
from alc_tui.session.document import Document
from alc_tui.session.folder import SessionFolder
from alc_tui.session.journal import KINDS, LABEL, UNDO, Decision, Journal, Verdicts
from alc_tui.session.ledger import Ledger, RunningLedger
from alc_tui.session.state import TRAINING, is_frozen, state_of


@dataclass(frozen=True)
class Item:
    """One sample of a round's queue, with what the model says of it.

    place: 0 is shown first. position: among all samples. probabilities: float32[C] of peer 1, not augmented.
    score: the sampler's.
    """

    place: int
    sample: str
    position: int
    given: str
    suggestion: str
    probabilities: NDArray[np.float32]
    score: float


@dataclass(frozen=True)
class Progress:
    """How far a person is. decided of queue: in this round. spent: labels decided in all rounds, of the budget."""

    round: int
    rounds: int
    decided: int
    queue: int
    spent: int
    budget: int
    ledger: Ledger


class SessionService:
    """Opens a session; with `write` it holds the session's label lock until `close`."""

    def __init__(self, folder: SessionFolder, annotator: str | None = None, write: bool = False) -> None:
        if not folder.document.is_file():
            raise SessionUnavailable(f"There is no session at {folder.path}; `alc session list` shows what there is.")
        self.folder, self.annotator = folder, annotator or lock.user_name()
        self.notices: list[str] = []
        self._lock = lock.WriterLock(folder.label_lock, "labeling")
        self._document = Document(folder.document)
        self.facts = self._document.session
        self.config = self._document.config
        self.classes: tuple[str, ...] = tuple(self.facts["classes"])
        if write:
            self._lock.acquire()
        try:
            self.samples: Samples = load_samples(folder.samples)
            self._journal = Journal(folder.journal, self.notices.append, repair=write)
            self._check_journal()
            self.refresh()
        except BaseException:
            self._lock.release()
            raise
        self._writable = write

    def close(self) -> None:
        """Let go of the lock."""
        self._lock.release()

    def __enter__(self) -> SessionService:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def refresh(self) -> None:
        """Read again what the worker may have written since."""
        self._read, self.facts = self._document.identity, self._document.session
        self.rounds: list[dict[str, Any]] = self._document.rounds
        self._verdicts = Verdicts(self._journal.decisions)
        self._arrays: RoundArrays | None = None
        self._queue: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        if self.rounds and len(self.rounds) <= self.config.rounds:
            self._arrays = load_round(self.folder.round_arrays(len(self.rounds) - 1))
            self._queue = self._arrays.ranking
        self._queue_ids = [str(self.samples.ids[self.samples.train[local]]) for local in self._queue]
        self._places = {sample: place for place, sample in enumerate(self._queue_ids)}
        here = (decision for decision in self._journal.decisions if decision.round == self.round)
        self._ledger = RunningLedger(self.given_label, here)
        self._first_open = 0

    @property
    def state(self) -> str:
        """See `state.state_of`."""
        decided = sum(self._verdicts.of(sample) is not None for sample in self._queue_ids)
        return state_of(self.folder, self.facts, self.rounds, decided)

    @property
    def round(self) -> int:
        """The round whose queue is being decided, or that is trained: 0 until LNL is done."""
        return len(self.rounds)

    @property
    def frozen(self) -> bool:
        """Whether the current round's decisions have gone into a retraining, and can no longer be changed."""
        return is_frozen(self.facts, self.round)

    @property
    def queue(self) -> list[str]:
        """Ids of the current round's samples, in the order in which they are shown."""
        return self._queue_ids

    def verdict(self, sample: str) -> Decision | None:
        """The verdict that stands for a sample."""
        return self._verdicts.of(sample)

    def verdicts(self) -> dict[str, Decision]:
        """All verdicts that stand, by sample id."""
        return self._verdicts.all()

    def next_item(self) -> Item | None:
        """The first undecided sample of the queue, None when all are decided."""
        while self._first_open < len(self._queue_ids):
            if self._verdicts.of(self._queue_ids[self._first_open]) is None:
                return self.item(self._first_open)
            self._first_open += 1
        return None

    def upcoming(self, count: int) -> list[Item]:
        """The next undecided samples after the first one, for decoding ahead."""
        found: list[Item] = []
        for place in range(self._first_open + 1, len(self._queue_ids)):
            if len(found) == count:
                break
            if self._verdicts.of(self._queue_ids[place]) is None:
                found.append(self.item(place))
        return found

    def item(self, place: int) -> Item:
        """The sample at a place of the queue."""
        if self._arrays is None:
            raise AlcError(f"Session {self.folder.name!r} has no queue yet; `alc session train` makes one.")
        local = int(self._queue[place])
        position = int(self.samples.train[local])
        probabilities = self._arrays.probabilities[local]
        return Item(
            place=place,
            sample=self._queue_ids[place],
            position=position,
            given=self.classes[self.samples.given[position]],
            suggestion=self.classes[int(probabilities.argmax())],
            probabilities=probabilities,
            score=float(self._arrays.scores[place]),
        )

    def decide(self, sample: str, kind: str, label: str | None = None, seconds: float = 0.0) -> Decision:
        """Record a verdict on a sample of the current queue; it is on disk when this returns.

        Raises UsageError for what is no verdict, AlcError if it could not be written: then nothing was decided.
        """
        if sample not in self._places:
            raise UsageError(f"Sample {sample!r} is not in the queue of round {self.round}.")
        if kind not in KINDS or kind == UNDO:
            raise UsageError(f"Unknown verdict {kind!r}; use one of {', '.join(KINDS[:-1])}.")
        if (kind == LABEL) != (label in self.classes):
            raise UsageError(f"Unknown class {label!r}; the classes are {', '.join(self.classes)}.")
        suggested = self.item(self._places[sample]).suggestion
        return self._record(sample, kind, label, seconds, suggested)

    def undo(self) -> str | None:
        """Take back the last verdict of this round that still stands; returns its sample, None if there is none."""
        standing = [verdict for sample in self._queue_ids if (verdict := self._verdicts.of(sample))]
        if not standing or self._is_frozen_by_now():
            return None
        last = max(standing, key=lambda decision: decision.seq)
        self._record(last.sample, UNDO, None, 0.0, None)
        self._first_open = 0
        return last.sample

    def progress(self) -> Progress:
        """How far the current round and the budget are."""
        here = self._ledger.total()
        planned = self.config.budget or 0
        earlier = self.rounds[-1]["decided_total"] if self.rounds else 0
        return Progress(
            round=self.round,
            rounds=self.config.rounds,
            decided=here.shown,
            queue=len(self._queue_ids),
            spent=earlier + here.confirmed + here.changed,
            budget=planned * self.config.rounds,
            ledger=here,
        )

    def truth(self) -> dict[str, str]:
        """The true label of every training sample by id, for an oracle; raises UsageError where it is not known."""
        if not self.samples.truth_is_known:
            raise UsageError(
                f"The truth of session {self.folder.name!r} is not known, so no oracle gt can answer; label it, or "
                "replay with --oracle journal."
            )
        train = self.samples.train
        return {str(self.samples.ids[p]): self.classes[self.samples.truth[p]] for p in train}

    def images(self) -> ImageSource:
        """The images of all samples, by position; those of one large file from the cache they were decoded into."""
        root = Path(self.facts["dataset"]["root"])
        images = open_images(self.config.dataset, root, self.samples.locators.tolist())
        if root.is_file():
            return CachedImages(images, PixelCache(stored_size(self.config.image_size)))
        return images

    def start_training(self) -> None:
        """Start the worker, which goes on with whatever is next: LNL, or the retraining of a decided round."""
        if self.state != TRAINING:
            worker.spawn(self.folder)

    def _check_journal(self) -> None:
        """Raise AlcError naming the first decision on a sample or for a class that the session does not have."""
        for decision in self._journal.decisions:
            if decision.sample not in self._positions_by_id or decision.label not in (None, *self.classes):
                raise AlcError(
                    f"{self.folder.journal}, line {decision.seq + 1}: sample {decision.sample!r} or class "
                    f"{decision.label!r} is not of this session; mend that line by hand or from a copy."
                )

    def given_label(self, sample: str) -> str:
        """The given label of a training sample."""
        return self.classes[int(self.samples.given[self._positions_by_id[sample]])]

    @cached_property
    def _positions_by_id(self) -> dict[str, int]:
        return {str(self.samples.ids[p]): int(p) for p in self.samples.train}

    def _is_frozen_by_now(self) -> bool:
        """`frozen`, though another process may have begun the retraining since the last `refresh`."""
        if self._document.identity != self._read:
            self._read, self.facts = self._document.identity, self._document.session
        return self.frozen

    def _record(self, sample: str, kind: str, label: str | None, seconds: float, suggested: str | None) -> Decision:
        if not self._writable:
            raise SessionUnavailable(
                f"Session {self.folder.name!r} is open for reading only; `alc session label` writes."
            )
        if self._is_frozen_by_now():
            raise UsageError(f"Round {self.round} is being retrained; its verdicts cannot be changed any more.")
        try:
            decision = self._journal.append(self.round, sample, kind, label, self.annotator, seconds, suggested)
        except OSError as error:
            raise AlcError(
                f"The verdict could not be written to {self.folder.journal} ({error.strerror}); it does not count: "
                "make room and press the key again."
            ) from error
        self._verdicts.add(decision)
        self._ledger.add(decision)
        return decision
