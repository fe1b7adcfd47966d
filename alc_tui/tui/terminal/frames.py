"""Which cells of the terminal a frame of Textual writes."""

from __future__ import annotations

from collections.abc import Iterator

from textual._compositor import ChopsUpdate, LayoutUpdate

from alc_tui.tui.graphics.layer import Cells


def written_cells(update: object) -> Iterator[Cells]:
    """The cells that an update writes. It starts each one at the edge of a widget, also where less has changed."""
    # Private parts of Textual: nothing public says what is written.
    if isinstance(update, LayoutUpdate):
        for row in update.region.line_range:
            yield row, update.region.x, update.region.right
    elif isinstance(update, ChopsUpdate):
        for row, first, end in update.spans:
            for chop_end, (start, strip) in zip(update.chop_ends[row], update.chops[row].items(), strict=False):
                if strip is not None and start <= end and chop_end > first:
                    yield row, start, min(chop_end, end)
