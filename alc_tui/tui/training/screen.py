"""The training, live: it follows the worker's events and never holds the worker up.

Leaving this screen, or losing the terminal, does not end a training; only the person who asks for it does.
"""

from __future__ import annotations

import asyncio
import time
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Horizontal, Vertical, VerticalScroll
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Footer, Static

from alc_tui.errors import AlcError
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store import lock, processes
from alc_tui.session.store.document import Document
from alc_tui.session.store.events import Event, EventReader
from alc_tui.text.format import plain
from alc_tui.tui.commands import footer_command, help_command
from alc_tui.tui.dialogs.confirm import ConfirmScreen
from alc_tui.tui.messages import RoundTrained, ShowProgress
from alc_tui.tui.terminal.receipt import Receipt
from alc_tui.tui.training.clean_shares import CleanShares
from alc_tui.tui.training.event_list import EventList
from alc_tui.tui.training.facts import TrainingFacts
from alc_tui.tui.training.state import Training, follow
from alc_tui.tui.widgets.heading import Heading
from alc_tui.tui.widgets.plot import Plot, Series
from alc_tui.tui.widgets.status_line import StatusLine

WIDE = 120
"""Columns from which figures and log stand together."""
BREADTHS = [(0, "-narrow"), (WIDE, "-wide")]
HEIGHTS = [(0, "-low"), (36, "-high")]
POLL_SECONDS = 0.25
LAST_WORDS_SECONDS = 1.0
"""How long a worker that is gone may still be heard of, before it counts as killed."""

STARTING, RUNNING, STOPPING, TRAINED, ENDED = "starting", "running", "stopping", "trained", "ended"


class TrainingScreen(Screen[None]):
    """Follows the session's worker, or starts it first; says `RoundTrained` when a round has been finished.

    While another screen is over it, it says so only in a notice, and leaves the session as that screen knows it.
    """

    AUTO_FOCUS = ""
    CSS_PATH = "screen.tcss"
    HORIZONTAL_BREAKPOINTS = BREADTHS
    VERTICAL_BREAKPOINTS = HEIGHTS
    BINDINGS: ClassVar[list[BindingType]] = [
        footer_command(
            "r", "go_on", "Go on", "training.go_on", "Go on from the last epoch that was finished, or try again."
        ),
        footer_command("r", "app.review", "Review", "training.review", "Decide again what deserves it, meanwhile."),
        help_command("g", "app.grid", "training.grid", "The whole round as thumbnails."),
        footer_command(
            "l", "toggle_log", "Log", "training.log", "What happened, line by line; or back to the figures."
        ),
        footer_command("p", "show_progress", "Progress", "training.progress", "What the rounds have brought so far."),
        footer_command(
            "d",
            "detach",
            "Detach (it goes on)",
            "training.detach",
            "Leave; the training goes on, and can be watched again from any terminal.",
        ),
        help_command("q", "detach", "training.leave", "Leave; the training goes on."),
        footer_command("ctrl+x", "stop", "Pause", "training.stop", "Pause after a question; finished epochs are kept."),
        footer_command("q", "app.quit", "Quit", "training.quit", "Leave."),
        help_command("up", "scroll(-1)", "training.up", "Scroll up."),
        help_command("down", "scroll(1)", "training.down", "Scroll down."),
        help_command("pageup", "scroll_page(-1)", "training.pageup", "A page up."),
        help_command("pagedown", "scroll_page(1)", "training.pagedown", "A page down."),
        footer_command("question_mark", "app.help", "Help", "training.help", "These keys."),
    ]

    def __init__(self, service: SessionService, start: bool, receipt: Receipt) -> None:
        """start: whether the worker has to be started, or is running (or has failed) already."""
        super().__init__()
        self._service, self._start_first, self._receipt = service, start, receipt
        self._events = EventReader(service.folder.events)
        self._rounds_before = len(service.rounds)
        self._training = Training()
        self._heard_at = time.monotonic()
        self._phase = RUNNING
        self._was_asked_to_stop = False
        self._gone_since: float | None = None
        self.has_failed = False

    def compose(self) -> ComposeResult:
        """Heading, figures beside kept shares and curves, the log, what happened, keys."""
        yield Heading()
        with Horizontal(id="figures"):
            yield TrainingFacts()
            with Container(id="course"):
                with VerticalScroll(id="kept", can_focus=False):
                    yield CleanShares(self._service.classes)
                with Vertical(id="curves"):
                    yield Plot("validation macro-F1 by epoch  (● best)", id="validation")
                    yield Plot("loss by epoch  (1, 2 the peer)", id="losses")
        yield EventList()
        yield Static(id="notices", markup=False)
        yield StatusLine()
        yield Footer(compact=True)

    def on_mount(self) -> None:
        """Catch up with what the worker has done so far, then follow it."""
        so_far = follow(self._training, self._hear())
        is_of_this_round = so_far.round is None or so_far.round == self._service.round
        self._training = so_far if is_of_this_round else Training()
        self.set_interval(POLL_SECONDS, self._poll)
        if self._start_first:
            self.action_go_on()
        elif self._is_idle():
            self._enter(ENDED, "Nothing is being trained.")
        else:
            self._poll()

    def on_screen_resume(self) -> None:
        """Nobody decides on another screen any more: on to the scores, if there are new ones."""
        if self._phase == TRAINED:
            self._tell_trained()

    def on_resize(self) -> None:
        """Where figures and log stand together, there is no key for either."""
        self.refresh_bindings()

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool:
        """There is nothing to stop once it has ended, and nothing to start before."""
        if action == "go_on":
            return self._phase == ENDED and self._service.is_writable
        if action == "stop":
            return self._phase == RUNNING and self._service.is_writable
        if action == "toggle_log":
            return self.size.width < WIDE
        return action != "detach" or self._phase != ENDED

    def action_go_on(self) -> None:
        """Start the worker: it takes up what is next, from the last epoch that was finished."""
        self._begin(STARTING, "Starting the worker …")
        self._start_worker()

    async def action_detach(self) -> None:
        """Leave the worker to itself."""
        await self.app.action_quit()

    def action_stop(self) -> None:
        """Ask first: a training is hours of somebody's GPU."""
        question = "Pause this training? Its finished epochs are kept, and r goes on from there."
        self.app.push_screen(ConfirmScreen(question, self._receipt), self._stop_if)

    def action_toggle_log(self) -> None:
        """Where there is not room for both: the log, or the figures."""
        self.toggle_class("-log")

    def action_show_progress(self) -> None:
        """What the rounds have brought so far."""
        self.post_message(ShowProgress())

    def action_scroll(self, rows: int) -> None:
        """Scroll the log, or the kept shares where there is no log."""
        self._scrolling.scroll_relative(y=rows, animate=False)

    def action_scroll_page(self, pages: int) -> None:
        """Scroll it by its height."""
        self._scrolling.scroll_relative(y=pages * max(1, self._scrolling.size.height - 1), animate=False)

    @property
    def _scrolling(self) -> Widget:
        log = self.query_one(EventList)
        return log if log.display else self.query_one("#kept")

    @work
    async def _start_worker(self) -> None:
        try:
            await asyncio.to_thread(self._service.start_training)
        except (AlcError, OSError) as error:
            self._fail(str(error))
        else:
            self._heard_at = time.monotonic()
            self._enter(RUNNING, "")

    def _stop_if(self, is_sure: bool | None) -> None:
        if is_sure and self._phase == RUNNING:
            self._was_asked_to_stop = True
            self._enter(STOPPING, "Pausing …")
            self._stop_worker()

    @work
    async def _stop_worker(self) -> None:
        try:
            has_ended = await asyncio.to_thread(processes.stop, self._service.folder)
        except OSError as error:
            has_ended = False
            self.query_one(StatusLine).say(f"The worker could not be asked to stop: {error}.", is_error=True)
        if not has_ended and self._phase == STOPPING:
            self._was_asked_to_stop = False
            who = lock.holder(self._service.folder.worker_lock) or "somebody"
            self._enter(RUNNING, f"The worker has not ended yet; it belongs to {who}.")

    def _poll(self) -> None:
        # The lock before the events: what a worker wrote before it let go is then never missed.
        has_worker = lock.is_held(self._service.folder.worker_lock)
        if has_worker and self._phase == ENDED:
            self._begin(RUNNING, "")
        heard = self._hear()
        if heard:
            self._training = follow(self._training, heard)
            self._heard_at = time.monotonic()
        if not has_worker and self._phase in (RUNNING, STOPPING):
            self._worker_has_ended()
        self._draw()

    def _is_idle(self) -> bool:
        """Whether there is neither a worker nor anybody here who may start one, and nothing that failed."""
        has_worker = lock.is_held(self._service.folder.worker_lock)
        return not (has_worker or self._service.is_writable or self._training.failure)

    def _hear(self) -> list[Event]:
        heard = self._events.poll_timed()
        self.query_one(EventList).add(heard)
        return [event for _, event in heard]

    def _worker_has_ended(self) -> None:
        try:
            is_trained = len(Document(self._service.folder.document).rounds) > self._rounds_before
        except (AlcError, OSError) as error:
            self._fail(str(error))
            return
        now = time.monotonic()
        self._gone_since = self._gone_since or now
        if is_trained:
            self._enter(TRAINED, "")
            self._tell_trained()
        elif self._training.failure is not None:
            self._fail(self._training.failure)
        elif self._training.stopped or self._was_asked_to_stop:
            self._enter(ENDED, f"Paused {self._where()}.{self._offer}")
        elif now - self._gone_since >= LAST_WORDS_SECONDS:
            self._fail(
                f"The worker ended without a word {self._where()}, as a killed process does; "
                f"{self._service.folder.worker_log} may say why.{self._offer}"
            )

    def _tell_trained(self) -> None:
        if self.app.screen is not self:
            what = f"Round {self._rounds_before} is trained" if self._rounds_before else "The learning is done"
            self.app.notify(f"{what}; Escape leads to the scores.", markup=False)
            return
        try:
            self._service.refresh()
        except (AlcError, OSError) as error:
            self._fail(str(error))
        else:
            self._phase = ENDED
            self.post_message(RoundTrained())

    @property
    def _offer(self) -> str:
        return " r goes on from there." if self._service.is_writable else ""

    def _where(self) -> str:
        training = self._training
        return f"after epoch {training.epoch} of {training.epochs}" if training.epochs else "before the first epoch"

    def _fail(self, sentence: str) -> None:
        self.has_failed = True
        self._enter(ENDED, sentence, is_error=True)
        if self.app.screen is not self:
            self.app.notify(sentence, title="The training has ended", severity="error", markup=False)

    def _begin(self, phase: str, said: str) -> None:
        """A worker is on its way: how the last one ended is forgotten."""
        self._training = self._training.starting()
        self._was_asked_to_stop = self.has_failed = False
        self._gone_since = None
        self._enter(phase, said)

    def _enter(self, phase: str, said: str, is_error: bool = False) -> None:
        self._phase = phase
        self.query_one(StatusLine).say(said, is_error)
        self._draw()
        self.refresh_bindings()

    def _draw(self) -> None:
        training = self._training
        self.query_one(Heading).show((self._service.folder.name, self._title()))
        self.query_one(TrainingFacts).show(training, time.monotonic() - self._heard_at, self._phase != ENDED)
        self._draw_course()
        self.query_one("#notices", Static).update("\n".join(plain(text) for text in training.notices[-2:]))

    def _draw_course(self) -> None:
        training = self._training
        latest, best, epochs = training.latest, training.best, [epoch.epoch for epoch in training.history]
        kept = latest.kept if latest else None
        self.query_one("#kept").display = kept is not None
        self.query_one("#curves").visible = latest is not None
        if latest is None or best is None:
            return
        if kept is not None:
            self.query_one(CleanShares).show(tuple(kept))
        axis = (0, training.epochs)
        scores = Series(epochs, [epoch.validation_macro_f1 for epoch in training.history], marks="", has_line=True)
        highest = Series([best.epoch], [best.validation_macro_f1])
        self.query_one("#validation", Plot).show([scores, highest], axis)
        losses = [
            Series(epochs, [epoch.losses[peer] for epoch in training.history], marks=str(peer + 1), color=color)
            for peer, color in zip(range(len(latest.losses)), ("key", "given"), strict=False)
        ]
        self.query_one("#losses", Plot).show(losses, axis, are_shares=False)

    def _title(self) -> str:
        number = self._service.round if self._training.round is None else self._training.round
        if number == 0:
            return "learning with noisy labels"
        return f"retraining, round {number} of {self._service.config.rounds}"
