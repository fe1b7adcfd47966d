"""The labeling screen: one sample with its evidence, and one key per verdict. Works with any pass."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType

from alc_tui.errors import AlcError
from alc_tui.session.labeling.passes import LabelingPass, QueuePass, Showing
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.journal import FLAG, LABEL, REVIEW
from alc_tui.tui.app_screen import AppScreen
from alc_tui.tui.keys import class_keys, classes_by_key, key_in_words, keys_of
from alc_tui.tui.labeling import questions, texts
from alc_tui.tui.labeling.blind_mode import BlindMode
from alc_tui.tui.labeling.browser_view import BrowserView
from alc_tui.tui.labeling.current_sample import CurrentSample
from alc_tui.tui.labeling.keys import KEYS
from alc_tui.tui.labeling.possible import is_possible, why_not, why_not_finish
from alc_tui.tui.labeling.presentation import Presentation
from alc_tui.tui.labeling.round_end import RoundEnd
from alc_tui.tui.labeling.sample.sample_view import SampleView
from alc_tui.tui.messages import PassEnded, RoundDecided, ShowGrid
from alc_tui.tui.pictures.painter import Painter
from alc_tui.tui.preferences import Preferences
from alc_tui.tui.terminal.delivery import DeliveryConfirmation
from alc_tui.tui.timings import Timings
from alc_tui.tui.widgets.color_warning import ColorWarning
from alc_tui.tui.widgets.heading import Heading
from alc_tui.tui.widgets.key_bar import KeyBar
from alc_tui.tui.widgets.preview import Preview
from alc_tui.tui.widgets.status_line import StatusLine
from alc_tui.viewer.viewer import Viewer


class LabelScreen(AppScreen[None]):
    """Decides the samples of a pass one by one, then posts `RoundDecided`, or `PassEnded` for other passes."""

    AUTO_FOCUS = ""
    CSS_PATH = "screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = KEYS

    def __init__(
        self,
        service: SessionService,
        labeling_pass: LabelingPass,
        painter: Painter,
        delivery: DeliveryConfirmation,
        blind_mode: BlindMode,
        viewer: Viewer,
        preferences: Preferences,
        timings: Timings,
    ) -> None:
        super().__init__()
        self._timings = timings
        self._service, self._painter, self._delivery, self._blind_mode = service, painter, delivery, blind_mode
        self._current = CurrentSample(service, labeling_pass, blind_mode, delivery)
        self._class_keys = class_keys(service.classes, preferences.class_keys)
        self._class_of = classes_by_key(self._class_keys, service.classes)
        browser_view = BrowserView(viewer, painter.images, service.classes, self._class_keys)
        self._told, self._is_enlarged = 0, False
        self._presentation = Presentation(self, service, self._current, blind_mode, browser_view, delivery)

    def compose(self) -> ComposeResult:
        """Heading, image and evidence side by side, status line, keys."""
        yield Heading()
        shared = self._painter, self._delivery
        yield SampleView(*shared, self._service.classes, self._class_keys, self._timings.refine)
        yield RoundEnd()
        yield ColorWarning(self._painter)
        yield StatusLine()
        yield KeyBar()

    def on_mount(self) -> None:
        """Show the first undecided sample."""
        self._delivery.begin()
        self.call_after_refresh(self.call_after_refresh, self._delivery.ask, lambda _at: None)
        self._show(self._current.labeling_pass.next())
        if not self._service.is_writable:
            self._show_status(texts.WATCHING)
            self._watching = self.set_interval(self._timings.watch, self._watch)

    def on_unmount(self) -> None:
        """Show no sample of this screen in the browser any more."""
        self._presentation.leave()

    def on_screen_suspend(self) -> None:
        """Nothing is visible behind another screen."""
        self._current.cover()

    def on_screen_resume(self) -> None:
        """Show the sample again, unless it has been decided in the meantime; it counts as seen only once it is
        painted."""
        if self._current.is_covered:
            self._current.is_covered = False
            self._show(self._current.next_after_interruption())
            if self._told != len(self._service.decisions):
                self._show_status("")  # it named another verdict as the last one

    async def press(self, event: events.Key) -> bool:
        """Handle all keys here, in the order and with the times at which they were pressed.

        Bindings run later, in the app: a digit could then overtake the Enter pressed before it.
        """
        self._current.pressed_at = event.time
        self.query_one(SampleView).postpone()
        if event.key in self._class_of:
            self._decide(LABEL, self._class_of[event.key])
            return True
        return await self.press_bound(event)

    def why_not(self, event: events.Key) -> str:
        """Why a key has no effect now."""
        is_of_labels = event.key in keys_of(self, "label.keep", "label.suggestion")
        return why_not(self._service, self._current.is_hidden, is_of_labels) or super().why_not(event)

    def choose_command(self) -> None:
        """A command was chosen in the palette: it is about the sample as it was seen before."""
        self._current.choose(self._current.showing)

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool:
        """Which keys are active: see `is_possible`."""
        return action != "training" and is_possible(action, self._service, self._current)

    def action_keep(self) -> None:
        """Confirm the given label; in a review, the verdict."""
        showing = self._current.showing
        if showing is None:
            return
        verdict = showing.item.verdict if showing.occasion == REVIEW else None
        kind, label = (LABEL, showing.item.given) if verdict is None else (verdict.kind, verdict.label)
        self._decide(kind, label)

    def action_suggestion(self) -> None:
        """Accept the label that the model suggests."""
        showing = self._current.showing
        if showing is not None:
            self._decide(LABEL, showing.item.suggestion)

    def action_set_aside(self, kind: str) -> None:
        """Skip, flag or exclude."""
        self._decide(kind)

    def action_flag_note(self) -> None:
        """Flag with a note: why. In a review, the note so far can be changed."""
        if self._may_ask():
            questions.ask_for_note(self.app, self._current, lambda note: self._decide(FLAG, note=note))

    def action_undo(self) -> None:
        """Undo the last verdict, and show its sample. Counts at once: nothing needs to be seen for it."""
        try:
            undone, sentence = self._current.undo()
        except AlcError as error:
            self.refuse(str(error))
            return
        if undone is None:
            self.refuse(sentence)
            return
        self._show(undone.showing)
        self._show_status(sentence)

    def action_retrain(self) -> None:
        """Start the retraining of the decided round."""
        if not self._is_too_early():
            self.post_message(RoundDecided())

    def action_finish(self) -> None:
        """Finish the round before its queue is decided, after confirmation."""
        queue_pass = self._current.labeling_pass
        if not isinstance(queue_pass, QueuePass):
            return
        if refusal := why_not_finish(self._service, queue_pass):
            self.refuse(refusal)
        else:
            questions.ask_to_finish(self.app, self._service, queue_pass, self._delivery, self._finish)

    def action_pick(self) -> None:
        """Find a class by name, for when there are more classes than keys."""
        if self._may_ask():
            label = partial(self._decide, LABEL)
            questions.ask_for_class(self.app, self._current, self._service.classes, self._class_keys, label)

    def action_compare(self) -> None:
        """Compare with typical clean samples; a verdict given there counts here."""
        if self._may_ask():
            shared = self._painter, self._delivery, self._current
            questions.compare(self.app, self._service, *shared, self._class_keys, self.on_key)

    def action_view(self, change: str, steps: tuple[int, ...] = ()) -> None:
        """Change what is shown of the sample: see `SampleView.change`."""
        if sentence := self._presentation.change(change, steps):
            self._show_status(sentence)

    def action_window(self) -> None:
        """Show this and all further images in the next window, if this one has another."""
        if sentence := self._presentation.next_window():
            self._show_status(sentence)
        else:
            self.refuse(texts.NO_SAMPLE if self._current.showing is None else texts.ONE_WINDOW)

    def action_blind(self) -> None:
        """Hide or show the given label and the suggestion, starting with this sample."""
        if self._blind_mode.enforced:
            self.refuse(texts.ALWAYS_BLIND)
            return
        self._blind_mode.is_on = not self._blind_mode.is_on
        self._show(self._current.again())
        self._show_status(texts.blind(self._blind_mode.is_on, self._current.is_hidden))

    def action_original(self) -> None:
        """Show numbers instead of words, or words again, and the size and the path of the original image."""
        if self._current.showing is not None:
            self._show_status(self._presentation.show_original())

    def action_leave(self) -> None:
        """Leave the full-image view, or the pass and this screen."""
        if self.query_one(SampleView).is_whole:
            self.action_view("whole")
        elif not isinstance(self._current.labeling_pass, QueuePass):
            self.post_message(PassEnded(self._current.labeling_pass))
        elif self._is_enlarged:
            self.post_message(ShowGrid())

    def action_close(self) -> None:
        """Leave the review, as Escape does."""
        self.action_leave()

    async def action_quit(self) -> None:
        """Quit; all verdicts are saved."""
        await self.app.action_quit()

    def leave_enlarged(self) -> str | None:
        """The sample from which Escape returns to the grid, None if it does not; it does so once."""
        is_enlarged, self._is_enlarged, showing = self._is_enlarged, False, self._current.showing
        return showing.item.sample if is_enlarged and showing is not None else None

    @property
    def can_jump(self) -> bool:
        """Whether samples can be shown out of order, which is possible only in the round's queue."""
        return isinstance(self._current.labeling_pass, QueuePass)

    @property
    def can_decide(self) -> bool:
        """Whether the sample, or the end of the round, is visible, so that keys count."""
        return self._current.is_seen

    def jump(self, sample: str) -> None:
        """Show a sample of the round out of order, enlarged from the grid, to which Escape returns."""
        if isinstance(self._current.labeling_pass, QueuePass):
            self._show(self._current.labeling_pass.at(sample))
            self._is_enlarged, verdict = True, self._service.verdict(sample)
            self._show_status("" if verdict is None else texts.so_far(verdict, self._service.annotator))

    def on_preview_painted(self, message: Preview.Painted) -> None:
        """Ask the terminal whether it has received the image of the current sample."""
        if sentence := self._presentation.painted(message):
            self._show_status(sentence)

    def _decide(self, kind: str, label: str | None = None, note: str = "") -> None:
        """Save a verdict and show the next sample; if it cannot be saved, show why."""
        if self._current.showing is None or not self._service.is_writable:
            self.refuse(texts.NO_SAMPLE if self._service.is_writable else texts.WATCHING)
            return
        if refusal := self._current.refusal(label):
            self.refuse(refusal)
            return
        try:
            sentence = self._current.decide(kind, label, note)
        except AlcError as error:
            self.refuse(str(error))
            return
        self._decided = len(self._service.decisions)
        self._show(self._current.labeling_pass.next())
        self._show_status(sentence)

    def _finish(self) -> None:
        labeling_pass = self._current.labeling_pass
        if not isinstance(labeling_pass, QueuePass):
            return
        try:
            labeling_pass.finish()
        except AlcError as error:
            self.refuse(str(error))
        else:
            self._show(labeling_pass.next())

    def _may_ask(self) -> bool:
        """Whether a dialog may open about the sample: it can be seen."""
        return self._current.showing is not None and not self._is_too_early()

    def _is_too_early(self) -> bool:
        if is_too_early := self._current.is_too_early:
            self.refuse(texts.TOO_EARLY)
        return is_too_early

    def _watch(self) -> None:
        """Follow the active annotator."""
        if not isinstance(self._current.labeling_pass, QueuePass):
            return
        try:
            round_before, is_new = self._service.round, self._service.catch_up()
        except (AlcError, OSError) as error:
            self._show_status(f"This session can no longer be read: {error}", is_error=True)
            return
        if self._has_ended(round_before, is_new):
            self._watching.stop()
            self.post_message(PassEnded(self._current.labeling_pass))
        elif is_new:
            self._current.labeling_pass = QueuePass(self._service)
            self._show(self._current.labeling_pass.next())

    def _has_ended(self, round_before: int, is_new: bool) -> bool:
        """Whether those who watch have nothing more to see here. is_new: something has been written since."""
        return is_new and (self._service.frozen or self._service.round != round_before)

    def _show(self, showing: Showing | None) -> None:
        """Show a sample or, for None, the end of the pass."""
        current = self._current
        before = current.showing is not None, current.is_hidden
        current.show(showing)
        self._presentation.show(showing)
        if showing is None:
            self._end()
        if before != (showing is not None, current.is_hidden):
            self.refresh_bindings()

    def _end(self) -> None:
        """All samples are decided: say what is left, or end the pass."""
        if not isinstance(self._current.labeling_pass, QueuePass):
            self.post_message(PassEnded(self._current.labeling_pass))
        elif self._service.is_writable:
            keys = {name: key_in_words(keys_of(self, f"label.{name}")[0]) for name in ("retrain", "review", "undo")}
            self._presentation.show_end(texts.round_end(self._service, keys, self._blind_mode.is_on))
        else:
            self._presentation.show_end(texts.all_decided(self._service.round))

    def _show_status(self, text: str, is_error: bool = False) -> None:
        self.query_one(StatusLine).show_message(text, is_error)
        self._told = len(self._service.decisions)
