"""The grid: shows the round's queue as thumbnails with their states, for browsing and for deciding several at once."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

from alc_tui.errors import AlcError
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.journal import GRID, LABEL, QUEUE, REPEAT, Verdict
from alc_tui.tui.dialogs.confirm import ConfirmScreen
from alc_tui.tui.dialogs.pick_class import PickClassScreen
from alc_tui.tui.grid import texts
from alc_tui.tui.grid.batches import Batch, Batches
from alc_tui.tui.grid.browsing import ThumbnailScreen
from alc_tui.tui.grid.keys import KEYS
from alc_tui.tui.grid.queue_view import QueueView
from alc_tui.tui.grid.selection import Selection
from alc_tui.tui.grid.thumbnail_grid import ThumbnailGrid
from alc_tui.tui.grid.tile import Tile
from alc_tui.tui.keys import classes_by_key
from alc_tui.tui.labeling.blind_mode import BlindMode
from alc_tui.tui.labeling.texts import nothing_to_undo
from alc_tui.tui.labeling.undoing import taken_back
from alc_tui.tui.messages import EnlargeSample
from alc_tui.tui.pictures.painter import Painter
from alc_tui.tui.terminal.delivery import DeliveryConfirmation
from alc_tui.tui.widgets.class_keys import ClassKeys
from alc_tui.tui.widgets.heading import Heading
from alc_tui.tui.widgets.key_bar import KeyBar
from alc_tui.tui.widgets.status_line import StatusLine


class GridScreen(ThumbnailScreen):
    """Posts `EnlargeSample` to enlarge a sample. Decides marked samples, or a group, after confirmation."""

    CSS_PATH = "screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = KEYS

    def __init__(
        self,
        service: SessionService,
        painter: Painter,
        delivery: DeliveryConfirmation,
        blind_mode: BlindMode,
        view: QueueView,
        selection: Selection,
        class_keys: Sequence[str],
        sample: str | None,
        watch: float,
    ) -> None:
        """view, selection: of the last time. class_keys: of the service's classes. sample: to begin with, if the queue
        has it. watch: seconds between checks for another annotator's decisions."""
        super().__init__()
        self._watch_seconds = watch
        self._service, self._painter, self._delivery = service, painter, delivery
        self._blind_mode, self._class_keys = blind_mode, tuple(class_keys)
        self._class_of = classes_by_key(class_keys, service.classes)
        self._view, self._selection, self._sample = view, selection, sample
        self._shown: list[str] = []
        self._batches = Batches(service)
        self._since = time.monotonic()
        self._filled = self._contents

    def compose(self) -> ComposeResult:
        """Heading, thumbnails, details of the one under the cursor, keys of the classes, status line, keys."""
        yield Heading()
        yield ThumbnailGrid(self._painter, len(self._service.queue))
        yield Static(id="here", markup=False)
        yield ClassKeys(self._class_of, texts.OTHER_KEYS)
        yield StatusLine()
        yield KeyBar()

    def on_mount(self) -> None:
        """Begin with the sample that was enlarged, or with the first undecided one."""
        first = self._service.next_item()
        undecided = None if first is None else first.sample
        self._fill(self._sample if self._sample in self._service.queue else undecided)
        self._show_status(self._refusal or texts.WELCOME)
        if not self._service.is_writable:
            self.set_interval(self._watch_seconds, self._follow)  # the screen below reads the journal

    def on_screen_resume(self) -> None:
        """Show what was decided on another screen. Request confirmation again: a dialog that covered the images has
        replaced their request."""
        self._follow()
        self._ask_for_receipt()

    async def press(self, event: events.Key) -> bool:
        """Handle all keys here, in the order in which they were pressed: a class key must not overtake a mark."""
        here = self._here
        self._follow()
        if self._here != here:
            self.refuse(texts.RENEWED)
            return True
        if await self.press_bound(event):
            return True
        if event.key in self._class_of:
            self._ask(LABEL, self._class_of[event.key])
        return event.key in self._class_of

    def why_not(self, event: events.Key) -> str:
        """Why a key has no effect now."""
        return self._refusal or super().why_not(event)

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool:
        """Which keys are active: viewers cannot decide."""
        if action == "undo":
            return self._service.is_writable
        deciding = ("mark", "mark_page", "mark_group", "unmark", "set_aside", "pick")
        return action not in deciding or not self._refusal

    def action_look(self) -> None:
        """Enlarge the sample under the cursor."""
        if self._here is not None:
            self.post_message(EnlargeSample(self._here))

    def action_mark(self) -> None:
        """Mark or unmark the sample under the cursor."""
        sample, seen = self._here, self.thumbnails.seen(self.thumbnails.cursor)
        if sample is None:
            return
        if seen is None and sample not in self._selection.marked:
            self.refuse(texts.UNPAINTED)
            return
        self._selection.toggle({sample: bool(seen)})
        self._marks_changed()

    def action_mark_page(self) -> None:
        """Mark all images that have appeared on this page, or unmark them if all are marked."""
        painted = {
            self._shown[tile]: seen
            for tile in self.thumbnails.on_page
            if (seen := self.thumbnails.seen(tile)) is not None
        }
        self._selection.toggle(painted)
        self._marks_changed()

    def action_mark_group(self) -> None:
        """Mark the group under the cursor as far as it has appeared, or unmark it if that is marked."""
        group = self._group()
        if not group:
            self.refuse(texts.NO_GROUPS)
            return
        self._selection.toggle({sample: seen for sample, seen in group.items() if seen is not None})
        self._marks_changed(later=sum(seen is None for seen in group.values()))

    def action_unmark(self) -> None:
        """Remove all marks, on every page."""
        self._selection.keep(())
        self._marks_changed()

    def action_next_order(self, step: int) -> None:
        """Show the samples in the next order, or the previous one."""
        refusal = self._view.next_order(step)
        self._fill(self._here)
        self._show_status(refusal or texts.ORDERED_BY[self._view.order])

    def action_set_aside(self, kind: str) -> None:
        """Skip, flag or exclude the marked samples."""
        self._ask(kind)

    def action_pick(self) -> None:
        """Find a class for the marked samples, where there are more classes than keys."""
        if self._may_decide():
            self.app.push_screen(
                PickClassScreen(texts.PICK, self._service.classes, self._class_keys),
                lambda name: None if name is None else self._ask(LABEL, name),
            )

    def action_undo(self) -> None:
        """Undo the last batch; without one, the last verdict of the round."""
        undone, outcome, problem = self._batches.undo()
        if undone or problem:
            self._fill(self._here)
            self._show_status(problem or texts.undone(undone, outcome), is_error=bool(problem))
            return
        try:
            last = self._service.undo((QUEUE, GRID, REPEAT))
        except AlcError as error:
            self.refuse(str(error))
            return
        if last is None:
            self.refuse(nothing_to_undo(self._service))
            return
        self._fill(self._here)
        self._show_status(taken_back(last, self._service, self._blind_mode))

    def action_next_filter(self) -> None:
        """Show the samples of the next state."""
        self._view.next_state()
        self._fill(self._here)

    def action_pick_filter(self) -> None:
        """Show the samples of one class; Escape shows all classes."""

        def picked(name: str | None) -> None:
            self._view.label = name
            self._fill(self._here)

        self.app.push_screen(PickClassScreen(texts.PICK_FILTER, self._service.classes, self._class_keys), picked)

    def on_thumbnail_grid_moved(self) -> None:
        """Show details of the sample under the cursor, and its group."""
        self.thumbnails.update_tiles()
        self._show_heading()
        self._show_here()

    def on_resize(self) -> None:
        """Show as much about the sample as fits."""
        self._show_here()

    def on_thumbnail_grid_painted(self) -> None:
        """Images count as seen once the terminal has received them."""
        self._ask_for_receipt()

    def on_thumbnail_grid_opened(self) -> None:
        """A tile was double-clicked."""
        self.action_look()

    @property
    def _here(self) -> str | None:
        """The sample under the cursor; None if there is none."""
        return self._shown[self.thumbnails.cursor] if self._shown else None

    @property
    def _contents(self) -> tuple[int, list[str], int]:
        """What the thumbnails depend on: the round, its queue, and the number of decisions."""
        return self._service.round, self._service.queue, len(self._service.decisions)

    @property
    def _refusal(self) -> str:
        """Why deciding is not possible; empty if it is."""
        return texts.refusal(self._service, self._blind_mode.is_on)

    def _may_decide(self) -> bool:
        refusal = self._refusal or self._selection.refusal(self._group())
        if refusal:
            self.refuse(refusal)
        return not refusal

    def _ask(self, kind: str, label: str | None = None) -> None:
        """Decide the marked samples, or the group, once the user has confirmed."""
        if not self._may_decide():
            return
        batch = self._batches.plan(self._selection.targets(self._group()), Verdict(kind, label))
        if not batch.samples:
            self.refuse(f"Nothing to decide. {' '.join(batch.exceptions)}")
            return

        on_page = {self._shown[tile] for tile in self.thumbnails.on_page}

        def answered(yes: bool | None) -> None:
            if yes:
                self._decide(batch)

        self.app.push_screen(ConfirmScreen(batch.question(on_page), self._delivery), answered)

    def _decide(self, batch: Batch) -> None:
        now = time.monotonic()
        decided, problem = self._batches.decide(batch, now - self._since)
        self._since = now
        for sample in decided:
            self._blind_mode.mark_seen(sample, QUEUE)
        self._selection.keep(set(batch.samples) - set(decided))
        self._fill(self._here)
        if problem:
            self._show_status(f"Only {len(decided):,} of {len(batch.samples):,} were decided: {problem}", is_error=True)
        else:
            self._show_status(f"{len(decided):,} {batch.outcome}. Press u to undo.")

    def _fill(self, sample: str | None) -> None:
        """Show the samples that pass the filters, with the cursor on this one or the next one."""
        self._filled = self._contents
        self._view.renew()
        self._selection.keep(self._service.queue)
        self._shown = self._view.samples()
        cursor = self._view.arrangement.count_before(sample, self._shown)
        self.thumbnails.most_tiles = len(self._service.queue)
        self.thumbnails.show(len(self._shown), self._tile, cursor, self._view.empty_text)
        self._show_heading()
        self._show_here()

    def _tile(self, index: int) -> Tile:
        sample = self._shown[index]
        return self._view.tile(sample, sample in self._selection.marked, beside=self._here)

    def _group(self) -> dict[str, bool | None]:
        """The shown samples of the group under the cursor, and whether the image of each can be shown, None until it
        has been on the screen; none in an order without groups."""
        items = map(self._service.item_of, self._view.arrangement.members(self._here, self._shown))
        return {item.sample: self.thumbnails.ever_seen(item.position) for item in items}

    def _marks_changed(self, later: int = 0) -> None:
        self.thumbnails.update_tiles()
        self._show_heading()
        self._show_status(texts.marks(len(self._selection.marked), later))

    def _follow(self) -> None:
        """Show the queue and the verdicts as they are, if they have changed."""
        if self._filled != self._contents:
            self._fill(self._here)

    def _show_heading(self) -> None:
        shown, marked = len(self._shown), len(self._selection.marked)
        lines = texts.heading(self._service, self._view.title, self._view.order, shown, marked, self.thumbnails.page)
        self.query_one(Heading).show(*lines)

    def _show_here(self) -> None:
        here, about = self.query_one("#here", Static), ""
        if self._here is not None:
            item = self._service.item_of(self._here)
            about = self._view.about(item, self._view.group_title(item, self._shown), here.content_size.width)
        here.update(about)
        self._view.mark_seen(self._shown[tile] for tile in self.thumbnails.on_page)

    def _ask_for_receipt(self) -> None:
        """Ask whether the terminal has received all painted images: each request replaces the previous one."""
        shown, waiting = self.thumbnails, self.thumbnails.waiting
        if waiting and self.is_active:  # a question on top waits for a receipt of its own
            self._delivery.ask(lambda _at: shown.mark_seen(waiting))

    def _show_status(self, text: str, is_error: bool = False) -> None:
        self.query_one(StatusLine).show_message(text, is_error)
