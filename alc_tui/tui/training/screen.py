"""Live training progress: follows the worker's events without slowing it down. Leaving this screen or losing the
terminal does not stop training; only an explicit pause does.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Static

from alc_tui.errors import AlcError
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store import lock, processes
from alc_tui.session.store.document import Document
from alc_tui.session.store.events import Event, EventReader
from alc_tui.text.format import plain
from alc_tui.tui.app_screen import AppScreen
from alc_tui.tui.dialogs.confirm import ConfirmScreen
from alc_tui.tui.keys import key_in_words, keys_of
from alc_tui.tui.messages import RoundTrained, ShowProgress, TrainingEnded
from alc_tui.tui.terminal.delivery import DeliveryConfirmation
from alc_tui.tui.timings import Timings
from alc_tui.tui.training import texts
from alc_tui.tui.training.curves import TrainingCurves
from alc_tui.tui.training.event_list import EventList
from alc_tui.tui.training.facts import TrainingFacts
from alc_tui.tui.training.keys import KEYS
from alc_tui.tui.training.state import Training, follow
from alc_tui.tui.widgets.heading import Heading
from alc_tui.tui.widgets.key_bar import KeyBar
from alc_tui.tui.widgets.status_line import StatusLine

WIDE = 120
"""Minimum width for showing metrics and log side by side."""
BREADTHS = [(0, "-narrow"), (WIDE, "-wide")]
HEIGHTS = [(0, "-low"), (36, "-high")]

STARTING, RUNNING, STOPPING, TRAINED, ENDED = "starting", "running", "stopping", "trained", "ended"


class TrainingScreen(AppScreen[None]):
    """Follows the session's worker, or starts it first; posts `RoundTrained` when a round is finished.

    While another screen is on top, it only shows a notification and does not access the session.
    """

    AUTO_FOCUS = ""
    CSS_PATH = "screen.tcss"
    HORIZONTAL_BREAKPOINTS = BREADTHS
    VERTICAL_BREAKPOINTS = HEIGHTS
    BINDINGS: ClassVar[list[BindingType]] = KEYS
    REFUSES_CLASS_KEYS = True

    def __init__(self, service: SessionService, start: bool, delivery: DeliveryConfirmation, timings: Timings) -> None:
        """start: start the worker; otherwise, it is already running or has failed."""
        super().__init__()
        self._timings = timings
        self._service, self._start_first, self._delivery = service, start, delivery
        self._events = EventReader(service.folder.events)
        self._rounds_before = len(service.rounds)
        self._training = Training()
        self._last_event_at = time.monotonic()
        self._phase = RUNNING
        self._was_asked_to_stop = False
        self._gone_since: float | None = None
        self.has_failed = self._has_called = False

    def compose(self) -> ComposeResult:
        """Heading, figures beside clean shares and curves, the log, notices, status line, keys."""
        yield Heading()
        with Horizontal(id="figures"):
            yield TrainingFacts()
            yield TrainingCurves(self._service.classes)
        yield EventList()
        yield Static(id="notices", markup=False)
        yield StatusLine()
        yield KeyBar()

    def on_mount(self) -> None:
        """Catch up with the events so far, then follow the worker."""
        so_far = follow(self._training, self._read_events())
        is_of_this_round = so_far.round is None or so_far.round == self._service.round
        # A worker may have failed before it began with this round.
        of_this_round = so_far if is_of_this_round else Training(failure=so_far.failure)
        self._training = self._with_estimate(of_this_round)
        self.set_interval(self._timings.training, self._poll)
        if self._start_first:
            self.action_resume()
        elif self._is_idle():
            self._enter(ENDED, texts.IDLE)
        else:
            self._enter(RUNNING, "")
            self._poll()

    def on_screen_resume(self) -> None:
        """Show the scores if training finished while another screen was shown."""
        if self._phase == TRAINED:
            self._announce_scores()

    def on_resize(self) -> None:
        """Update the keys: none switches between metrics and log if both are visible."""
        self.refresh_bindings()

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool:
        """Which keys are active: only a running training can be paused, only one that has ended can be resumed."""
        if action == "resume":
            return self._phase == ENDED and self._service.is_writable
        if action == "stop":
            return self._phase == RUNNING and self._service.is_writable
        if action == "toggle_log":
            return self.size.width < WIDE
        return action != "detach" or self._phase != ENDED

    def action_resume(self) -> None:
        """Start the worker, which resumes from the last finished epoch."""
        self._begin(STARTING, texts.STARTING)
        self._start_worker()

    async def action_detach(self) -> None:
        """Leave the worker running."""
        await self.app.action_quit()

    def action_stop(self) -> None:
        """Pause after confirmation, because training may have taken hours of GPU time."""
        self.app.push_screen(ConfirmScreen(texts.PAUSE_QUESTION, self._delivery), self._stop_if)

    def action_toggle_log(self) -> None:
        """Show the log or the figures, where both do not fit."""
        self.toggle_class("-log")

    def action_show_progress(self) -> None:
        """Show the results of the rounds so far."""
        self.post_message(ShowProgress())

    def action_scroll(self, rows: int) -> None:
        """Scroll the log, or the clean shares where there is no log."""
        self._scrolling.scroll_relative(y=rows, animate=False)

    def action_scroll_page(self, pages: int) -> None:
        """Scroll by pages."""
        self._scrolling.scroll_relative(y=pages * max(1, self._scrolling.size.height - 1), animate=False)

    @property
    def _scrolling(self) -> Widget:
        log = self.query_one(EventList)
        return log if log.display else self.query_one("#shares")

    @work
    async def _start_worker(self) -> None:
        try:
            await asyncio.to_thread(self._service.start_training)
        except (AlcError, OSError) as error:
            self._fail(str(error))
        else:
            self._last_event_at = time.monotonic()
            self._enter(RUNNING, "")

    def _stop_if(self, is_sure: bool | None) -> None:
        if is_sure and self._phase == RUNNING:
            self._was_asked_to_stop = True
            self._enter(STOPPING, texts.PAUSING)
            self._stop_worker()

    @work
    async def _stop_worker(self) -> None:
        try:
            has_ended = await asyncio.to_thread(processes.stop, self._service.folder)
        except OSError as error:
            has_ended = False
            self.query_one(StatusLine).show_message(texts.cannot_stop(error), is_error=True)
        if not has_ended and self._phase == STOPPING:
            self._was_asked_to_stop = False
            self._enter(RUNNING, texts.not_stopping(lock.holder(self._service.folder.worker_lock)))

    def _poll(self) -> None:
        # Check the lock before the events, so that nothing written before the lock was released is missed.
        has_worker = lock.is_held(self._service.folder.worker_lock)
        if has_worker and self._phase == ENDED:
            self._begin(RUNNING, "")
        events = self._read_events()
        if events:
            self._training = follow(self._training, events)
            self._last_event_at = time.monotonic()
        if not has_worker and self._phase in (RUNNING, STOPPING):
            self._worker_has_ended()
        self._draw()

    def _is_idle(self) -> bool:
        """Whether no worker is running, this user cannot start one, and there is no failure to show."""
        has_worker = lock.is_held(self._service.folder.worker_lock)
        return not (has_worker or self._service.is_writable or self._training.failure)

    def _read_events(self) -> list[Event]:
        events = self._events.poll_timed()
        self.query_one(EventList).add(events)
        return [event for _, event in events]

    def _worker_has_ended(self) -> None:
        try:
            is_trained = len(Document(self._service.folder.document).rounds) > self._rounds_before
        except (AlcError, OSError) as error:
            self._fail(str(error))
            return
        now, may_resume = time.monotonic(), self._service.is_writable
        self._gone_since = self._gone_since or now
        if is_trained:
            self._enter(TRAINED, "")
            self._announce_scores()
        elif self._training.failure is not None:
            self._fail(self._training.failure)
        elif self._training.stopped or self._was_asked_to_stop:
            self._enter(ENDED, texts.paused(self._training, may_resume))
        elif now - self._gone_since >= self._timings.last_event:
            self._fail(texts.vanished(self._training, self._service.folder.worker_log, may_resume))

    def _announce_scores(self) -> None:
        if not self._has_called:
            self._has_called = True
            self.post_message(TrainingEnded(texts.ended(self._service.folder.name, self._rounds_before)))
        if self.app.screen is not self:
            self.app.notify(texts.finished(self._rounds_before), markup=False)
            return
        try:
            self._service.refresh()
        except (AlcError, OSError) as error:
            self._fail(str(error))
        else:
            self._phase = ENDED
            self.post_message(RoundTrained())

    def _fail(self, sentence: str) -> None:
        self.has_failed = True
        self._enter(ENDED, sentence, is_error=True)
        self.post_message(TrainingEnded(f"{self._service.folder.name}: training failed"))
        if self.app.screen is not self:
            self.app.notify(sentence, title="Training failed", severity="error", markup=False)

    def _begin(self, phase: str, sentence: str) -> None:
        """A worker is starting: clear the outcome of the previous one."""
        self._training = self._with_estimate(self._training.starting())
        self._was_asked_to_stop = self.has_failed = False
        self._gone_since = None
        self._enter(phase, sentence)

    def _with_estimate(self, training: Training) -> Training:
        """Before its first event, a training is expected to take as long as was estimated for the session."""
        estimate = self._service.record.estimate
        if estimate is None or training.epochs:
            return training
        return replace(training, eta=estimate.of(self._service.round), is_uncertain=estimate.is_uncertain)

    def _enter(self, phase: str, sentence: str, is_error: bool = False) -> None:
        self._phase = phase
        if phase == RUNNING and not sentence:
            sentence = texts.while_waiting(self._service, self._keys())
        self.query_one(StatusLine).show_message(sentence, is_error)
        self._draw()
        self.refresh_bindings()

    def _keys(self) -> dict[str, str]:
        """The keys of what can be done meanwhile, by command."""
        commands = ("guideline", "grid", "review")
        return {name: key_in_words(keys_of(self, f"training.{name}")[0]) for name in commands}

    def _draw(self) -> None:
        training = self._training
        number = self._service.round if training.round is None else training.round
        title = texts.title(number, self._service.config.rounds)
        self.query_one(Heading).show((self._service.folder.name, title))
        self.query_one(TrainingFacts).show(training, time.monotonic() - self._last_event_at, self._phase != ENDED)
        self.query_one(TrainingCurves).show(training)
        self.query_one("#notices", Static).update("\n".join(plain(text) for text in training.notices[-2:]))
