"""The labeling screen: one sample, the evidence beside it, one key per verdict; for a queue as for a review."""

from __future__ import annotations

import time
from datetime import datetime
from functools import partial
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.widgets import Footer, Static

from alc_tui.errors import AlcError
from alc_tui.session.labeling.passes import Pass, QueuePass, ReviewPass, Showing
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.journal import LABEL, REVIEW, Verdict
from alc_tui.text.format import plain
from alc_tui.tui import keys
from alc_tui.tui.choices import Choices
from alc_tui.tui.dialogs.pick_class import PickClassScreen
from alc_tui.tui.labeling import texts as label_words
from alc_tui.tui.labeling.blindness import Blindness
from alc_tui.tui.labeling.countdown import Countdown
from alc_tui.tui.labeling.keys import KEYS
from alc_tui.tui.labeling.sample_view import SampleView
from alc_tui.tui.messages import PassOver, RoundDecided
from alc_tui.tui.pictures.colors import colors_of, warning
from alc_tui.tui.pictures.painter import Painter
from alc_tui.tui.terminal.receipt import Receipt, is_too_early
from alc_tui.tui.widgets.heading import Heading
from alc_tui.tui.widgets.preview import AHEAD, Preview
from alc_tui.tui.widgets.status_line import StatusLine

WATCH_SECONDS = 1.0
_ROOMY = (120, 36)
"""A terminal that has room for larger images."""


class LabelScreen(Screen[None]):
    """Decides the samples of a pass, one after the other; then says `RoundDecided`, or `PassOver` for another pass."""

    AUTO_FOCUS = ""
    CSS_PATH = "screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = KEYS

    def __init__(
        self,
        service: SessionService,
        way: Pass,
        painter: Painter,
        receipt: Receipt,
        blindness: Blindness,
        choices: Choices,
    ) -> None:
        super().__init__()
        self._service, self._pass, self._painter, self._receipt = service, way, painter, receipt
        self._largest = choices.largest
        self._class_keys = keys.class_keys(service.classes, choices.class_keys)
        self._class_of = {key: name for key, name in zip(self._class_keys, service.classes, strict=True) if key}
        self._blindness = blindness
        self._showing: Showing | None = None
        self._readable = self._is_covered = False
        self._painted_at: float | None = None
        self._pressed_at = 0.0

    def compose(self) -> ComposeResult:
        """Heading, image and evidence side by side, one line for what happened, keys."""
        yield Heading()
        service = self._service
        sampler = service.config.sampler_of(service.round)
        yield SampleView(self._painter, service.classes, self._class_keys, sampler, self._largest)
        yield Countdown()
        yield Static(warning(colors_of(self.app)) or "", id="warning", markup=False)
        yield StatusLine()
        yield Footer(compact=True)

    def on_mount(self) -> None:
        """Begin with the first open sample."""
        self.query_one("#warning").display = warning(colors_of(self.app)) is not None
        self._show(self._pass.next())
        if not self._service.is_writable:
            self._say("You are watching: only the one who labels can decide.")
            self.set_interval(WATCH_SECONDS, self._watch)
        elif self.app.size.width >= _ROOMY[0] and self.app.size.height >= _ROOMY[1]:
            columns, rows = self._largest
            self._say(
                f"Images take {columns} × {rows} cells at most, for the line's sake: space shows one as large as it "
                "goes, and `largest` in alc.toml raises the limit."
            )

    def on_screen_suspend(self) -> None:
        """Nothing is seen behind another screen."""
        self._is_covered, self._painted_at = True, None

    def on_screen_resume(self) -> None:
        """What was behind another screen has to be seen again before it can be judged; it may be decided by now."""
        if not self._is_covered:
            return
        self._is_covered = False
        before, again = self._showing, self._again()
        is_as_before = before is not None and again is not None and again.item.verdict == before.item.verdict
        self._show(again if is_as_before else self._pass.next())

    async def on_key(self, event: events.Key) -> None:
        """Take all keys here, in the order in which they were pressed and with the time at which they were.

        Bindings run later, in the app: a digit could then overtake the Enter pressed before it.
        """
        self._pressed_at = event.time
        if event.key in self._class_of:
            event.stop()
            self._decide(LABEL, self._class_of[event.key])
        elif (bound := self.active_bindings.get(event.key)) and bound.node is self:
            event.stop()
            await self.run_action(bound.binding.action)

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool:
        """Which keys mean something: some need a sample on the screen, one needs a decided round."""
        if action in ("keep", "suggestion", "set_aside", "pick", "blind"):
            return self._showing is not None and self._service.is_writable
        if action in ("retrain", "undo"):
            return self._service.is_writable and (action == "undo" or self._showing is None)
        return True

    def action_keep(self) -> None:
        """The given label is right; in a review, what was decided is."""
        if self._showing is None or self._is_secret():
            return
        verdict = self._showing.item.verdict if self._showing.occasion == REVIEW else None
        if verdict is None:
            self._decide(LABEL, self._showing.item.given)
        else:
            self._decide(verdict.kind, verdict.label)

    def action_suggestion(self) -> None:
        """The model is right."""
        if self._showing is not None and not self._is_secret():
            self._decide(LABEL, self._showing.item.suggestion)

    def action_set_aside(self, kind: str) -> None:
        """Skip, flag or exclude."""
        self._decide(kind)

    def action_undo(self) -> None:
        """Take back the last verdict that stands and go back to its sample."""
        if self._is_too_early():
            return
        try:
            showing = self._pass.undo()
        except AlcError as error:
            self._say(str(error), is_error=True)
            return
        if showing is None:
            self._say("There is no verdict left to take back here.")
            return
        self.query_one(Countdown).stop()
        self._show(showing)
        self._say(f"Taken back: {plain(showing.item.sample)} is open again.")

    def action_retrain(self) -> None:
        """Do not wait for the countdown."""
        if not self._is_too_early():
            self.query_one(Countdown).stop()
            self.post_message(RoundDecided())

    def action_pick(self) -> None:
        """Find a class by typing, where there are more than keys, or more than one remembers."""
        showing, painted_at = self._showing, self._painted_at
        if self._is_too_early():
            return

        def picked(name: str | None) -> None:
            if name is not None and showing is self._showing:
                self._painted_at, self._pressed_at = painted_at, time.monotonic()
                self._decide(LABEL, name)

        self.app.push_screen(PickClassScreen(self._service.classes, self._class_keys), picked)

    def action_neighbors(self) -> None:
        """Show or hide the nearest clean samples."""
        self.query_one(SampleView).toggle_neighbors()

    def action_blind(self) -> None:
        """Hide or show what others believe, from this sample on."""
        if self._blindness.enforced:
            self._say("This session is labeled blind: given label and model's stay hidden until you have decided.")
            return
        self._blindness.is_on = not self._blindness.is_on
        self._show(self._again())
        if not self._blindness.is_on:
            self._say("No more blind.")
        elif self._is_hidden():
            self._say("Blind: given label and model's are hidden until you decide.")
        else:
            self._say("Blind from the next image on: given label and model's of this one were seen.")

    def action_whole(self) -> None:
        """The image alone, or all the rest again."""
        self.query_one(SampleView).toggle_whole()

    def action_look(self, how: str, steps: tuple[int, ...]) -> None:
        """Look at the image otherwise: see `SampleView.look`."""
        view = self.query_one(SampleView).look(how, steps)
        if how not in ("zoom", "pan"):
            self._say(f"brightness {view.brightness:+d}, contrast {view.contrast:+d}; they stay until = resets them.")

    def action_original(self) -> None:
        """Where the original lies, and how large it is."""
        if self._is_hidden():
            self._say("Blind: where an image lies may tell its label; decide first.")
        elif self._showing is not None:
            self._say(self.query_one(SampleView).original())

    def action_scroll_classes(self, pages: int) -> None:
        """More classes than rows."""
        self.query_one(SampleView).scroll_classes(pages)

    def action_leave(self) -> None:
        """Out of the whole image, else back to the screen from which this pass was opened."""
        if self.query_one(SampleView).is_whole:
            self.action_whole()
        elif not isinstance(self._pass, QueuePass):
            self.post_message(PassOver(self._pass))

    @property
    def may_jump(self) -> bool:
        """Whether this is the round's own pass, whose samples can be shown out of turn."""
        return isinstance(self._pass, QueuePass)

    def jump(self, sample: str) -> None:
        """Show a sample of the round out of turn."""
        if isinstance(self._pass, QueuePass):
            self.query_one(Countdown).stop()
            self._show(self._pass.at(sample))

    def on_preview_painted(self, message: Preview.Painted) -> None:
        """From now on the sample can be judged."""
        if self._showing is not None and self._painted_at is None and message.position == self._showing.item.position:
            self._readable = message.readable
            self._receipt.ask(partial(self._received, self._showing))

    def _received(self, showing: Showing | None, at: float) -> None:
        """The terminal has had this picture, or the countdown, since `at`."""
        if showing is self._showing and not self._is_covered:
            self._painted_at = at

    def on_countdown_over(self) -> None:
        """The round is handed over to the retraining, unless its last verdict was taken back just now."""
        if self._showing is None and not self._is_covered:
            self.post_message(RoundDecided())

    def _decide(self, kind: str, label: str | None = None) -> None:
        """Put a verdict on disk, then go on; if it cannot be written, stay and say why."""
        showing = self._showing
        if showing is None or self._is_too_early() or self._painted_at is None:
            return
        if label is not None and not self._readable:
            self._say("An image that cannot be seen gets no label: s skips it, f flags it, x excludes it.")
            return
        verdict = Verdict(kind, label, self._pressed_at - self._painted_at, self._is_hidden())
        try:
            self._pass.decide(showing, verdict)
        except AlcError as error:
            self._say(str(error), is_error=True)
            return
        self._blindness.saw(showing.item.sample, showing.occasion)
        self._show(self._pass.next())
        self._say(f"Last: {label_words.verdict(showing, verdict)}. u takes it back.")

    def _is_too_early(self) -> bool:
        early = is_too_early(self._pressed_at, self._painted_at)
        if early:
            self._say("That key came before this could be seen: it does not count.")
        return early

    def _is_hidden(self) -> bool:
        showing = self._showing
        return showing is not None and self._blindness.hides(showing.item.sample, showing.occasion)

    def _is_secret(self) -> bool:
        hidden = self._is_hidden()
        if hidden:
            self._say("Blind: decide with a class's own key; what others said is hidden until then.")
        return hidden

    def _again(self) -> Showing | None:
        """What is shown now, as it stands by now."""
        return None if self._showing is None else self._pass.again(self._showing)

    def _watch(self) -> None:
        """Follow the one who labels."""
        if not isinstance(self._pass, QueuePass):
            return
        round_before = self._service.round
        try:
            is_new = self._service.catch_up()
        except (AlcError, OSError) as error:
            self._say(f"This session can no longer be read: {error}", is_error=True)
            return
        if not is_new:
            return
        if self._service.round == round_before and not self._service.frozen:
            self._pass = QueuePass(self._service)
            self._show(self._pass.next())
        else:
            self.post_message(PassOver(self._pass))

    def _show(self, showing: Showing | None) -> None:
        """Draw a sample, or the end of the pass for None."""
        was_open = self._showing is not None
        self._showing, self._painted_at = showing, None
        self._show_heading()
        self.query_one(SampleView).display = showing is not None
        self.query_one(Countdown).display = showing is None
        if showing is None:
            self._end()
        else:
            hidden = self._is_hidden()
            if not hidden:
                self._blindness.saw(showing.item.sample, showing.occasion)
            case = self._pass.case(showing) if isinstance(self._pass, ReviewPass) else None
            ahead = self._pass.upcoming(AHEAD)
            self.query_one(SampleView).show(showing, ahead, hidden, case)
        if was_open != (showing is not None):
            self.refresh_bindings()

    def _end(self) -> None:
        """All is decided: a round counts down to its retraining, another pass is over."""
        if not isinstance(self._pass, QueuePass):
            self.post_message(PassOver(self._pass))
        elif self._service.is_writable:
            self.query_one(Countdown).start(self._service.round)
            self.query_one(Countdown).call_after_refresh(self._receipt.ask, partial(self._received, None))
        else:
            self.query_one(Countdown).wait(self._service.round)

    def _show_heading(self) -> None:
        progress, showing = self._service.progress(), self._showing
        place = "" if showing is None else f"   image {showing.number:,} of {showing.of:,}"
        blind = "   blind" if self._blindness.is_on else ""
        self.query_one(Heading).show(
            (self._service.folder.name, f"{self._pass.title}{blind}{place}"),
            (label_words.spent(progress), label_words.pace(progress, datetime.now())),
        )

    def _say(self, text: str, is_error: bool = False) -> None:
        self.query_one(StatusLine).say(text, is_error)
