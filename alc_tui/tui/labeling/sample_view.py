"""Shows one sample: its image and, next to it, the classes, the evidence, and the nearest clean samples."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll

from alc_tui.session.labeling.items import Item
from alc_tui.session.labeling.passes import Showing
from alc_tui.session.labeling.review import Case
from alc_tui.tui.labeling import texts
from alc_tui.tui.labeling.evidence_panel import EvidencePanel
from alc_tui.tui.labeling.neighbors import Neighbors
from alc_tui.tui.pictures.framing import Size
from alc_tui.tui.pictures.painter import Painter
from alc_tui.tui.widgets.class_list import ClassList
from alc_tui.tui.widgets.preview import MARGIN, Preview

_NARROWEST = 34
"""Columns that the evidence needs."""
_GAP = 1
"""Rows between classes and evidence."""
_FEWEST_ROWS = 2
"""Rows of evidence (given label and suggestion) that are shown even if not all classes fit."""
_CLASSES_IN_VIEW = 6
"""Classes that must stay visible before evidence is hidden."""


class SampleView(Horizontal):
    """Distributes the available space: the image gets the space that the rest does not need, up to its maximum size."""

    def __init__(
        self, painter: Painter, classes: Sequence[str], class_keys: Sequence[str], sampler: str, largest: Size
    ) -> None:
        """largest: maximum columns and rows of the image, unless it is shown alone."""
        super().__init__()
        self._painter, self._class_names, self._class_keys = painter, tuple(classes), tuple(class_keys)
        self._sampler, self._largest = sampler, largest
        self._ahead: tuple[Item, ...] = ()

    def compose(self) -> ComposeResult:
        """The image, with everything else next to it."""
        yield Preview(self._painter)
        with Vertical(id="beside"):
            with VerticalScroll(can_focus=False):
                yield ClassList(self._class_names, self._class_keys)
            yield EvidencePanel(self._class_names, self._class_keys, self._sampler)
            yield Neighbors(self._painter)

    def on_mount(self) -> None:
        """Limit the class list to one row per class."""
        self.query_one(VerticalScroll).styles.max_height = len(self._class_names)

    def on_resize(self, _event: events.Resize) -> None:
        """Redistribute the space."""
        self._share_out()

    @property
    def is_whole(self) -> bool:
        """Whether the image is shown alone."""
        return self.has_class("-whole")

    def show(self, showing: Showing, ahead: Sequence[Item], hidden: bool, case: Case | None) -> None:
        """Show a sample. ahead: samples that will probably come next. hidden, case: see `EvidencePanel`."""
        self._ahead = tuple(ahead)
        self.query_one(Preview).show(showing.item.position, [item.position for item in ahead])
        self.query_one(ClassList).show(showing.item, hidden)
        self.query_one(EvidencePanel).show(showing, hidden, case)
        self.query_one(Neighbors).show(showing.item, hidden)
        self._name_window()
        self._share_out()

    def on_preview_painted(self) -> None:
        """Draw the next neighbors, now that the current image is on the screen, and name its window."""
        self.query_one(Neighbors).prepare(self._ahead[:1])
        if self._name_window():
            self._share_out()

    @property
    def window(self) -> str:
        """The name of the window that was chosen for this and all further images, "" for their own."""
        return self.query_one(Preview).view.window

    def change(self, name: str, steps: Sequence[int]) -> str:
        """Change the view; returns a status message, possibly empty.

        name: `zoom`, `pan`, `brighten`, `contrast`, `next_window` or `reset` by `steps` (see `Preview`).
        `scroll_classes` by pages.
        `whole` shows the image alone, or everything again; `neighbors` the nearest clean samples, or none.
        """
        if name == "whole":
            self.toggle_class("-whole")
            self._share_out()
        elif name == "neighbors":
            self.query_one(Neighbors).toggle()
        elif name == "scroll_classes":
            scroll = self.query_one(VerticalScroll)
            scroll.scroll_relative(y=steps[0] * scroll.size.height, animate=False)
        else:
            preview = self.query_one(Preview)
            getattr(preview, name)(*steps)
            self._name_window()
            if name == "next_window":
                names = preview.windows
                return f"Window: {texts.window(preview.window, names)}." if len(names) > 1 else texts.ONE_WINDOW
            if name not in ("zoom", "pan"):
                return texts.light(preview.view.brightness, preview.view.contrast)
        return ""

    def original(self) -> str:
        """The size and path of the original image, as text."""
        return self.query_one(Preview).original()

    def _name_window(self) -> bool:
        """Once the image is drawn, name its window if it has several; returns whether that changes anything."""
        preview = self.query_one(Preview)
        if preview.picture is None:
            return False
        name = texts.window(preview.window, preview.windows) if len(preview.windows) > 1 else ""
        return self.query_one(EvidencePanel).show_window(name)

    def _share_out(self) -> None:
        preview, (width, height) = self.query_one(Preview), self.size
        beside = max(_NARROWEST, self.query_one(ClassList).narrowest + 2)
        image = max(MARGIN, min(self._largest[0] + MARGIN, width - beside))
        preview.largest = None if self.is_whole else self._largest
        preview.styles.width = width if self.is_whole else image
        evidence = self.query_one(EvidencePanel)
        rest = height - len(self._class_names)
        evidence.styles.margin = (_GAP if rest > evidence.rows else 0, 0, 0, 0)
        evidence.styles.height = self._evidence_rows(evidence.rows, rest)
        self.query_one(Neighbors).fit(width - image - 1, rest - _GAP - evidence.rows)

    def _evidence_rows(self, needed: int, rest: int) -> int:
        """Fewer than needed if all classes fit then; all if the classes scroll anyway and enough of them stay
        visible."""
        if rest >= _FEWEST_ROWS:
            return min(needed, rest)
        return needed if self.size.height - needed >= _CLASSES_IN_VIEW else _FEWEST_ROWS
