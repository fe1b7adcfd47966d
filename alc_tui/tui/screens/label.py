"""The labeling screen: one sample, the evidence beside it, one key per verdict."""

from __future__ import annotations

import time
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import Screen
from textual.widgets import Footer, Static

from alc_tui.errors import AlcError
from alc_tui.session.journal import EXCLUDE, FLAG, LABEL, SKIP
from alc_tui.session.service import Item, SessionService
from alc_tui.tui.keys import class_keys
from alc_tui.tui.messages import RoundDecided
from alc_tui.tui.screens.help import HelpScreen
from alc_tui.tui.text import plain
from alc_tui.tui.widgets.class_list import ClassList
from alc_tui.tui.widgets.countdown import Countdown
from alc_tui.tui.widgets.evidence import Evidence
from alc_tui.tui.widgets.heading import Heading
from alc_tui.tui.widgets.preview import AHEAD, LARGEST, MARGIN, Preview

GUARD_SECONDS = 0.15
"""A verdict counts only this long after its image was painted: whoever is faster has not looked."""

_NARROWEST = 33
"""Columns that the evidence needs."""
_DONE = {SKIP: "skipped", FLAG: "flagged", EXCLUDE: "excluded"}


class LabelScreen(Screen[None]):
    """Decides the samples of the current round, one after the other, then says `RoundDecided`."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "keep", "Keep given", id="label.keep"),
        Binding("enter", "retrain", "Retrain now", id="label.retrain"),
        Binding("a", "suggestion", "Model's", id="label.suggestion"),
        Binding("s", "set_aside('skip')", "Skip", id="label.skip"),
        Binding("f", "set_aside('flag')", "Flag", id="label.flag"),
        Binding("x", "set_aside('exclude')", "Exclude", id="label.exclude"),
        Binding("u", "undo", "Undo", id="label.undo"),
        Binding("question_mark", "help", "Help", id="label.help"),
        Binding("q", "app.quit", "Quit", id="label.quit"),
        Binding("pagedown", "scroll_classes(1)", show=False, id="label.classes_down"),
        Binding("pageup", "scroll_classes(-1)", show=False, id="label.classes_up"),
    ]

    def __init__(self, service: SessionService) -> None:
        super().__init__()
        self._service = service
        self._class_of = dict(zip(class_keys(len(service.classes)), service.classes, strict=False))
        self._item: Item | None = None
        self._readable = False
        self._painted_at: float | None = None
        self._pressed_at = 0.0

    def compose(self) -> ComposeResult:
        """Heading, image and evidence side by side, one line for what happened, keys."""
        yield Heading()
        with Horizontal(id="sample"):
            yield Preview(self._service.images)
            with Vertical(id="beside"):
                with VerticalScroll(can_focus=False):
                    yield ClassList(self._service.classes)
                yield Evidence(self._service.classes, self._service.config.sampler)
        yield Countdown()
        yield Static(id="said", markup=False)
        yield Footer(compact=True)

    def on_resize(self, event: events.Resize) -> None:
        """The image gets what the classes do not need, as far as it can use it."""
        beside = max(_NARROWEST, self.query_one(ClassList).narrowest + 2)
        self.query_one(Preview).styles.width = max(MARGIN, min(LARGEST[0] + MARGIN, event.size.width - beside))

    def on_mount(self) -> None:
        """Begin with the first undecided sample."""
        self.query_one(VerticalScroll).styles.max_height = len(self._service.classes)
        self._go_on()

    def on_screen_resume(self) -> None:
        """What was behind another screen has to be seen again before it can be judged."""
        if self._painted_at is not None:
            self._painted_at = None
            self._show(self._item)

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
        if action in ("keep", "suggestion", "set_aside"):
            return self._item is not None
        return action != "retrain" or self._item is None

    def action_keep(self) -> None:
        """The given label is right."""
        if self._item is not None:
            self._decide(LABEL, self._item.given)

    def action_suggestion(self) -> None:
        """The model is right."""
        if self._item is not None:
            self._decide(LABEL, self._item.suggestion)

    def action_set_aside(self, kind: str) -> None:
        """Skip, flag or exclude."""
        self._decide(kind)

    def action_undo(self) -> None:
        """Take back the last verdict that stands and go back to its sample."""
        if self._is_too_early():
            return
        try:
            sample = self._service.undo()
        except AlcError as error:
            self._say(str(error), is_error=True)
            return
        if sample is None:
            self._say("There is no verdict of this round to take back.")
            return
        self.query_one(Countdown).stop()
        self._show(self._service.item(self._service.queue.index(sample)))
        self._say(f"Taken back: {plain(sample)} is open again.")

    def action_retrain(self) -> None:
        """Do not wait for the countdown."""
        if not self._is_too_early():
            self.query_one(Countdown).stop()
            self.post_message(RoundDecided())

    def action_help(self) -> None:
        """Keys and what they do."""
        self.app.push_screen(HelpScreen(self._service.classes))

    def action_scroll_classes(self, pages: int) -> None:
        """More classes than rows."""
        scroll = self.query_one(VerticalScroll)
        scroll.scroll_relative(y=pages * scroll.size.height, animate=False)

    def on_preview_painted(self, message: Preview.Painted) -> None:
        """From now on the sample can be judged."""
        if self._item is not None and self._painted_at is None and message.position == self._item.position:
            self._painted_at, self._readable = message.at, message.readable

    def on_countdown_over(self) -> None:
        """The round is handed over to the retraining."""
        self.post_message(RoundDecided())

    def _decide(self, kind: str, label: str | None = None) -> None:
        """Put a verdict on disk, then go on; if it cannot be written, stay and say why."""
        item = self._item
        if item is None or self._is_too_early() or self._painted_at is None:
            return
        if label is not None and not self._readable:
            self._say("An image that cannot be seen gets no label: s skips it, f flags it, x excludes it.")
            return
        try:
            self._service.decide(item.sample, kind, label, self._pressed_at - self._painted_at)
        except AlcError as error:
            self._say(str(error), is_error=True)
            return
        self._go_on()
        self._say(f"Last: {_verdict(item, kind, label)}. u takes it back.")

    def _is_too_early(self) -> bool:
        early = self._painted_at is None or self._pressed_at - self._painted_at < GUARD_SECONDS
        if early:
            self._say("That key came before this could be seen: it does not count.")
        return early

    def _go_on(self) -> None:
        self._show(self._service.next_item())

    def _show(self, item: Item | None) -> None:
        """Draw a sample, or the end of the round for None."""
        was_open = self._item is not None
        self._item, self._painted_at = item, None
        self._show_heading(item)
        self.query_one("#sample").display = item is not None
        self.query_one(Countdown).display = item is None
        if item is None:
            self.query_one(Countdown).start(self._service.round)
            self.query_one(Countdown).call_after_refresh(self._countdown_painted)
        else:
            ahead = [later.position for later in self._service.upcoming(AHEAD)]
            self.query_one(Preview).show(item.position, ahead)
            self.query_one(ClassList).show(item)
            self.query_one(Evidence).show(item, len(self._service.queue))
        if was_open != (item is not None):
            self.refresh_bindings()

    def _countdown_painted(self) -> None:
        self._painted_at = time.monotonic()

    def _show_heading(self, item: Item | None) -> None:
        progress = self._service.progress()
        place = progress.queue if item is None else item.place + 1
        of_budget = f" of {progress.budget:,}" if progress.budget else ""
        counts = progress.ledger
        aside = counts.skipped + counts.flagged + counts.excluded
        self.query_one(Heading).show(
            (
                self._service.folder.name,
                f"round {progress.round} of {progress.rounds}   image {place:,} of {progress.queue:,}",
            ),
            (
                f"labels {progress.spent:,}{of_budget}",
                f"changed {counts.changed}   confirmed {counts.confirmed}   set aside {aside}",
            ),
        )

    def _say(self, text: str, is_error: bool = False) -> None:
        said = self.query_one("#said", Static)
        said.set_class(is_error, "-error")
        said.update(f"✗ {text}" if is_error else text)


def _verdict(item: Item, kind: str, label: str | None) -> str:
    if label is None:
        return f"{plain(item.sample)} {_DONE[kind]}"
    if label == item.given:
        return f"{plain(label)} confirmed"
    return f"{plain(item.given)} → {plain(label)}"
