"""The labeling screen of a live session: rounds are retrained in the background, and the queue is ranked anew in
place."""

from __future__ import annotations

from textual.app import ComposeResult

from alc_tui.errors import AlcError
from alc_tui.session.labeling.passes import QueuePass, Showing
from alc_tui.session.store.state import State
from alc_tui.tui.labeling import texts
from alc_tui.tui.labeling.background_training import BackgroundTraining
from alc_tui.tui.labeling.screen import LabelScreen
from alc_tui.tui.messages import RoundTrained, ShowTraining


class LiveLabelScreen(LabelScreen):
    """Decides the queues of all rounds, one after another, then posts `RoundTrained`.

    A new ranking leaves an undecided sample on the screen where it is, until it is decided. While another screen is on
    top, the ranking waits.
    """

    def compose(self) -> ComposeResult:
        """The labeling screen, and a line about the retraining."""
        yield from super().compose()
        yield BackgroundTraining(self._service, self._timings.last_event)

    def on_mount(self) -> None:
        """Follow the training of a decided round."""
        self.set_interval(self._timings.training, self._follow)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:
        """Which keys are active: retraining starts by itself, and its screen shows why it did not."""
        if action == "training":
            return self.has_failed
        return action != "retrain" and super().check_action(action, parameters)

    def action_training(self) -> None:
        """Show the training that has failed."""
        self.post_message(ShowTraining())

    @property
    def has_failed(self) -> bool:
        """Whether the last training has failed."""
        return self.query_one(BackgroundTraining).has_failed

    def on_background_training_ended(self, message: BackgroundTraining.Ended) -> None:
        """Say why there is no new ranking; labeling goes on as far as the last one reaches."""
        self._show_status(message.sentence, is_error=True)
        self.refresh_bindings()

    def on_background_training_ranked(self) -> None:
        """Take over the new ranking, around the sample on the screen."""
        showing = self._current.showing
        if self._current.is_covered:
            return
        try:
            self._service.refresh(keep=None if showing is None else showing.item.sample)
        except (AlcError, OSError) as error:
            self._show_status(str(error), is_error=True)
            return
        self._current.labeling_pass = QueuePass(self._service)
        if not self._service.queue:
            self.post_message(RoundTrained())
            return
        last = self._service.rounds[-1]
        self.query_one(BackgroundTraining).update(texts.ranked(last.round, last.macro_f1.best))
        if showing is None or self._service.verdict(showing.item.sample) is not None:
            self._show(self._current.labeling_pass.next())

    def _follow(self) -> None:
        labeling_pass, service = self._current.labeling_pass, self._service
        if (
            isinstance(labeling_pass, QueuePass)
            and service.is_writable
            and service.queue
            and not self._current.is_covered
        ):
            self.query_one(BackgroundTraining).follow(labeling_pass.is_over)

    def _show(self, showing: Showing | None) -> None:
        super()._show(showing)
        self._follow()

    def _end(self) -> None:
        """All samples that can be decided before the next ranking are decided."""
        self._presentation.show_end(texts.waiting(self._service.round, self._service.config.rounds))

    def _has_ended(self, round_before: int, is_new: bool) -> bool:  # noqa: ARG002
        return not self._service.queue and self._service.state == State.DONE
