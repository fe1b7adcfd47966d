"""A session as it can be read: its samples, rounds, queue, verdicts, and progress. Writes nothing.

Independent of torch and screens.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

from alc_tui.data.cache.images import CachedImages
from alc_tui.data.cache.pixels import PixelCache
from alc_tui.data.cache.sizes import stored_size
from alc_tui.data.case_data import hidden_columns
from alc_tui.data.dataset import ImageSource
from alc_tui.data.paths import location
from alc_tui.data.similarity.result import Similarity
from alc_tui.errors import AlcError, SessionUnavailable, UsageError
from alc_tui.session.labeling.agreement import Summary, summary
from alc_tui.session.labeling.facts import Facts
from alc_tui.session.labeling.items import Evidence, Item, TypicalSamples
from alc_tui.session.labeling.journal_state import JournalState, LabelingProgress
from alc_tui.session.labeling.round_queue import RoundQueue
from alc_tui.session.labeling.training_samples import TrainingSamples
from alc_tui.session.relocation import open_stored_images
from alc_tui.session.settings.setting import split_names
from alc_tui.session.store import lock
from alc_tui.session.store.arrays import RoundArrays, load_round, load_samples, load_similarity
from alc_tui.session.store.case_data import load_case_data
from alc_tui.session.store.document import Document
from alc_tui.session.store.focus import focus_of
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Decision, Journal, Verdicts
from alc_tui.session.store.queue import round_queue
from alc_tui.session.store.show_first import load_show_first
from alc_tui.session.store.state import State, state_of


def check_exists(folder: SessionFolder) -> None:
    """Raise SessionUnavailable if there is no session."""
    if not folder.document.is_file():
        raise SessionUnavailable(f"No session found at {folder.path}; list the sessions with `alc session list`.")


class SessionReader:
    """Opens a session for reading, which needs no lock."""

    def __init__(self, folder: SessionFolder, annotator: str | None = None, repair: bool = False) -> None:
        """repair: see `Journal`; for writers only."""
        check_exists(folder)
        self.folder, self.annotator = folder, annotator or lock.user_name()
        self.notices: list[str] = []
        self._document = Document(folder.document)
        self.record = self._document.session
        self.config, self.classes = self.record.config, self.record.classes
        self.samples = load_samples(folder.samples, len(self.classes))
        self._training = TrainingSamples(self.samples, self.classes)
        self._facts, self._asked_for = self._load_facts(), self._load_asked_for()
        self._journal = Journal(folder.journal, self.notices.append, repair)
        self._training.check(self._journal.decisions, folder.journal)
        self.refresh()

    def refresh(self, keep: str | None = None) -> None:
        """Re-read what the worker may have written since.

        keep: a sample that can be decided ahead; while it is undecided, it is in the new queue.
        """
        self._read = self._record_read = self._document.identity
        self.record, self.rounds = self._document.session, self._document.rounds
        self._state = JournalState(self._journal.decisions, self.round, self.given_label)
        self._queue = self.queue_of(self.round, keep)

    def catch_up(self) -> bool:
        """Read what another process has written since, for watching; returns whether anything changed."""
        size = self.folder.journal.stat().st_size if self.folder.journal.exists() else 0
        if (size, self._document.identity) == (self._journal.size, self._read):
            return False
        self._journal = Journal(self.folder.journal)
        self.refresh()
        return True

    @property
    def state(self) -> State:
        """See `state.state_of`."""
        undecided = len(self.queue) - self._queue.count_decided(self.verdict_history)
        return state_of(self.folder, self.record, self.rounds, undecided)

    @property
    def round(self) -> int:
        """The round whose queue is being decided, or that is being trained: 0 until LNL is done."""
        return len(self.rounds)

    @property
    def frozen(self) -> bool:
        """Whether the current round's decisions are used by a retraining and can no longer be changed. Another process
        may have started it since the last `refresh`. As last read, if the session cannot be read now.
        """
        with suppress(AlcError, OSError):
            self._read_record()
        return self.record.is_frozen(self.round)

    @property
    def open_round(self) -> int:
        """The round whose retraining will use new decisions, except those on samples decided ahead."""
        return self.round + self.frozen

    @property
    def is_finished_early(self) -> bool:
        """Whether the current round was finished before its queue was decided."""
        return self._state.finish is not None

    @property
    def has_new_round(self) -> bool:
        """Whether the worker has finished a round since the last `refresh`; raises AlcError or OSError if the session
        cannot be read."""
        return self._document.identity != self._read and len(self._document.rounds) > len(self.rounds)

    @property
    def is_writable(self) -> bool:
        """Whether this process may decide, rather than only watch."""
        return False

    @property
    def queue(self) -> list[str]:
        """Ids of the current round's samples, in display order."""
        return self._queue.ids

    @property
    def ranked(self) -> int:
        """How many samples were ranked with the queue, itself included."""
        return self._queue.ranked

    @property
    def sampler(self) -> str:
        """The sampler that ranked the queue."""
        return self.config.sampler_of(self.round)

    @property
    def decided_ahead(self) -> Collection[str]:
        """Ids of the samples with decisions for the next round, undone ones included, in order."""
        return self._state.ahead

    @property
    def decisions(self) -> Sequence[Decision]:
        """The journal."""
        return self._journal.decisions

    @property
    def focus(self) -> str | None:
        """The focus class, of which rounds show more that are ranked from now on; None if there is none."""
        return focus_of(self.decisions)

    def verdict(self, sample: str) -> Decision | None:
        """The current verdict on a sample."""
        return self.verdict_history.of(sample)

    def verdicts(self) -> dict[str, Decision]:
        """All current verdicts, by sample id."""
        return self.verdict_history.all()

    @property
    def verdict_history(self) -> Verdicts:
        """All verdicts, including reviewed, second and repeated ones."""
        return self._state.verdicts

    def own_separate_verdict(self, occasion: str, sample: str) -> Decision | None:
        """This annotator's `second` or `repeat` verdict on a sample."""
        return self.verdict_history.separate_verdict(occasion, sample, self.annotator)

    def separate_verdicts(self, occasion: str) -> list[Decision]:
        """All annotators' `second` or `repeat` verdicts."""
        return self.verdict_history.separate_verdicts(occasion)

    def next_item(self) -> Item | None:
        """The first undecided sample of the queue, None when all are decided."""
        return self._queue.next_item(self.verdict_history)

    def may_decide_ahead(self, sample: str) -> bool:
        """Whether a sample outside the queue can be decided for the next round: in a live session, once the queue is
        decided, and as many as that round shows."""
        if sample in self.decided_ahead:
            return True
        if (
            not self.config.live
            or self.round >= self.config.rounds
            or self._queue.next_item(self.verdict_history) is not None
        ):
            return False
        return len(self.decided_ahead) < (self.config.budget or 0) and sample in self._queue.reserve

    def ahead(self, count: int) -> list[Item]:
        """The first undecided samples that can be decided ahead."""
        undecided = (sample for sample in self._queue.reserve if self.verdict(sample) is None)
        return [self.item_of(sample) for sample in islice(filter(self.may_decide_ahead, undecided), count)]

    def item(self, place: int) -> Item:
        """The sample at a place of the queue."""
        return self._queue.item(place, self.verdict_history)

    def item_of(self, sample: str) -> Item:
        """Any training sample, as the latest model sees it."""
        return self._queue.item_of(sample, self.verdict_history)

    def typical(self, name: str, verdicts: Verdicts | None = None) -> TypicalSamples:
        """Typical clean samples of a class, as the latest model sees them. verdicts: see `RoundQueue.typical`."""
        return self._queue.typical(name, verdicts)

    def queue_of(self, number: int, keep: str | None = None) -> RoundQueue:
        """The queue of a round up to the current one. keep: see `refresh`."""
        if not self.rounds:
            return RoundQueue(None, (), self._training, self.folder.name)
        evidence, size = self.evidence(number), self.rounds[number - 1].queued
        ids = round_queue(number, evidence.ranking, size, self._journal.decisions, keep)
        return RoundQueue(evidence, ids, self._training, self.folder.name)

    def evidence(self, number: int) -> Evidence:
        """The data on which the queue of round `number` was ranked."""
        before, focus = number - 1, self.rounds[number - 1].focus
        shared = self._facts, self._asked_for
        return Evidence(self.samples, self.classes, self.round_arrays(before), *shared, before, focus)

    def _load_asked_for(self) -> frozenset[str]:
        """Ids of the samples to show before all others; none if they cannot be read, which ranking reports."""
        if self.config.show_first is None:
            return frozenset()
        with suppress(AlcError):
            return frozenset(load_show_first(self.folder.owner.show_first))
        return frozenset()

    def _load_facts(self) -> Facts | None:
        case_data = load_case_data(self.folder.owner.case_data, len(self.samples.ids))
        if case_data is None:
            return None
        return Facts(case_data, hidden_columns(split_names(self.config.blind_hides), case_data.columns))

    def round_arrays(self, number: int) -> RoundArrays:
        """The arrays of a finished round; raises AlcError if they are missing or damaged."""
        return load_round(self.folder.round_arrays(number), self.samples, len(self.classes))

    def similarity(self) -> Similarity | None:
        """Near duplicates and outliers by frozen features; None if they were not looked for (yet).

        Raises AlcError if the file is damaged.
        """
        return load_similarity(self.folder.owner.similarity, len(self.samples.ids))

    def agreement(self) -> Summary:
        """The agreement between annotators, of annotators with themselves, and with the model's suggestion."""
        return summary(self.verdict_history, self.classes)

    def progress(self) -> LabelingProgress:
        """The progress of the current round and of the budget."""
        ledger = self._state.ledger()
        spent_before = self.rounds[-1].decided_total if self.rounds else 0
        return LabelingProgress(
            round=self.round,
            rounds=self.config.rounds,
            decided=ledger.shown,
            queue=len(self.queue),
            spent=spent_before + self._state.labels(),
            budget=(self.config.budget or 0) * self.config.rounds,
            ledger=ledger,
            pace=self._state.pace(),
        )

    def flow(self) -> dict[tuple[str, str], int]:
        """The number of decided samples by given label and answer."""
        return self._state.flow()

    def truth(self) -> dict[str, str]:
        """The true label of every training sample by id, for an oracle; raises UsageError if it is not known."""
        if not self.samples.truth_is_known:
            raise UsageError(
                f"The oracle gt needs true labels, which are not known for session {self.folder.name!r}; label the "
                "session, or replay it with --oracle journal."
            )
        return self._training.truth()

    def given_label(self, sample: str) -> str:
        """The given label of a training sample."""
        return self._training.given(sample)

    @property
    def data_root(self) -> Path:
        """The data set's folder or URL, or its file."""
        return location(self.record.dataset.root)

    def images(self) -> ImageSource:
        """The images of all samples, by position; images from a single large file are read from the cache."""
        images = open_stored_images(self.config.dataset, self.data_root, self.samples.locators, self.folder.owner.name)
        if self.data_root.is_file():
            return CachedImages(images, PixelCache(stored_size(self.config.image_size)))
        return images

    def _read_record(self) -> None:
        """Read the session's facts again if they have changed; raises AlcError if another session has its place."""
        identity = self._document.identity
        if identity != self._record_read:
            record = self._document.session
            if record.created != self.record.created:
                raise AlcError(f"{self.folder.path} holds another session now; close this one.")
            self._record_read, self.record = identity, record
