"""One session as the state machine that screens, replays and tests drive: a person and a simulated oracle alike.

Reads what the worker wrote, writes nothing but the journal. Knows no torch and no screen.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property
from pathlib import Path

from alc_tui.data.cache.images import CachedImages
from alc_tui.data.cache.pixels import PixelCache
from alc_tui.data.catalog import open_images
from alc_tui.data.dataset import ImageSource
from alc_tui.errors import AlcError, SessionUnavailable, UsageError
from alc_tui.model.sizes import stored_size
from alc_tui.session.labeling.agreement import Summary, summary
from alc_tui.session.labeling.items import Evidence, Item
from alc_tui.session.labeling.standing import Progress, Standing
from alc_tui.session.store import lock, processes
from alc_tui.session.store.arrays import Samples, load_round, load_samples
from alc_tui.session.store.document import Document
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import (
    GRID,
    KINDS,
    LABEL,
    QUEUE,
    REPEAT,
    REVIEW,
    SECOND,
    UNDO,
    Decision,
    Journal,
    Verdicts,
)
from alc_tui.session.store.state import State, overview, state_of


class SessionService:
    """Opens a session; with `write` it holds the session's label lock until `close`."""

    def __init__(self, folder: SessionFolder, annotator: str | None = None, write: bool = False) -> None:
        if not folder.document.is_file():
            raise SessionUnavailable(f"There is no session at {folder.path}; `alc session list` shows what there is.")
        self.folder, self.annotator = folder, annotator or lock.user_name()
        self.notices: list[str] = []
        self._lock = lock.WriterLock(folder.label_lock, "labeling", self.annotator)
        self._document = Document(folder.document)
        self.record = self._document.session
        self.config, self.classes = self.record.config, self.record.classes
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
        """Let go of the lock; nothing more is written."""
        self._writable = False
        self._lock.release()

    def __enter__(self) -> SessionService:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def refresh(self) -> None:
        """Read again what the worker may have written since."""
        self._read = self._record_read = self._document.identity
        self.record = self._document.session
        self.rounds = self._document.rounds
        self._standing = Standing(self._journal.decisions, self.round, self.given_label)
        self._evidence: Evidence | None = None
        if self.rounds:
            arrays = load_round(self.folder.round_arrays(len(self.rounds) - 1))
            self._evidence = Evidence(self.samples, self.classes, arrays)
        self._queue_ids = self._evidence.queue if self._evidence else []
        self._places = {sample: place for place, sample in enumerate(self._queue_ids)}
        self._first_open = 0

    def catch_up(self) -> bool:
        """Read what another process has written since, for who only watches; whether there was anything."""
        size = self.folder.journal.stat().st_size if self.folder.journal.exists() else 0
        if (size, self._document.identity) == (self._journal.size, self._read):
            return False
        self._journal = Journal(self.folder.journal)
        self.refresh()
        return True

    @property
    def state(self) -> State:
        """See `state.state_of`."""
        decided = sum(self._standing.verdicts.of(sample) is not None for sample in self._queue_ids)
        return state_of(self.folder, self.record, self.rounds, decided)

    @property
    def round(self) -> int:
        """The round whose queue is being decided, or that is trained: 0 until LNL is done."""
        return len(self.rounds)

    @property
    def frozen(self) -> bool:
        """Whether the current round's decisions have gone into a retraining, and can no longer be changed.

        Another process may have begun it since the last `refresh`.
        """
        if self._document.identity != self._record_read:
            self._record_read, self.record = self._document.identity, self._document.session
        return self.record.is_frozen(self.round)

    @property
    def open_round(self) -> int:
        """The round whose retraining takes what is decided now."""
        return self.round + self.frozen

    @property
    def is_writable(self) -> bool:
        """Whether this process may decide, or only watches."""
        return self._writable

    @property
    def queue(self) -> list[str]:
        """Ids of the current round's samples, in the order in which they are shown."""
        return self._queue_ids

    @property
    def decisions(self) -> Sequence[Decision]:
        """The journal."""
        return self._journal.decisions

    def verdict(self, sample: str) -> Decision | None:
        """The verdict that stands for a sample."""
        return self._standing.verdicts.of(sample)

    def verdicts(self) -> dict[str, Decision]:
        """All verdicts that stand, by sample id."""
        return self._standing.verdicts.all()

    @property
    def fold(self) -> Verdicts:
        """All verdicts, those that were given anew or beside included."""
        return self._standing.verdicts

    def own(self, occasion: str, sample: str) -> Decision | None:
        """This annotator's `second` or `repeat` verdict on a sample."""
        return self._standing.verdicts.aside(occasion, sample, self.annotator)

    def aside(self, occasion: str) -> list[Decision]:
        """All annotators' `second` or `repeat` verdicts."""
        return self._standing.verdicts.all_aside(occasion)

    def next_item(self) -> Item | None:
        """The first undecided sample of the queue, None when all are decided."""
        while self._first_open < len(self._queue_ids):
            if self._standing.verdicts.of(self._queue_ids[self._first_open]) is None:
                return self.item(self._first_open)
            self._first_open += 1
        return None

    def item(self, place: int) -> Item:
        """The sample at a place of the queue."""
        return self._known().ranked(place, self.verdict(self._queue_ids[place]))

    def item_of(self, sample: str) -> Item:
        """Any training sample, as the latest model sees it."""
        if sample in self._places:
            return self.item(self._places[sample])
        return self._known().any(self._local_by_id[sample], self.verdict(sample))

    def evidence(self, number: int) -> Evidence:
        """What was known when the queue of round `number` was ranked."""
        return Evidence(self.samples, self.classes, load_round(self.folder.round_arrays(number - 1)))

    def decide(
        self,
        sample: str,
        kind: str,
        label: str | None = None,
        seconds: float = 0.0,
        occasion: str = QUEUE,
        blind: bool = False,
        suggested: str | None = None,
    ) -> Decision:
        """Record a verdict; it is on disk when this returns.

        occasion: see `Decision`; in the `queue`, the `grid` and for a `repeat` the sample is of the current queue.
        suggested: what was shown as the model's, if that is not what the latest model says.
        Raises UsageError for what is no verdict, AlcError if it could not be written: then nothing was decided.
        """
        if occasion in _OF_THE_QUEUE and sample not in self._places:
            raise UsageError(f"Sample {sample!r} is not in the queue of round {self.round}.")
        if occasion in _AGAIN and self.verdict(sample) is None:
            raise UsageError(f"Sample {sample!r} has no verdict yet that could be given again.")
        if kind not in KINDS or kind == UNDO:
            raise UsageError(f"Unknown verdict {kind!r}; use one of {', '.join(KINDS[:-1])}.")
        if (kind == LABEL) != (label in self.classes):
            raise UsageError(f"Unknown class {label!r}; the classes are {', '.join(self.classes)}.")
        suggested = suggested or self.item_of(sample).suggestion
        return self._record(sample, kind, label, seconds, suggested, occasion, blind)

    def review(self, sample: str, kind: str, label: str | None = None, seconds: float = 0.0) -> Decision:
        """Decide a sample again: within its round as in its queue, afterwards for the next retraining."""
        in_queue = sample in self._places and not self.frozen
        return self.decide(sample, kind, label, seconds, QUEUE if in_queue else REVIEW)

    def undo(self, occasions: Collection[str] = (QUEUE, GRID), among: Collection[str] | None = None) -> Decision | None:
        """Take back the last verdict of these occasions that still stands and has not been retrained with.

        among: the samples it may be on, None for any. Returns the verdict taken back, None if there is none.
        """
        if self.frozen:
            occasions = set(occasions) - _OF_THE_QUEUE
        last = self._standing.last(occasions, self.annotator, among, self.open_round)
        if last is not None:
            self._record(last.sample, UNDO, None, 0.0, None, last.occasion, False)
            self._first_open = 0
        return last

    def take_in(self, decisions: Sequence[Decision]) -> None:
        """Add what was decided in copies of the session, all of it or nothing (see `merge`).

        Raises UsageError if the round of its queue is being retrained by now, OSError if it could not be written.
        """
        self._check_open({decision.occasion for decision in decisions} - {REPEAT})
        self._journal.extend(decisions)
        self.refresh()

    def agreement(self) -> Summary:
        """How far verdicts agree: between annotators, with one's own, with the model's suggestion."""
        return summary(self._standing.verdicts, self.classes)

    def progress(self) -> Progress:
        """How far the current round and the budget are."""
        here = self._standing.ledger()
        planned = self.config.budget or 0
        earlier = self.rounds[-1].decided_total if self.rounds else 0
        return Progress(
            round=self.round,
            rounds=self.config.rounds,
            decided=here.shown,
            queue=len(self._queue_ids),
            spent=earlier + here.confirmed + here.changed,
            budget=planned * self.config.rounds,
            ledger=here,
            pace=self._standing.pace(),
        )

    def flow(self) -> dict[tuple[str, str], int]:
        """How many decided samples came with which given label and ended with which answer."""
        return self._standing.flow()

    def truth(self) -> dict[str, str]:
        """The true label of every training sample by id, for an oracle; raises UsageError where it is not known."""
        if not self.samples.truth_is_known:
            raise UsageError(
                f"The truth of session {self.folder.name!r} is not known, so no oracle gt can answer; label it, or "
                "replay with --oracle journal."
            )
        train = self.samples.train
        return {str(self.samples.ids[p]): self.classes[self.samples.truth[p]] for p in train}

    @property
    def data_root(self) -> Path:
        """The data set's folder, or its file."""
        return Path(self.record.dataset.root)

    def images(self) -> ImageSource:
        """The images of all samples, by position; those of one large file from the cache they were decoded into."""
        root = self.data_root
        images = open_images(self.config.dataset, root, self.samples.locators.tolist())
        if root.is_file():
            return CachedImages(images, PixelCache(stored_size(self.config.image_size)))
        return images

    def start_training(self) -> None:
        """Start the worker, which goes on with whatever is next: LNL, or the retraining of a decided round."""
        if overview(self.folder).state not in (State.TRAINING, State.LABELING, State.DONE):
            processes.spawn(self.folder)

    def _check_journal(self) -> None:
        """Raise AlcError naming the first decision on a sample or for a class that the session does not have."""
        for decision in self._journal.decisions:
            if decision.sample not in self._local_by_id or decision.label not in (None, *self.classes):
                raise AlcError(
                    f"{self.folder.journal}, line {decision.seq + 1}: sample {decision.sample!r} or class "
                    f"{decision.label!r} is not of this session; mend that line by hand or from a copy."
                )

    def given_label(self, sample: str) -> str:
        """The given label of a training sample."""
        return self.classes[int(self.samples.given[self.samples.train[self._local_by_id[sample]]])]

    @cached_property
    def _local_by_id(self) -> dict[str, int]:
        return {sample: local for local, sample in enumerate(self.samples.ids[self.samples.train].tolist())}

    def _known(self) -> Evidence:
        if self._evidence is None:
            raise AlcError(f"Session {self.folder.name!r} has no queue yet; `alc session train` makes one.")
        return self._evidence

    def _check_open(self, occasions: Collection[str]) -> None:
        """Raise SessionUnavailable for a reader, UsageError if the round of its queue is being retrained."""
        if not self._writable:
            raise SessionUnavailable(
                f"Session {self.folder.name!r} is open for reading only; `alc session label` writes."
            )
        if self.frozen and not _OF_THE_QUEUE.isdisjoint(occasions):
            raise UsageError(f"Round {self.round} is being retrained; Review changes its verdicts for the next one.")

    def _record(
        self,
        sample: str,
        kind: str,
        label: str | None,
        seconds: float,
        suggested: str | None,
        occasion: str,
        blind: bool,
    ) -> Decision:
        self._check_open({occasion})
        try:
            decision = self._journal.append(
                self.open_round, sample, kind, label, self.annotator, seconds, suggested, occasion, blind
            )
        except OSError as error:
            raise AlcError(
                f"The verdict could not be written to {self.folder.journal} ({error.strerror}); it does not count: "
                "make room and press the key again."
            ) from error
        self._standing.add(decision)
        return decision


_OF_THE_QUEUE = frozenset({QUEUE, GRID, REPEAT})
_AGAIN = frozenset({REVIEW, SECOND, REPEAT})
