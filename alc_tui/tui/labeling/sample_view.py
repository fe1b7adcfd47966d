"""One sample: its image, and beside it the classes, the evidence and the nearest clean samples. Decides nothing."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll

from alc_tui.session.labeling.items import Item
from alc_tui.session.labeling.passes import Showing
from alc_tui.session.labeling.review import Case
from alc_tui.tui.labeling.evidence_panel import EvidencePanel
from alc_tui.tui.labeling.neighbors import Neighbors
from alc_tui.tui.pictures.framing import Size
from alc_tui.tui.pictures.painter import Painter
from alc_tui.tui.pictures.view import View
from alc_tui.tui.widgets.class_list import ClassList
from alc_tui.tui.widgets.preview import MARGIN, Preview

_NARROWEST = 34
"""Columns that the evidence needs."""
_GAP = 1
"""Rows between classes and evidence."""
_LEAST = 2
"""Rows of evidence that are kept where the classes need more than there are: given and model."""
_IN_VIEW = 6
"""Classes that are in view at least, before evidence has to give way."""


class SampleView(Horizontal):
    """Shares its room out: the image gets what the rest does not need, as far as it can use it."""

    def __init__(
        self, painter: Painter, classes: Sequence[str], class_keys: Sequence[str], sampler: str, largest: Size
    ) -> None:
        """largest: columns and rows that the image may take, unless it is shown alone."""
        super().__init__()
        self._painter, self._class_names, self._class_keys = painter, tuple(classes), tuple(class_keys)
        self._sampler, self._largest = sampler, largest
        self._ahead: tuple[Item, ...] = ()

    def compose(self) -> ComposeResult:
        """The image, and all the rest beside it."""
        yield Preview(self._painter)
        with Vertical(id="beside"):
            with VerticalScroll(can_focus=False):
                yield ClassList(self._class_names, self._class_keys)
            yield EvidencePanel(self._class_names, self._class_keys, self._sampler)
            yield Neighbors(self._painter)

    def on_mount(self) -> None:
        """The classes take no more rows than they are."""
        self.query_one(VerticalScroll).styles.max_height = len(self._class_names)

    def on_resize(self, _event: events.Resize) -> None:
        """Another size of the terminal."""
        self._share_out()

    @property
    def is_whole(self) -> bool:
        """Whether the image is shown alone."""
        return self.has_class("-whole")

    def show(self, showing: Showing, ahead: Sequence[Item], hidden: bool, case: Case | None) -> None:
        """Draw a sample. ahead: those that may come next. hidden, case: see `EvidencePanel`."""
        self._ahead = tuple(ahead)
        self.query_one(Preview).show(showing.item.position, [item.position for item in ahead])
        self.query_one(ClassList).show(showing.item, hidden)
        self.query_one(EvidencePanel).show(showing, hidden, case)
        self.query_one(Neighbors).show(showing.item, hidden)
        self._share_out()

    def on_preview_painted(self) -> None:
        """What comes next is drawn now that nothing waits."""
        self.query_one(Neighbors).prepare(self._ahead[:1])

    def toggle_whole(self) -> None:
        """The image alone, or all the rest again."""
        self.toggle_class("-whole")
        self._share_out()

    def toggle_neighbors(self) -> None:
        """Show the nearest clean samples no more, or again."""
        self.query_one(Neighbors).toggle()

    def look(self, how: str, steps: Sequence[int]) -> View:
        """`zoom`, `pan`, `brighten`, `contrast` or `reset`: see `Preview`. Returns how the image is looked at then."""
        preview = self.query_one(Preview)
        getattr(preview, how)(*steps)
        return preview.view

    def original(self) -> str:
        """How large the original is and where it lies, in words."""
        return self.query_one(Preview).original()

    def scroll_classes(self, pages: int) -> None:
        """More classes than rows."""
        scroll = self.query_one(VerticalScroll)
        scroll.scroll_relative(y=pages * scroll.size.height, animate=False)

    def _share_out(self) -> None:
        preview, (width, height) = self.query_one(Preview), self.size
        beside = max(_NARROWEST, self.query_one(ClassList).narrowest + 2)
        image = max(MARGIN, min(self._largest[0] + MARGIN, width - beside))
        preview.largest = None if self.is_whole else self._largest
        preview.styles.width = width if self.is_whole else image
        evidence = self.query_one(EvidencePanel)
        left = height - len(self._class_names)
        evidence.styles.margin = (_GAP if left > evidence.rows else 0, 0, 0, 0)
        evidence.styles.height = self._rows_of_evidence(evidence.rows, left)
        self.query_one(Neighbors).fit(width - image - 1, left - _GAP - evidence.rows)

    def _rows_of_evidence(self, wanted: int, left: int) -> int:
        """Fewer where all classes can be seen then; where they have to scroll anyway, as long as some are in view."""
        if left >= _LEAST:
            return min(wanted, left)
        return wanted if self.size.height - wanted >= _IN_VIEW else _LEAST
