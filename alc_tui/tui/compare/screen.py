"""Compares a sample with typical clean samples of two classes: the given label and the suggestion, then others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical

from alc_tui.session.labeling.items import TypicalSamples
from alc_tui.session.labeling.passes import Showing
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.journal import Verdicts
from alc_tui.tui.app_screen import AppScreen
from alc_tui.tui.compare import texts
from alc_tui.tui.compare.examples import Examples
from alc_tui.tui.compare.keys import HANDED_ON, KEYS
from alc_tui.tui.keys import classes_by_key, keys_of
from alc_tui.tui.labeling.possible import why_not
from alc_tui.tui.labeling.sample.thumbnails import Thumbnails
from alc_tui.tui.pictures.framing import COLUMNS_PER_ROW
from alc_tui.tui.pictures.painter import Painter
from alc_tui.tui.terminal.delivery import DeliveryConfirmation
from alc_tui.tui.widgets.class_keys import ClassKeys
from alc_tui.tui.widgets.heading import Heading
from alc_tui.tui.widgets.key_bar import KeyBar
from alc_tui.tui.widgets.preview import MARGIN, Preview
from alc_tui.tui.widgets.refinement import Refinement
from alc_tui.tui.widgets.status_line import StatusLine

SMALL_EXAMPLE = (12, 6)
"""Columns and rows of an example at first on a slow line."""


class CompareScreen(AppScreen[events.Key | None]):
    """Returns the key of a verdict or of undo, for the labeling screen below; None for Escape."""

    AUTO_FOCUS = ""
    CSS_PATH = "screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = KEYS

    def __init__(
        self,
        service: SessionService,
        painter: Painter,
        delivery: DeliveryConfirmation,
        showing: Showing,
        hidden: bool,
        verdicts: Verdicts | None,
        class_keys: Sequence[str],
    ) -> None:
        """hidden: the labels of the sample must not be revealed. verdicts: on others, for classes without a clean
        sample; see `RoundQueue.typical`. class_keys: of the service's classes."""
        super().__init__()
        self._service, self._painter, self._delivery = service, painter, delivery
        self._showing, self._hidden, self._verdicts = showing, hidden, verdicts
        self._refinement = Refinement(self, delivery, lambda: any(each.is_quick for each in self.query(Preview)))
        self._class_of = classes_by_key(class_keys, service.classes)
        self._names = texts.classes_to_compare(showing.item, service.classes, hidden)
        self._compared, self._first_example = [0, 1], 0

    def compose(self) -> ComposeResult:
        """The image beside the examples of two classes; the keys of the classes, what is typical, keys."""
        yield Heading()
        with Horizontal():
            yield Preview(self._painter, self._delivery)
            with Vertical():
                yield Examples(self._painter)
                yield Examples(self._painter)
        yield ClassKeys(self._class_of, {})
        yield StatusLine()
        yield KeyBar()

    def on_mount(self) -> None:
        """Show the image and the first two classes."""
        place = f"image {self._showing.number:,} of {self._showing.of:,}"
        self.query_one(Heading).show((self._service.folder.name, f"compare   {place}"))
        self.query_one(Preview).is_alone = True
        self.query_one(Preview).show(self._showing.item.position)
        self._show_classes()

    def on_resize(self, event: events.Resize) -> None:
        """Give the image half the width, or less if it cannot use it."""
        height = self.query_one(Horizontal).size.height or event.size.height
        self.query_one(Preview).styles.width = min(event.size.width // 2, COLUMNS_PER_ROW * height + MARGIN)

    def on_preview_painted(self) -> None:
        """Enlarge what is small because the line is slow."""
        images = (self.query_one(Preview), *self.query(Thumbnails))
        self._refinement.start(chain.from_iterable(each.refine() for each in images))

    async def press(self, event: events.Key) -> bool:
        """Handle all keys here, with the times at which they were pressed; a verdict or undo ends the comparison."""
        bound = self.active_bindings.get(event.key)
        command = bound.binding.id if bound is not None and bound.node is self else None
        if event.key in self._class_of or command in HANDED_ON:
            self.dismiss(event)
            return True
        return await self.press_bound(event)

    def why_not(self, event: events.Key) -> str:
        """Why a key has no effect now."""
        is_of_labels = event.key in keys_of(self, "label.keep", "label.suggestion")
        return why_not(self._service, self._hidden, is_of_labels) or super().why_not(event)

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool:
        """Which keys are active: viewers cannot decide, and hidden labels can be neither kept nor accepted."""
        if action in ("keep", "suggestion"):
            return self._service.is_writable and not self._hidden
        if action in ("set_aside", "undo"):
            return self._service.is_writable
        return action != "next_class" or len(self._names) > 2

    def action_keep(self) -> None:
        """Confirm the given label, as do the next actions what their names say: for the palette, which has no key."""
        self._hand_on("label.keep")

    def action_suggestion(self) -> None:
        """Accept the suggestion."""
        self._hand_on("label.suggestion")

    def action_set_aside(self, kind: str) -> None:
        """Skip, flag or exclude the sample."""
        self._hand_on(f"label.{kind}")

    def action_undo(self) -> None:
        """Take back the last verdict."""
        self._hand_on("label.undo")

    def action_next_class(self, row: int, step: int) -> None:
        """Show another class in a row, 0 or 1, than that of the other row."""
        free = [place for place in range(len(self._names)) if place != self._compared[1 - row]]
        self._compared[row] = free[(free.index(self._compared[row]) + step) % len(free)]
        self._show_classes()

    def action_turn(self, step: int) -> None:
        """Show further examples of both classes, or those before."""
        shown = self.query(Examples).first().fitting
        longest = max(len(self._typical(name).positions) for name in self._pair)
        if 0 <= self._first_example + step * shown < longest:
            self._first_example += step * shown
            self._show_classes()

    def _hand_on(self, command: str) -> None:
        self.dismiss(events.Key(keys_of(self, command)[0], None))

    @property
    def _pair(self) -> list[str]:
        return [self._names[place] for place in self._compared if place < len(self._names)]

    def _typical(self, name: str) -> TypicalSamples:
        """The typical samples of a class, without the sample itself."""
        typical = self._service.typical(name, self._verdicts)
        others = tuple(each for each in typical.positions if each != self._showing.item.position)
        return replace(typical, positions=others)

    def _show_classes(self) -> None:
        item, classes = self._showing.item, self._service.classes
        typical = {name: self._typical(name) for name in self._pair}
        for examples, (name, samples) in zip(self.query(Examples), typical.items(), strict=False):
            title = texts.title(name, item, classes, self._hidden, samples)
            draft = None if self.query_one(Preview).is_quick else SMALL_EXAMPLE
            examples.show(title, samples.positions, self._first_example, draft)
        self.query_one(StatusLine).show_message(texts.typical(typical))
