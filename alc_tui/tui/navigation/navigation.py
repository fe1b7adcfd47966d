"""The way from screen to screen: which session is open, and which of its screens is shown when."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from textual.app import App
from textual.screen import Screen

from alc_tui.errors import AlcError
from alc_tui.session.labeling.passes import LabelingPass, QueuePass, ReviewPass, SecondPass
from alc_tui.session.labeling.service import SessionService
from alc_tui.tui import messages
from alc_tui.tui.labeling.screen import LabelScreen
from alc_tui.tui.navigation.moved_images import ask_for_images
from alc_tui.tui.navigation.opened_session import OpenedSession
from alc_tui.tui.pictures.display import Display
from alc_tui.tui.preferences import Preferences
from alc_tui.tui.terminal.delivery import DeliveryConfirmation
from alc_tui.tui.timings import Timings
from alc_tui.viewer.viewer import Viewer


class Navigation:
    """Shows the list of sessions, or the screens of one open session, which it closes when it leaves them."""

    def __init__(
        self,
        app: App[Any],
        store: Path,
        preferences: Preferences,
        display: Display,
        delivery: DeliveryConfirmation,
        viewer: Viewer,
        timings: Timings,
    ) -> None:
        """store: the folder of sessions. display: how images are shown. delivery, viewer: shared by all sessions."""
        self._app, self._store, self._preferences, self._display = app, store, preferences, display
        self._delivery, self._viewer, self._timings = delivery, viewer, timings
        self._session: OpenedSession | None = None

    @property
    def session(self) -> OpenedSession | None:
        """The open session, None if there is none."""
        return self._session

    def show_sessions(self) -> None:
        """Close the open session and show the list of sessions."""
        from alc_tui.tui.sessions.screen import SessionsScreen

        self.close()
        self._replace_screens(SessionsScreen(self._store, self._delivery))

    def show_form(self) -> None:
        """Show the form for a new session, on top of the list."""
        from alc_tui.tui.sessions.new_session import NewSessionScreen

        self._app.push_screen(NewSessionScreen(self._store))

    def open(self, service: SessionService) -> None:
        """Close the open session and show the current step of this one."""
        self.close()
        self._session = self._opened(service)
        self.show_current()
        for notice in service.notices:
            self._app.notify(notice, severity="warning", timeout=15, markup=False)
        self._app.run_worker(self._look_for_images(service))

    def close(self) -> None:
        """Close the open session, if there is one."""
        if self._session is not None:
            self._session.close()
        self._session = None

    def show_current(self) -> None:
        """Show the next undecided sample, or the current step of the session."""
        self._replace_screens(self._current.current_screen(self._preferences.second_pass))

    def show_training(self, start: bool) -> None:
        """Show the training. start: whether to start it."""
        self._replace_screens(self._current.training_screen(start))

    def show_scores(self) -> None:
        """Show the finished rounds, from where the next one begins."""
        self._replace_screens(self._current.progress_screen())

    def show_progress(self) -> None:
        """Show the finished rounds, on top of the current screen."""
        from alc_tui.tui.progress.screen import ProgressScreen

        if self._session is None or isinstance(self._app.screen, ProgressScreen):
            return
        if not self._session.service.rounds:
            self._app.notify("There is no progress to show until the first training phase has finished.")
        else:
            self._app.push_screen(self._session.progress_screen(over=True))

    def show_grid(self) -> None:
        """Show the queue of the round as thumbnails, on top of the current screen."""
        from alc_tui.tui.grid.screen import GridScreen

        if self._may_show_verdicts() and not isinstance(self._app.screen, GridScreen):
            below = self._app.screen
            sample = below.leave_enlarged() if isinstance(below, LabelScreen) else None
            self._app.push_screen(self._current.grid_screen(sample))

    def show_review(self, kind: str | None = None) -> None:
        """Show the samples that deserve a second look, on top of the current screen. kind: the list to begin with."""
        from alc_tui.tui.review.screen import ReviewScreen

        if self._may_show_verdicts() and not isinstance(self._app.screen, ReviewScreen):
            self._app.push_screen(self._current.review_screen(kind))

    def show_test_images(self, label: str, prediction: str | None) -> None:
        """Show test images, see `OpenedSession.gallery_screen`."""
        try:
            self._app.push_screen(self._current.gallery_screen(label, prediction))
        except AlcError as error:
            self._app.notify(str(error), severity="error", timeout=15, markup=False)

    def review(self, message: messages.StartReview) -> None:
        """Show the samples of a review one by one, on top of its list."""
        session = self._current
        self._app.push_screen(session.label_screen(ReviewPass(session.service, message.cases, message.start)))

    def leave_pass(self, labeling_pass: LabelingPass) -> None:
        """Return from a review to its list, or go on after another pass."""
        if isinstance(labeling_pass, ReviewPass):
            if isinstance(self._app.screen, LabelScreen):
                self._app.pop_screen()
            return
        self._preferences = replace(self._preferences, second_pass=False)
        self.show_current()
        if isinstance(labeling_pass, SecondPass):
            self.show_review("annotators disagree")

    def enlarge(self, sample: str) -> None:
        """Show a sample of the grid on the labeling screen below it, if it can be decided there."""
        session = self._current
        if session.service.frozen:
            self._app.notify("This round is being retrained. Changes in Review take effect at the next retraining.")
            return
        below = self._app.screen_stack[-2]
        if isinstance(below, LabelScreen) and not below.can_jump:
            self._app.notify(
                "A review is limited to its own samples. Press Escape twice to leave the grid and the review."
            )
            return
        self._app.pop_screen()
        if not isinstance(self._app.screen, LabelScreen):
            self._replace_screens(session.label_screen(QueuePass(session.service)))
        self._app.call_after_refresh(self._jump, sample)

    @property
    def _current(self) -> OpenedSession:
        assert self._session is not None, "only screens of an open session lead to others of it"
        return self._session

    def _may_show_verdicts(self) -> bool:
        """Whether a session is open and verdicts may be shown, which is not the case in a second pass."""
        if self._preferences.second_pass and self._session is not None:
            self._app.notify(
                "In a second pass, you do not see other annotators' decisions. Review opens when you finish the pass."
            )
        return self._session is not None and not self._preferences.second_pass

    def _jump(self, sample: str) -> None:
        if isinstance(self._app.screen, LabelScreen):
            self._app.screen.jump(sample)

    async def _look_for_images(self, service: SessionService) -> None:
        """Ask where the images are if they are missing, and show the session again once they are found."""
        found = await ask_for_images(self._app, service.folder)
        if found and self._session is not None and self._session.service is service:
            self._session.close_pictures()
            service.refresh()
            self._session = self._opened(service)
            self.show_current()

    def _opened(self, service: SessionService) -> OpenedSession:
        return OpenedSession(service, self._preferences, self._display, self._delivery, self._viewer, self._timings)

    def _replace_screens(self, screen: Screen[None]) -> None:
        """Replace all open screens with this one."""
        while len(self._app.screen_stack) > 2:
            self._app.pop_screen()
        if len(self._app.screen_stack) == 2:
            self._app.switch_screen(screen)
        else:
            self._app.push_screen(screen)
