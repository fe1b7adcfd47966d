"""The app: keys, commands and messages of all screens, and what ties it to the terminal. Does not train or import
torch."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar

from rich.console import RenderableType
from textual import events, on, work
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.notifications import Notify
from textual.screen import Screen
from textual.widgets import Input

from alc_tui.errors import AlcError, UsageError
from alc_tui.session.labeling.service import SessionService
from alc_tui.tui import messages
from alc_tui.tui.image_commands import ImageCommands
from alc_tui.tui.key_roles import translated
from alc_tui.tui.keymap import check_keys, keymap
from alc_tui.tui.navigation.navigation import Navigation
from alc_tui.tui.palette import THEMES
from alc_tui.tui.pictures.display import Display
from alc_tui.tui.pictures.drawing import AUTO, preview_mode
from alc_tui.tui.preferences import NO_GUIDELINE, Preferences, guideline
from alc_tui.tui.system_commands import app_commands, screen_commands
from alc_tui.tui.terminal import output
from alc_tui.tui.terminal.delivery import DeliveryConfirmation
from alc_tui.tui.terminal.driver import TerminalDriver
from alc_tui.tui.terminal.frames import written_cells
from alc_tui.tui.terminal.garbage_collector import GarbageCollector
from alc_tui.tui.terminal.key_delay import KeyDelay
from alc_tui.tui.terminal.keyboard import KeyFilter
from alc_tui.tui.terminal.notification import call_back
from alc_tui.tui.terminal.reports import BrokenInput
from alc_tui.tui.terminal.ssh_queue import of_tmux
from alc_tui.tui.timings import Timings
from alc_tui.tui.toasts import is_on_screen
from alc_tui.tui.viewing import show_viewer
from alc_tui.viewer.viewer import Viewer

TRAINING_FAILED = 4
"""Exit code."""

PASTED = "Pasted text is ignored: only keys that you press decide."


class AlcApp(App[int]):
    """The labeling app; returns an exit code. It has at most one open session, which it closes."""

    TITLE = "alc"
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "quit", "Quit", show=False, priority=True),
        Binding("ctrl+z", "suspend_process", "Suspend", show=False, priority=True),
    ]

    def __init__(
        self,
        store: Path,
        service: SessionService | None = None,
        preferences: Preferences | None = None,
        timings: Timings | None = None,
        remember: Callable[[Display], object] = lambda _display: None,
    ) -> None:
        """store: the folder of sessions. service: the session to begin with; None for the list of sessions. remember:
        called when the user has changed how images are shown."""
        super().__init__(driver_class=TerminalDriver)
        self._preferences, timings = preferences or Preferences(), timings or Timings()
        self._first = service
        self._viewer = Viewer(self._preferences.viewer_port)
        self._annotator = None if service is None else service.annotator
        self.refusal: UsageError | None = None
        self.failure: Exception | None = None
        self.garbage_collector = GarbageCollector()
        self._display_of_images = self._preferences.display()
        self._image_commands = ImageCommands(self, self._display_of_images, remember)
        self._delivery = DeliveryConfirmation(self, timings.guard, ssh_queue=of_tmux(os.environ))
        key_filter = KeyFilter(timings.quiet, timings.repeat, timings.broken)
        self._key_delay = KeyDelay(self, self._take, key_filter, self._refuse)
        self._navigation = Navigation(
            self, store, self._preferences, self._display_of_images, self._delivery, self._viewer, timings
        )

    def on_mount(self) -> None:
        """Show the list of sessions, or the screen that fits the session's state."""
        for theme in THEMES.values():
            self.register_theme(theme)
        self.theme = self._preferences.theme
        self.set_interval(60, self.garbage_collector.collect_when_idle)
        if self._preferences.keys or self._preferences.class_keys:
            self.set_keymap(keymap(self._preferences))
        try:
            preview_mode(self, self._display_of_images.preview)
        except UsageError as error:
            if not self._preferences.is_preview_remembered:
                self.refusal = error
                self.exit()
                return
            self._display_of_images.preview = AUTO
        if self._first is None:
            self._navigation.show_sessions()
        else:
            self._open(self._first)

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        # A private method of Textual, the only one that knows which cells a frame writes.
        if (layer := output.graphics(self)) is not None:
            layer.overwrite(written_cells(renderable))
        super()._display(screen, renderable)

    def _handle_exception(self, error: Exception) -> None:
        # A private method of Textual, which would show a traceback with all local variables.
        self.failure = self.failure or error
        if self.is_headless:
            super()._handle_exception(error)
        else:
            self.exit()

    async def on_unmount(self) -> None:
        """Close the session, and stop the viewer."""
        self._navigation.close()
        await self._viewer.stop()

    async def on_event(self, event: events.Event) -> None:
        """Delay each key briefly: keys that arrive in bursts are pasted text or terminal replies."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            await self._key_delay.take(event)
        elif isinstance(event, events.Paste) and not event.is_forwarded and not isinstance(self.focused, Input):
            self._refuse(PASTED)
        else:
            if isinstance(event, events.Key):
                await self._wait_for_screen()
            await super().on_event(event)

    async def _take(self, event: events.Key) -> None:
        """A key that a person pressed."""
        await self._wait_for_screen()
        key = translated(event, self.screen, self._class_keys().values())
        if key is not None:
            await super().on_event(key)

    async def _wait_for_screen(self) -> None:
        """Wait until the current screen has its widgets, so that keys and commands find them."""
        await self.screen._mounted_event.wait()  # a private field of Textual, which has no other way

    @on(BrokenInput)
    def _distrust_keys(self, message: BrokenInput) -> None:
        self._key_delay.break_off(message.at)

    @on(events.AppFocus)
    def _redraw_graphics(self) -> None:
        if (layer := output.graphics(self)) is not None:
            layer.redraw_in_tmux()

    @on(Notify)
    def _show_once(self, event: Notify) -> None:
        if is_on_screen(self._notifications, event.notification):
            event.prevent_default()

    @on(Driver.SignalResume)
    def _show_again(self) -> None:
        """The app was suspended: what is on the screen is drawn again, and counts as seen only then."""
        self.screen.post_message(events.ScreenSuspend())
        self.screen.post_message(events.ScreenResume())
        self.refresh(layout=True)

    def on_cursor_position(self, event: events.CursorPosition) -> None:
        """Process the terminal's confirmation that it has received a picture."""
        if self._delivery.receive(event):
            self.garbage_collector.collect_after_image()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The commands of the command palette."""
        yield from screen_commands(screen)
        yield from app_commands(self, has_session=self._navigation.session is not None)
        if self._navigation.session is not None:
            yield from self._image_commands.palette()

    def action_command_palette(self) -> None:
        """Show the command palette, on top of the current screen."""
        from alc_tui.tui.dialogs.command_palette import Palette

        if not isinstance(self.screen, Palette):
            self.push_screen(Palette())

    async def action_quit(self) -> None:
        """Quit; a running worker continues training."""
        failed = any(getattr(screen, "has_failed", False) for screen in self.screen_stack)
        self.exit(TRAINING_FAILED if failed else 0)

    def action_help(self) -> None:
        """Show the keys of the current screen, the classes and the guideline."""
        from alc_tui.tui.dialogs.help import HelpScreen

        self.push_screen(HelpScreen(self.screen, self._class_keys(), self._guideline()))

    def action_guideline(self) -> None:
        """Show the classes and the guideline, on top of the current screen."""
        from alc_tui.tui.dialogs.help import GuidelineScreen

        self.push_screen(GuidelineScreen(self._class_keys(), self._guideline() or NO_GUIDELINE))

    @on(messages.ContinueSession)
    def action_label(self) -> None:
        """Show the next undecided sample, or the current step of the session."""
        self._navigation.show_current()

    @on(messages.ShowGrid)
    def action_grid(self) -> None:
        """Show the queue of the round as thumbnails, on top of the current screen."""
        self._navigation.show_grid()

    def action_review(self, kind: str | None = None) -> None:
        """Show the samples that deserve a second look, on top of the current screen. kind: the list to begin with."""
        self._navigation.show_review(kind)

    @on(messages.ShowProgress)
    def action_progress(self) -> None:
        """Show the finished rounds, on top of the current screen."""
        self._navigation.show_progress()

    def action_sessions(self) -> None:
        """Close the open session and show the list of sessions."""
        self._navigation.show_sessions()

    def action_smooth(self) -> None:
        """Switch between smooth scaling and exact pixels."""
        self._image_commands.toggle_smooth()

    def action_next_preview(self) -> None:
        """Draw images in the next manner."""
        self._image_commands.next_preview()

    def action_resize_images(self, steps: int) -> None:
        """Make images larger, or smaller if negative."""
        self._image_commands.resize(steps)

    @work(exclusive=True, group="viewer")
    async def action_viewer(self) -> None:
        """Start the viewer, unless it runs, and say where it is; stop it if asked to."""
        await show_viewer(self, self._viewer)

    @on(messages.RoundDecided)
    def _retrain(self) -> None:
        self._navigation.show_training(start=True)

    @on(messages.ShowTraining)
    def _show_training(self) -> None:
        self._navigation.show_training(start=False)

    @on(messages.RoundTrained)
    def _show_scores(self) -> None:
        self._navigation.show_scores()

    @on(messages.TrainingEnded)
    def _call_back(self, message: messages.TrainingEnded) -> None:
        call_back(self, self._preferences.notify, message.text, os.environ)

    @on(messages.ShowTestImages)
    def _show_test_images(self, message: messages.ShowTestImages) -> None:
        self._navigation.show_test_images(message.label, message.prediction)

    @on(messages.StartReview)
    def _start_review(self, message: messages.StartReview) -> None:
        self._navigation.review(message)

    @on(messages.PassEnded)
    def _after_pass(self, message: messages.PassEnded) -> None:
        self._navigation.leave_pass(message.labeling_pass)

    @on(messages.EnlargeSample)
    def _enlarge_sample(self, message: messages.EnlargeSample) -> None:
        self._navigation.enlarge(message.sample)

    @on(messages.OpenSession)
    def _open_from_list(self, message: messages.OpenSession) -> None:
        try:
            service = SessionService(message.folder, self._annotator, write=message.write)
            try:
                check_keys(self._preferences, service.classes)
            except AlcError:
                service.close()
                raise
            self._open(service)
        except (AlcError, OSError) as error:
            self._navigation.close()
            self.notify(str(error), severity="error", timeout=15, markup=False)

    @on(messages.NewSession)
    def _new_session(self) -> None:
        self._navigation.show_form()

    @on(messages.SessionCreated)
    def _session_created(self, message: messages.SessionCreated) -> None:
        self._navigation.show_sessions()
        if message.start:
            self.post_message(messages.OpenSession(message.folder))

    def _open(self, service: SessionService) -> None:
        self._navigation.open(service)
        if self._preferences.viewer and self._viewer.server is None:
            self.action_viewer()

    def _class_keys(self) -> dict[str, str]:
        """The keys of the classes of the open session, by name."""
        session = self._navigation.session
        return {} if session is None else session.class_keys()

    def _guideline(self) -> str | None:
        session = self._navigation.session
        return None if session is None else guideline(self._preferences, session.service.data_root)

    def _refuse(self, text: str) -> None:
        self.notify(text)
