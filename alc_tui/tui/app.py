"""The app: it wires sessions to the screens that fit their states. It trains nothing and imports no torch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual import events, on
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from alc_tui.errors import AlcError, UsageError
from alc_tui.session.labeling.passes import QueuePass, ReviewPass, SecondPass
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.settings.files import CONFIG_FILE
from alc_tui.session.store.state import State
from alc_tui.tui import keys, messages
from alc_tui.tui.choices import Choices, guideline
from alc_tui.tui.labeling.blindness import Blindness
from alc_tui.tui.labeling.screen import LabelScreen
from alc_tui.tui.palette import THEMES
from alc_tui.tui.pictures.drawing import preview_mode
from alc_tui.tui.pictures.painter import Painter
from alc_tui.tui.terminal.collector import Collector
from alc_tui.tui.terminal.input_bytes import read_any_bytes
from alc_tui.tui.terminal.receipt import Receipt
from alc_tui.tui.terminal.sieve import Sieve

TRAINING_FAILED = 4


class AlcApp(App[int]):
    """Sessions at a terminal; returns the exit code. It holds one open session at a time, and closes it."""

    TITLE = "alc"
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+c", "quit", "Quit", show=False, priority=True)]

    def __init__(self, store: Path, service: SessionService | None = None, choices: Choices | None = None) -> None:
        """store: where sessions lie. service: the session to begin with; without one, their list is shown."""
        super().__init__()
        self._store, self._choices = store, choices or Choices()
        self._service: SessionService | None = None
        self._first = service
        self._annotator = None if service is None else service.annotator
        self._painter: Painter | None = None
        self._blindness: Blindness | None = None
        self.refusal: UsageError | None = None
        self.collector = Collector()
        self._receipt = Receipt(self)
        self._sieve = Sieve(self, super().on_event)

    def on_mount(self) -> None:
        """Show the list of sessions, or the screen that fits the session's state."""
        for theme in THEMES.values():
            self.register_theme(theme)
        self.theme = self._choices.theme
        self.set_interval(60, self.collector.idle)
        if self._choices.keys:
            self.set_keymap(keys.completed(self._choices.keys, _bindings().values()))
        try:
            preview_mode(self, self._choices.preview)
        except UsageError as error:
            self.refusal = error
            self.exit()
            return
        if self._first is None:
            self.push_screen(self._sessions_screen())
        else:
            self._open(self._first)

    def on_unmount(self) -> None:
        """Let go of the session."""
        self._close()

    async def on_event(self, event: events.Event) -> None:
        """Hold each key back for a moment: what comes in bursts was pasted or is a terminal's reply."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            await self._sieve.take(event)
        else:
            await super().on_event(event)

    def on_cursor_position(self, event: events.CursorPosition) -> None:
        """The terminal's receipt for a picture."""
        self._receipt.receive(event)
        self.collector.rest()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:  # noqa: ARG002
        """What the command palette offers."""
        if self._service is not None:
            yield SystemCommand("Label", "the next open sample, or whatever the session is at", self._show_fitting)
            yield SystemCommand("Grid", "the whole round as thumbnails", self.action_grid)
            yield SystemCommand("Review", "decide again what deserves it", self.action_review)
            yield SystemCommand("Progress", "scores, confusion, flow of labels, ledger", self.action_progress)
        yield SystemCommand("Sessions", "all sessions of the store", self.action_sessions)
        yield SystemCommand("Help", "the keys of this screen", self.action_help)
        for name in THEMES:
            yield SystemCommand(f"Theme: {name}", f"the {name} theme", lambda name=name: setattr(self, "theme", name))
        yield SystemCommand("Quit", "leave; a training goes on", self.action_quit)

    async def action_quit(self) -> None:
        """Leave; a training goes on in its worker."""
        failed = any(getattr(screen, "has_failed", False) for screen in self.screen_stack)
        self.exit(TRAINING_FAILED if failed else 0)

    def action_help(self) -> None:
        """The keys of the screen that is shown, and what the classes mean."""
        from alc_tui.tui.dialogs.help import HelpScreen

        text = None if self._service is None else guideline(self._choices, self._service.data_root)
        self.push_screen(HelpScreen(self.screen, self._class_keys(), text))

    def action_grid(self) -> None:
        """The round as thumbnails, over what is shown."""
        from alc_tui.tui.grid.screen import GridScreen

        if self._may_look_around() and not isinstance(self.screen, GridScreen):
            class_keys = list(self._class_keys().values())
            self.push_screen(GridScreen(self._opened(), self._drawing(), self._receipt, self._hidden(), class_keys))

    def action_review(self, kind: str | None = None) -> None:
        """What deserves a second look, over what is shown."""
        from alc_tui.tui.review.screen import ReviewScreen

        if self._may_look_around() and not isinstance(self.screen, ReviewScreen):
            class_keys = list(self._class_keys().values())
            self.push_screen(ReviewScreen(self._opened(), self._drawing(), class_keys, kind))

    def _may_look_around(self) -> bool:
        """Whether a session is open, and others' verdicts are no secret, as they are in a second pass."""
        if self._choices.second_pass and self._service is not None:
            self.notify("In a second pass you decide without seeing what others decided; Review opens at its end.")
        return self._service is not None and not self._choices.second_pass

    def action_progress(self) -> None:
        """The finished rounds, over what is shown."""
        from alc_tui.tui.progress.screen import ProgressScreen

        if self._service is None or isinstance(self.screen, ProgressScreen):
            return
        if not self._service.rounds:
            self.notify("There is no progress to show before the first learning is done.")
        else:
            self.push_screen(ProgressScreen(self._service, over=True))

    def action_sessions(self) -> None:
        """All sessions; the open one is closed."""
        self._close()
        self._begin(self._sessions_screen())

    @on(messages.RoundDecided)
    def _retrain(self) -> None:
        self._begin(self._training_screen(start=True))

    @on(messages.RoundTrained)
    def _show_scores(self) -> None:
        from alc_tui.tui.progress.screen import ProgressScreen

        self._begin(ProgressScreen(self._opened()))

    @on(messages.ScoresRead)
    def _show_fitting(self) -> None:
        self._begin(self._fitting_screen())

    @on(messages.ShowProgress)
    def _show_progress(self) -> None:
        self.action_progress()

    @on(messages.PassOver)
    def _after_pass(self, message: messages.PassOver) -> None:
        if isinstance(message.way, ReviewPass):
            if isinstance(self.screen, LabelScreen):
                self.pop_screen()
            return
        self._choices = replace(self._choices, second_pass=False)
        self._show_fitting()
        if isinstance(message.way, SecondPass):
            self.action_review("annotators disagree")

    @on(messages.ReviewFrom)
    def _review_from(self, message: messages.ReviewFrom) -> None:
        self.push_screen(self._label_screen(ReviewPass(self._opened(), message.cases, message.start)))

    @on(messages.LookAt)
    def _look_at(self, message: messages.LookAt) -> None:
        if self._opened().frozen:
            self.notify("This round is being retrained; Review changes its verdicts for the next one.")
            return
        below = self.screen_stack[-2]
        if isinstance(below, LabelScreen) and not below.may_jump:
            self.notify("A review shows its own samples: Escape, twice, leaves the grid and the review.")
            return
        self.pop_screen()
        if not isinstance(self.screen, LabelScreen):
            self._begin(self._label_screen(QueuePass(self._opened())))
        self.call_after_refresh(self._jump, message.sample)

    @on(messages.OpenSession)
    def _open_from_list(self, message: messages.OpenSession) -> None:
        try:
            service = SessionService(message.folder, self._annotator, write=message.write)
            try:
                check_keys(self._choices, service.classes)
            except AlcError:
                service.close()
                raise
            self._open(service)
        except (AlcError, OSError) as error:
            self._close()
            self.notify(str(error), severity="error", timeout=15, markup=False)

    @on(messages.NewSession)
    def _new_session(self) -> None:
        from alc_tui.tui.sessions.new_session import NewSessionScreen

        self.push_screen(NewSessionScreen(self._store))

    @on(messages.SessionMade)
    def _session_made(self, message: messages.SessionMade) -> None:
        self._begin(self._sessions_screen())
        if message.start:
            self.post_message(messages.OpenSession(message.folder))

    def _jump(self, sample: str) -> None:
        if isinstance(self.screen, LabelScreen):
            self.screen.jump(sample)

    def _open(self, service: SessionService) -> None:
        self._close()
        self._service, self._painter = service, Painter(service.images, self._choices.preview)
        self._blindness = Blindness(service, self._choices.blind)
        self._begin(self._fitting_screen())
        for notice in service.notices:
            self.notify(notice, severity="warning", timeout=15, markup=False)

    def _close(self) -> None:
        if self._painter is not None:
            self._painter.close()
        if self._service is not None:
            self._service.close()
        self._service = self._painter = self._blindness = None

    def _begin(self, screen: Screen[None]) -> None:
        """Show a screen alone, whatever was open."""
        while len(self.screen_stack) > 2:
            self.pop_screen()
        if len(self.screen_stack) == 2:
            self.switch_screen(screen)
        else:
            self.push_screen(screen)

    def _opened(self) -> SessionService:
        assert self._service is not None, "only screens of an open session say this"
        return self._service

    def _drawing(self) -> Painter:
        assert self._painter is not None, "an open session has its painter"
        return self._painter

    def _hidden(self) -> Blindness:
        assert self._blindness is not None, "an open session has its secrets"
        return self._blindness

    def _class_keys(self) -> dict[str, str]:
        """The keys of the open session's classes, by name."""
        names = () if self._service is None else self._service.classes
        return dict(zip(names, keys.class_keys(names, self._choices.class_keys), strict=True))

    def _fitting_screen(self) -> Screen[None]:
        service = self._opened()
        if self._choices.second_pass:
            return self._label_screen(SecondPass(service))
        state = service.state
        if state == State.LABELING or (
            state in (State.DECIDED, State.FAILED) and service.rounds and not service.frozen
        ):
            return self._label_screen(QueuePass(service))
        if state == State.DONE:
            from alc_tui.tui.progress.screen import ProgressScreen

            return ProgressScreen(service)
        return self._training_screen(start=service.is_writable and state in (State.NEW, State.STOPPED, State.DECIDED))

    def _label_screen(self, way: QueuePass | SecondPass | ReviewPass) -> LabelScreen:
        return LabelScreen(self._opened(), way, self._drawing(), self._receipt, self._hidden(), self._choices)

    def _training_screen(self, start: bool) -> Screen[None]:
        from alc_tui.tui.training.screen import TrainingScreen

        return TrainingScreen(self._opened(), start, self._receipt)

    def _sessions_screen(self) -> Screen[None]:
        from alc_tui.tui.sessions.screen import SessionsScreen

        return SessionsScreen(self._store, self._receipt)


def check_keys(choices: Choices, classes: Sequence[str]) -> None:
    """Raise UsageError if a key of `alc.toml` would mean two things."""
    taken = keys.check_class_keys(choices.class_keys, classes, CONFIG_FILE)
    if choices.keys or choices.class_keys:
        keys.check_keymap(choices.keys, _bindings(), taken, CONFIG_FILE)


def _bindings() -> dict[str, list[BindingType]]:
    """What keys mean on each screen, by its name."""
    from alc_tui.tui import screens

    return {name: found.BINDINGS for name, found in screens.load().items()}


def run(store: Path, service: SessionService | None, choices: Choices) -> int:
    """Show the session, or all of them, until the person leaves, then let go of it; returns the exit code.

    Raises UsageError if the choices' keys do not fit, UsageError of a second pass over nothing.
    """
    check_keys(choices, () if service is None else service.classes)
    if service is not None and choices.second_pass:
        SecondPass(service)
    app = AlcApp(store, service, choices)
    read_any_bytes()
    app.collector.begin()
    code = app.run()
    if app.refusal is not None:
        raise app.refusal
    return app.return_code or 0 if code is None else code
