"""Which cells a frame writes, seen by an emulator."""

from __future__ import annotations

from collections.abc import Iterable

import pyte
from textual._compositor import CompositorUpdate
from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.geometry import Region
from textual.widgets import Static

from alc_tui.tui.graphics.layer import Cells
from alc_tui.tui.terminal.frames import written_cells

SIZE = (40, 8)


class Desk(App[None]):
    CSS = "Static { width: 12; height: 4; } #last { width: 1fr; height: 8; }"

    def compose(self) -> ComposeResult:
        with Horizontal():
            for name in ("first", "middle", "last"):
                yield Static("x" * 200, id=name)


def changed(app: App[None], update: CompositorUpdate) -> set[tuple[int, int]]:
    """Row and column of each cell that the emulator has after the update, and not before."""
    screen = pyte.Screen(*SIZE)
    stream = pyte.Stream(screen)
    stream.feed("\x1b[H" + "#" * (SIZE[0] * SIZE[1] - 1) + f"\x1b[{SIZE[1]};{SIZE[0]}H\x1b[@#")
    stream.feed(update.render_segments(app.console))
    return {(row, column) for row in range(SIZE[1]) for column in range(SIZE[0]) if screen.display[row][column] != "#"}


def cells(written: Iterable[Cells]) -> set[tuple[int, int]]:
    return {(row, column) for row, first, end in written for column in range(first, end)}


async def test_the_written_cells_are_those_that_change_in_a_terminal() -> None:
    async with Desk().run_test(size=SIZE) as pilot:
        compositor = pilot.app.screen._compositor
        for regions in (
            [Region(0, 0, 12, 4)],
            [Region(15, 1, 4, 2)],
            [Region(30, 2, 5, 3)],
            [Region(3, 0, 2, 1), Region(26, 0, 2, 6)],
            [Region(0, 0, *SIZE)],
        ):
            compositor._dirty_regions.update(regions)
            update = compositor.render_update()
            assert isinstance(update, CompositorUpdate)
            assert cells(written_cells(update)) == changed(pilot.app, update)


def test_no_update_writes_nothing() -> None:
    assert list(written_cells(None)) == []
