"""The dialogs of the labeling screen: what they ask, and what becomes of the answer if the sample below is still the
same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from textual import events
from textual.app import App
from textual.screen import Screen

from alc_tui.session.labeling.passes import QueuePass
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.journal import REVIEW
from alc_tui.tui.dialogs.ask import AskScreen
from alc_tui.tui.dialogs.confirm import ConfirmScreen
from alc_tui.tui.dialogs.pick_class import PickClassScreen
from alc_tui.tui.labeling import texts
from alc_tui.tui.labeling.current_sample import CurrentSample
from alc_tui.tui.pictures.painter import Painter
from alc_tui.tui.terminal.delivery import DeliveryConfirmation


def ask_for_note(app: App[Any], current: CurrentSample, flag: Callable[[str], None]) -> None:
    """Why the sample is flagged. In a review, the note so far can be changed."""
    showing = current.showing
    verdict = showing.item.verdict if showing is not None and showing.occasion == REVIEW else None
    before = "" if verdict is None else verdict.note
    _ask(app, current, AskScreen(texts.NOTE_QUESTION, before, may_be_empty=True), flag)


def ask_for_class(
    app: App[Any],
    current: CurrentSample,
    classes: Sequence[str],
    class_keys: Sequence[str],
    label: Callable[[str], None],
) -> None:
    """A class by name, for when there are more classes than keys. class_keys: of the classes, in their order."""
    _ask(app, current, PickClassScreen(texts.CLASS_QUESTION, classes, class_keys), label)


def ask_to_finish(
    app: App[Any],
    service: SessionService,
    queue_pass: QueuePass,
    delivery: DeliveryConfirmation,
    finish: Callable[[], None],
) -> None:
    """Whether to finish the round before its queue is decided."""

    def answered(is_sure: bool | None) -> None:
        if is_sure:
            finish()

    question = texts.finish_question(service.round, *queue_pass.count_open())
    app.push_screen(ConfirmScreen(question, delivery), answered)


def compare(
    app: App[Any],
    service: SessionService,
    painter: Painter,
    delivery: DeliveryConfirmation,
    current: CurrentSample,
    class_keys: Sequence[str],
    press: Callable[[events.Key], Awaitable[None]],
) -> None:
    """Show typical clean samples beside this one. press: takes the key of a verdict given there, or of undo."""
    from alc_tui.tui.compare.screen import CompareScreen

    showing, seen_at = current.showing, current.seen_at
    assert showing is not None, "there is a sample to compare"

    async def compared(key: events.Key | None) -> None:
        if key is not None and showing is current.showing:
            current.seen_at = seen_at
            await press(key)

    hidden, verdicts = current.is_hidden, current.verdicts_to_show
    app.push_screen(CompareScreen(service, painter, delivery, showing, hidden, verdicts, class_keys), compared)


def _ask(app: App[Any], current: CurrentSample, dialog: Screen[str | None], decide: Callable[[str], None]) -> None:
    showing = current.showing

    def answered(answer: str | None) -> None:
        if answer is not None and current.choose(showing):
            decide(answer)

    app.push_screen(dialog, answered)
