"""An open session: state shared by its screens, and the creation of these screens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.screen import Screen

from alc_tui.session.labeling.passes import LabelingPass, QueuePass, SecondPass
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.state import State
from alc_tui.text.format import plain
from alc_tui.tui.grid.queue_view import QueueView
from alc_tui.tui.grid.selection import Selection
from alc_tui.tui.keys import class_keys
from alc_tui.tui.labeling.blind_mode import BlindMode
from alc_tui.tui.labeling.live_screen import LiveLabelScreen
from alc_tui.tui.labeling.screen import LabelScreen
from alc_tui.tui.pictures.display import Display
from alc_tui.tui.pictures.painter import Painter
from alc_tui.tui.preferences import Preferences
from alc_tui.tui.terminal.delivery import DeliveryConfirmation
from alc_tui.tui.timings import Timings
from alc_tui.viewer.viewer import Viewer

if TYPE_CHECKING:
    from alc_tui.tui.gallery.screen import GalleryScreen
    from alc_tui.tui.grid.screen import GridScreen
    from alc_tui.tui.progress.screen import ProgressScreen
    from alc_tui.tui.review.screen import ReviewScreen
    from alc_tui.tui.training.screen import TrainingScreen


class OpenedSession:
    """Creates the screens of a session, which share its painter and record of seen labels. Must be closed."""

    def __init__(
        self,
        service: SessionService,
        preferences: Preferences,
        display: Display,
        delivery: DeliveryConfirmation,
        viewer: Viewer,
        timings: Timings,
    ) -> None:
        self.service, self._preferences, self._delivery, self._timings = service, preferences, delivery, timings
        self._viewer = viewer
        self._painter = Painter(service.images, display)
        self._blind_mode = BlindMode(service, preferences.blind)
        self._view, self._selection = QueueView(service, self._blind_mode), Selection(service)
        self._painter.name_of = lambda position: self._blind_mode.name(str(service.samples.ids[position]))

    def close(self) -> None:
        """Close the painter and the service."""
        self.close_pictures()
        self.service.close()

    def close_pictures(self) -> None:
        """Close the painter only."""
        self._painter.close()

    def class_keys(self) -> dict[str, str]:
        """The keys of the classes, by name."""
        names = self.service.classes
        return dict(zip(names, class_keys(names, self._preferences.class_keys), strict=True))

    def current_screen(self, second_pass: bool) -> Screen[None]:
        """The screen for the session's state, or for a second pass."""
        service, state = self.service, self.service.state
        if second_pass:
            return self.label_screen(SecondPass(service))
        may_undo = state in (State.DECIDED, State.FAILED) and service.rounds and not service.frozen
        is_live = service.config.live and service.queue
        if state == State.LABELING or may_undo or is_live:
            return self.label_screen(QueuePass(service))
        if state == State.DONE:
            return self.progress_screen()
        return self.training_screen(start=service.is_writable and state in (State.NEW, State.STOPPED, State.DECIDED))

    def label_screen(self, labeling_pass: LabelingPass) -> LabelScreen:
        """The samples of a pass, one at a time."""
        is_live = self.service.config.live and isinstance(labeling_pass, QueuePass)
        kind = LiveLabelScreen if is_live else LabelScreen
        return kind(
            self.service,
            labeling_pass,
            self._painter,
            self._delivery,
            self._blind_mode,
            self._viewer,
            self._preferences,
            self._timings,
        )

    def grid_screen(self, sample: str | None = None) -> GridScreen:
        """The queue of the round as thumbnails, with the order, filters and marks of the last time. sample: to begin
        with."""
        from alc_tui.tui.grid.screen import GridScreen

        keys = list(self.class_keys().values())
        shared = self._painter, self._delivery, self._blind_mode, self._view, self._selection
        return GridScreen(self.service, *shared, keys, sample, self._timings.watch)

    def review_screen(self, kind: str | None = None) -> ReviewScreen:
        """The samples that deserve a second look. kind: the list to begin with."""
        from alc_tui.tui.review.screen import ReviewScreen

        return ReviewScreen(self.service, self._painter, self._delivery, self._blind_mode, kind)

    def progress_screen(self, over: bool = False) -> ProgressScreen:
        """The finished rounds. over: on top of another screen, to which Escape returns."""
        from alc_tui.tui.progress.screen import ProgressScreen

        return ProgressScreen(self.service, over)

    def gallery_screen(self, label: str, prediction: str | None) -> GalleryScreen:
        """Test images of a class or, with a prediction, of a cell of the confusion matrix; raises AlcError if they
        cannot be read."""
        from alc_tui.session.labeling.scored import of_cell, of_class
        from alc_tui.tui.gallery.screen import GalleryScreen

        images = of_class(self.service, label) if prediction is None else of_cell(self.service, label, prediction)
        title = plain(label) if prediction is None else f"{plain(label)} predicted as {plain(prediction)}"
        return GalleryScreen(self.service, self._painter, images, title, label)

    def training_screen(self, start: bool) -> TrainingScreen:
        """The training, live. start: whether to start the worker."""
        from alc_tui.tui.training.screen import TrainingScreen

        return TrainingScreen(self.service, start, self._delivery, self._timings)
