"""The retraining of a decided round while labeling goes on: starts it, follows it, and says on one line how it is
going."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from textual import work
from textual.message import Message
from textual.widgets import Static

from alc_tui.errors import AlcError
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store import lock, processes
from alc_tui.session.store.events import Failed, Stopped, last_event
from alc_tui.text.format import plain
from alc_tui.tui.labeling import texts

IDLE, STARTING, RUNNING, FAILED = "idle", "starting", "running", "failed"


class BackgroundTraining(Static):
    """Posts `Ranked` when the round is retrained, `Ended` if it was not. One line, so that nothing else moves."""

    DEFAULT_CSS = """
    BackgroundTraining { height: 1; padding: 0 1; color: $text-muted; }
    """

    class Ranked(Message):
        """The round is retrained, and the samples of the next one are ranked."""

    class Ended(Message):
        """The training has ended without a round. sentence: why."""

        def __init__(self, sentence: str) -> None:
            super().__init__()
            self.sentence = sentence

    def __init__(self, service: SessionService, last_event: float) -> None:
        """last_event: see `Timings`."""
        super().__init__(markup=False)
        self._service, self._patience = service, last_event
        self._phase = IDLE
        self._is_first = True
        self._was_reopened = False
        self._gone_since: float | None = None
        self._prepared: processes.PreparedWorker | None = None

    def on_mount(self) -> None:
        """Prepare the worker for the end of the round."""
        if self._service.is_writable:
            self._prepare()

    def on_unmount(self) -> None:
        """End the prepared worker."""
        self._close_prepared()

    @property
    def has_failed(self) -> bool:
        """Whether the round waits for a training that has ended without it."""
        return self._phase == FAILED

    def follow(self, is_decided: bool) -> None:
        """Take the next step. is_decided: whether the round's queue is decided, so that it can be retrained."""
        is_first, self._is_first = self._is_first, False
        if self._phase == STARTING:
            self._was_reopened |= not is_decided
            return
        if not is_decided:
            self._was_reopened |= self._phase == RUNNING
            if self._phase != IDLE:
                self._enter(IDLE, "")
            return
        # The lock before the document, so that a round that is written before the lock is released is not missed.
        if lock.is_held(self._service.folder.worker_lock):
            self._enter(RUNNING, texts.retraining(self._service.round))
        else:
            self._without_worker(has_failed_before=is_first and self._service.frozen and self._is_failed())

    def _without_worker(self, has_failed_before: bool) -> None:
        try:
            has_new_round = self._service.has_new_round
        except (AlcError, OSError) as error:
            self._fail(str(error))
            return
        if has_new_round:
            self._was_reopened = False
            self._enter(IDLE, "")
            self.post_message(self.Ranked())
            if self._service.round < self._service.config.rounds:
                self._prepare()
        elif self._was_reopened or (self._phase == IDLE and not has_failed_before):
            self._was_reopened = False
            self._enter(STARTING, texts.retraining(self._service.round))
            self._start()
        elif self._phase != FAILED:
            self._find_out_why()

    def _find_out_why(self) -> None:
        self._gone_since = self._gone_since or time.monotonic()
        match last_event(self._service.folder.events):
            case Failed(text=text):
                self._fail(text)
            case Stopped():
                self._fail(texts.STOPPED)
            case _ if time.monotonic() - self._gone_since >= self._patience:
                self._fail(texts.vanished(self._service.folder.worker_log))

    def _is_failed(self) -> bool:
        return isinstance(last_event(self._service.folder.events), Failed)

    @work
    async def _prepare(self) -> None:
        with suppress(OSError):  # then the worker is started when it is needed
            prepared = await asyncio.to_thread(processes.PreparedWorker, self._service.folder)
            self._close_prepared()
            self._prepared = prepared

    def _close_prepared(self) -> None:
        if self._prepared is not None:
            self._prepared.close()
        self._prepared = None

    @work
    async def _start(self) -> None:
        prepared, self._prepared = self._prepared, None
        try:
            await asyncio.to_thread(self._service.start_training, prepared)
        except (AlcError, OSError) as error:
            self._fail(str(error))
        else:
            self._enter(RUNNING, texts.retraining(self._service.round))

    def _fail(self, sentence: str) -> None:
        self._enter(FAILED, texts.retraining_failed(self._service.round))
        self.post_message(self.Ended(sentence))

    def _enter(self, phase: str, sentence: str) -> None:
        if phase != self._phase:
            self._phase, self._gone_since = phase, None
            self.update(plain(sentence))
