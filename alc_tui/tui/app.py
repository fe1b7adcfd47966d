"""The app: it wires a session to the screen that fits its state. It trains nothing and imports no torch."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import App
from textual.binding import Binding, BindingType
from textual.screen import Screen

from alc_tui.session.service import SessionService
from alc_tui.session.state import DECIDED, DONE, LABELING, NEW, STOPPED
from alc_tui.tui.messages import RoundDecided, RoundTrained, ScoresRead
from alc_tui.tui.palette import SOBER
from alc_tui.tui.screens.label import LabelScreen
from alc_tui.tui.screens.scores import ScoresScreen
from alc_tui.tui.screens.training import TrainingScreen

TRAINING_FAILED = 4


class AlcApp(App[int]):
    """One session at a terminal; returns the exit code."""

    TITLE = "alc"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+c", "quit", "Quit", show=False, priority=True)]

    def __init__(self, service: SessionService) -> None:
        super().__init__()
        self._service = service

    def on_mount(self) -> None:
        """Show the screen that fits the session's state."""
        self.register_theme(SOBER)
        self.theme = SOBER.name
        self.push_screen(self._fitting_screen())
        for notice in self._service.notices:
            self.notify(notice, severity="warning", timeout=15, markup=False)

    async def action_quit(self) -> None:
        """Leave; a training goes on in its worker."""
        failed = any(isinstance(screen, TrainingScreen) and screen.has_failed for screen in self.screen_stack)
        self.exit(TRAINING_FAILED if failed else 0)

    @on(RoundDecided)
    def _retrain(self) -> None:
        self.switch_screen(TrainingScreen(self._service, start=True))

    @on(RoundTrained)
    def _show_scores(self) -> None:
        self.switch_screen(ScoresScreen(self._service))

    @on(ScoresRead)
    def _go_on(self) -> None:
        self.switch_screen(self._fitting_screen())

    def _fitting_screen(self) -> Screen[None]:
        state = self._service.state
        if state == LABELING or (state == DECIDED and not self._service.frozen):
            return LabelScreen(self._service)
        if state == DONE:
            return ScoresScreen(self._service)
        return TrainingScreen(self._service, start=state in (NEW, STOPPED, DECIDED))


def run(service: SessionService) -> int:
    """Show the session until the person leaves, then let go of it; returns the exit code."""
    with service:
        app = AlcApp(service)
        code = app.run()
    return app.return_code or 0 if code is None else code
