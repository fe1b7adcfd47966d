"""Shows one sample: its image and, around it, the classes, the evidence, the round, and the nearest clean samples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from textual import events
from textual.app import ComposeResult
from textual.containers import Container, VerticalScroll

from alc_tui.session.labeling.items import Item
from alc_tui.session.labeling.passes import Showing
from alc_tui.session.labeling.review import Case
from alc_tui.tui.labeling import texts
from alc_tui.tui.labeling.sample.evidence_panel import EvidencePanel
from alc_tui.tui.labeling.sample.layout import ABREAST, GAP, Facts, Needs, arrange
from alc_tui.tui.labeling.sample.neighbors import Neighbors
from alc_tui.tui.labeling.sample.round_strip import RoundState, RoundStrip
from alc_tui.tui.pictures.painter import Painter
from alc_tui.tui.terminal.delivery import DeliveryConfirmation
from alc_tui.tui.widgets.class_list import COUNTS, ClassCount, ClassList
from alc_tui.tui.widgets.preview import Preview
from alc_tui.tui.widgets.refinement import Refinement

SMALL_NEIGHBOR = (8, 3)
"""Columns and rows of a neighbor at first on a slow line."""


class SampleView(Container):
    """Distributes the space: see `layout`."""

    def __init__(
        self,
        painter: Painter,
        delivery: DeliveryConfirmation,
        classes: Sequence[str],
        class_keys: Sequence[str],
        pause: float,
    ) -> None:
        """pause: seconds without a key before images are refined on a slow line."""
        super().__init__()
        self._painter, self._delivery = painter, delivery
        self._class_names, self._class_keys = tuple(classes), tuple(class_keys)
        self._ahead: tuple[Item, ...] = ()
        self._round: RoundState | None = None
        self._counts: Sequence[ClassCount] = ()
        self._evidence_rows = 0
        self._refinement = Refinement(self, delivery, lambda: any(each.is_quick for each in self.query(Preview)), pause)

    def compose(self) -> ComposeResult:
        """The image, and everything else next to it."""
        yield Preview(self._painter, self._delivery)
        with Container(id="rest"):
            with Container(id="facts"):
                with VerticalScroll(can_focus=False):
                    yield ClassList(self._class_names, self._class_keys)
                yield EvidencePanel(self._class_names, self._class_keys)
            with Container(id="around"):
                yield RoundStrip()
                yield Neighbors(self._painter)

    def on_resize(self, _event: events.Resize) -> None:
        """Redistribute the space."""
        self._evidence_rows = 0
        self._share_out()

    def on_unmount(self) -> None:
        """Leave the images as they are."""
        self._refinement.stop()

    @property
    def is_whole(self) -> bool:
        """Whether the image is shown alone."""
        return self.has_class("-whole")

    def show(
        self,
        showing: Showing,
        ahead: Sequence[Item],
        hidden: bool,
        case: Case | None,
        state: RoundState | None = None,
        counts: Sequence[ClassCount] = (),
    ) -> None:
        """Show a sample.

        ahead: samples that will probably come next. hidden, case: see `EvidencePanel`. state: of the round, None for no
        strip. counts: of the classes, empty for none.
        """
        self._refinement.stop()
        self._ahead, self._round, self._counts = tuple(ahead), state, counts
        self.query_one(ClassList).show(showing.item, hidden)
        self.query_one(EvidencePanel).show(showing, hidden, case)
        self.query_one(RoundStrip).show(state or RoundState((), None))
        self._preview.show(showing.item.position, [item.position for item in ahead])
        self.query_one(Neighbors).show(showing.item, hidden, None if self._preview.is_quick else SMALL_NEIGHBOR)
        self._name_window()
        self._share_out()

    def on_preview_painted(self, message: Preview.Painted) -> None:
        """Draw the next neighbors, now that the current image is on the screen; name its window; refine what is
        small."""
        self.query_one(Neighbors).prepare(self._ahead[:1])
        if self._name_window():
            self._share_out()
        if message.is_draft or self.query_one(Neighbors).is_draft:
            self._refinement.start(self._parts())

    @property
    def window(self) -> str:
        """The name of the window that was chosen for this and all further images, "" for their own."""
        return self._preview.view.window

    def is_coarse_news(self) -> bool:
        """Whether the image is coarse, as the first one since the app was started."""
        picture, display = self._preview.picture, self._painter.display
        is_news = picture is not None and picture.is_coarse and not display.was_coarse
        display.was_coarse |= is_news
        return is_news

    def postpone(self) -> None:
        """A key was pressed: refine later."""
        self._refinement.postpone()

    def adapt(self) -> None:
        """Show the images in the current manner and size."""
        self._share_out()
        self._preview.adapt()
        self.query_one(Neighbors).adapt()

    def change(self, name: str, steps: Sequence[int]) -> str:
        """Change the view; returns a status message, possibly empty.

        name: `zoom`, `pan`, `brighten`, `contrast` or `reset` by `steps` (see `Preview`). `scroll_classes` by pages.
        `whole` shows the image alone, or everything again; `neighbors` the nearest clean samples, or none; `numbers`
        the evidence in numbers, or in words.
        """
        if name == "whole":
            self.toggle_class("-whole")
            self._share_out()
        elif name == "neighbors":
            neighbors = self.query_one(Neighbors)
            if not neighbors.lacks_room:
                neighbors.toggle()
                self._share_out()
            return texts.NO_ROOM if neighbors.lacks_room else ""
        elif name == "numbers":
            self.query_one(EvidencePanel).toggle_numbers()
            self._share_out()
        elif name == "scroll_classes":
            scroll = self.query_one(VerticalScroll)
            if not scroll.max_scroll_y:
                return texts.ALL_CLASSES
            scroll.scroll_relative(y=steps[0] * scroll.size.height, animate=False)
        else:
            getattr(self._preview, name)(*steps)
            self._name_window()
            return self._changed(name)
        return ""

    def _changed(self, name: str) -> str:
        """What has become of the picture."""
        view = self._preview.view
        if name == "reset":
            return texts.RESET
        if name in ("brighten", "contrast"):
            return texts.light(view.brightness, view.contrast)
        return texts.zoomed(view.zoom) if name == "zoom" else ""

    def next_window(self) -> str:
        """Show this and all further images in the next window of this one; returns a status message, "" if it has no
        other."""
        self._preview.next_window()
        self._name_window()
        return f"Window: {self._window_name}." if self._window_name else ""

    def original(self, with_path: bool) -> str:
        """The size and, unless it is hidden, the path of the original image, as text."""
        return self._preview.original(with_path)

    @property
    def _preview(self) -> Preview:
        return self.query_one(Preview)

    def _name_window(self) -> bool:
        """Once the image is drawn, name its window if it has several; returns whether that changes anything."""
        if self._preview.picture is None:
            return False
        return self.query_one(EvidencePanel).show_window(self._window_name)

    @property
    def _window_name(self) -> str:
        names = self._preview.windows
        return texts.window(self._preview.window, names) if len(names) > 1 else ""

    def _parts(self) -> Iterator[None]:
        return chain(self._preview.refine(), self.query_one(Neighbors).refine())

    def _share_out(self) -> None:
        classes, evidence = self.query_one(ClassList), self.query_one(EvidencePanel)
        # Never less than for an earlier sample, so that nothing moves from one to the next.
        self._evidence_rows = max(self._evidence_rows, evidence.rows)
        needs = Needs(
            classes=len(self._class_names),
            evidence=self._evidence_rows,
            names=classes.narrowest + 1,
            counts=COUNTS if self._counts else 0,
            marks=len(self._round.outcomes) if self._round else 0,
            neighbors=self.query_one(Neighbors).is_wanted,
        )
        size = self.size.width, self.size.height
        layout = arrange(size, needs, self._preview.ratio, self._painter.display.largest)
        self._preview.is_alone = self.is_whole
        self.styles.layout = "vertical" if layout.is_below else "horizontal"
        self.query_one("#rest").styles.layout = "horizontal" if layout.is_below else "vertical"
        self._preview.styles.width, self._preview.styles.height = size if self.is_whole else layout.image
        self._place_facts(layout.facts, layout.is_below)
        strip = self.query_one(RoundStrip)
        strip.display, strip.styles.height = layout.strip > 0, layout.strip
        strip.styles.margin = (0, 0, GAP if layout.tiles else 0, 0)
        self.query_one(Neighbors).fit(layout.tiles)

    def _place_facts(self, facts: Facts, is_below: bool) -> None:
        box, scroll, evidence = self.query_one("#facts"), self.query_one(VerticalScroll), self.query_one(EvidencePanel)
        box.styles.layout = "horizontal" if facts.abreast else "vertical"
        box.styles.width = facts.classes[0] if is_below else "100%"
        box.styles.height = facts.rows
        box.styles.margin = (0, GAP, 0, 0) if is_below else (0, 0, GAP, 0)
        scroll.styles.width, scroll.styles.height = facts.classes
        evidence.styles.height = facts.evidence
        evidence.styles.margin = (0, 0, 0, ABREAST) if facts.abreast else (facts.gap, 0, 0, 0)
        self.query_one(ClassList).show_counts(self._counts if facts.counts else ())
