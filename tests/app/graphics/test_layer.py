"""What the layer writes at the end of frames, read by a terminal that knows the protocols."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from alc_tui.tui.graphics.encoding import iterm2_graphic, kitty_graphic, sixel_graphic
from alc_tui.tui.graphics.graphic import Graphic
from alc_tui.tui.graphics.kitty import new_id
from alc_tui.tui.graphics.layer import Layer
from alc_tui.tui.graphics.passage import Passage, Spot
from alc_tui.tui.terminal.tmux import Tmux
from tests.app.graphics.decoding import Reader, unwrapped
from tests.app.pictures.cells import noise

CELL, GROUND = (10, 20), (0, 0, 0)
Z_BELOW = "z=-1073741825"


class Toast:
    def __init__(self) -> None:
        self.refreshes = 0

    def refresh(self) -> None:
        self.refreshes += 1


class Widget:
    """It wants a graphic at a place, perhaps below something."""

    def __init__(self, graphic: Graphic | None, corner: tuple[int, int] = (3, 2)) -> None:
        self.graphic, self.corner = graphic, corner
        self.over: list[Toast] = []

    def graphic_spot(self) -> Spot | None:
        return None if self.graphic is None else Spot(self.graphic, self.corner)

    def overlays(self) -> list[Toast]:
        return self.over


class Desk:
    """A layer, and what it has written since the last look."""

    def __init__(self, passage: Passage | None = None) -> None:
        self._written: list[str] = []
        self.layer = Layer(self._written.append, passage or Passage({"TERM": "xterm"}))

    def frame(self, *painted: Widget) -> Reader:
        """A frame in which these widgets are painted."""
        for widget in painted:
            self.paint(widget)
        self.layer.draw()
        return Reader(self.written)

    def paint(self, widget: Widget) -> None:
        """The widget is painted, its first cell at least."""
        self.layer.add(widget)
        column, row = widget.corner
        self.layer.overwrite([(row, column, column + 1)])

    @property
    def written(self) -> str:
        text = "".join(self._written)
        self._written.clear()
        return text


def kitty(seed: int = 0) -> Graphic:
    return kitty_graphic(noise(40, 40, seed), CELL, GROUND, new_id(), is_virtual=False)


def sixel(seed: int = 0) -> Graphic:
    return sixel_graphic(noise(40, 40, seed), CELL)


def iterm2(seed: int = 0) -> Graphic:
    return iterm2_graphic(noise(40, 40, seed), CELL, GROUND)


def number_of(graphic: Graphic) -> str:
    (image,) = Reader("".join(graphic.show)).drawn
    return image.controls["i"]


@pytest.mark.parametrize("make", [kitty, sixel, iterm2])
def test_a_graphic_is_drawn_once_at_its_place_and_the_cursor_returns(make: Callable[[int], Graphic]) -> None:
    desk, widget = Desk(), Widget(make(0))
    (image,) = desk.frame(widget).drawn
    assert image.corner == (3, 2)
    desk.layer.draw()
    assert desk.written == ""


@pytest.mark.parametrize("make", [sixel, iterm2])
def test_what_text_erases_is_drawn_again_when_its_cells_were_painted(make: Callable[[int], Graphic]) -> None:
    desk, widget = Desk(), Widget(make(0))
    desk.frame(widget)
    assert len(desk.frame(widget).drawn) == 1
    assert desk.frame().drawn == []


@pytest.mark.parametrize(
    ("cells", "images"),
    [
        ((1, 0, 80), 0),  # the graphic covers columns 3 to 6 in rows 2 and 3
        ((2, 0, 3), 0),
        ((2, 0, 4), 1),
        ((3, 6, 80), 1),
        ((3, 7, 80), 0),
        ((4, 0, 80), 0),
    ],
)
def test_an_image_is_sent_again_only_if_its_own_cells_were_written(cells: tuple[int, int, int], images: int) -> None:
    desk, widget = Desk(), Widget(iterm2(0))
    desk.frame(widget)
    desk.layer.overwrite([cells])
    assert len(desk.frame().drawn) == images


def test_what_text_does_not_erase_is_not_sent_again() -> None:
    desk, widget = Desk(), Widget(kitty())
    desk.frame(widget)
    desk.frame(widget)
    assert desk.written == ""


def test_the_next_image_replaces_the_last_one_without_a_gap() -> None:
    first, second = kitty(0), kitty(1)
    desk, widget = Desk(), Widget(first)
    desk.frame(widget)
    widget.graphic = second
    desk.paint(widget)
    desk.layer.draw()
    text = desk.written
    seen = Reader(text)
    assert [image.controls["i"] for image in seen.drawn] == [number_of(second)]
    assert seen.deleted == [number_of(first)]
    assert text.index("a=T") < text.index("a=d"), "the screen would be empty for a moment"


def test_a_graphic_that_moves_is_drawn_elsewhere_and_not_deleted() -> None:
    desk, widget = Desk(), Widget(kitty())
    desk.frame(widget)
    widget.corner = (9, 0)
    seen = desk.frame(widget)
    assert [image.corner for image in seen.drawn] == [(9, 0)]
    assert seen.deleted == []


def test_a_graphic_is_deleted_when_its_widget_is_covered_and_drawn_when_it_is_back() -> None:
    graphic = kitty()
    desk, widget = Desk(), Widget(graphic)
    desk.frame(widget)
    widget.graphic = None
    seen = desk.frame()
    assert (seen.drawn, seen.deleted) == ([], [number_of(graphic)])
    widget.graphic = graphic
    assert len(desk.frame(widget).drawn) == 1


def test_a_graphic_that_another_widget_shows_now_is_not_deleted() -> None:
    graphic = kitty()
    desk, below, above = Desk(), Widget(graphic), Widget(graphic, (0, 0))
    desk.frame(below)
    below.graphic = None
    seen = desk.frame(above)
    assert [image.corner for image in seen.drawn] == [(0, 0)]
    assert seen.deleted == []


@pytest.mark.parametrize("make", [sixel, iterm2])
def test_a_notification_over_the_image_stays_and_the_image_returns_after_it(make: Callable[[int], Graphic]) -> None:
    desk, widget = Desk(), Widget(make(0))
    desk.frame(widget)
    toast = Toast()
    widget.over = [toast]
    assert desk.frame(widget).drawn == [], "the image would be drawn over the notification"
    widget.over = []
    assert len(desk.frame(widget).drawn) == 1


@pytest.mark.parametrize("make", [sixel, iterm2])
def test_a_new_image_below_a_notification_has_the_notification_painted_again(make: Callable[[int], Graphic]) -> None:
    desk, widget = Desk(), Widget(make(0))
    desk.frame(widget)
    toast = Toast()
    widget.over, widget.graphic = [toast], make(1)
    assert len(desk.frame(widget).drawn) == 1
    assert toast.refreshes == 1
    desk.frame(widget)
    assert toast.refreshes == 1, "it would be painted for ever"


def test_kittys_image_goes_below_notifications_and_comes_up_again() -> None:
    desk, widget = Desk(), Widget(kitty())
    desk.frame(widget)
    widget.over = [Toast()]
    desk.paint(widget)
    desk.layer.draw()
    lowered = desk.written
    assert "a=p" in lowered and Z_BELOW in lowered
    desk.frame(widget)
    assert desk.written == ""
    widget.over = []
    desk.paint(widget)
    desk.layer.draw()
    lifted = desk.written
    assert "a=p" in lifted and "z=" not in lifted


def test_kittys_next_image_is_below_a_notification_from_the_start() -> None:
    desk, widget = Desk(), Widget(kitty(0))
    desk.frame(widget)
    widget.over, widget.graphic = [Toast()], kitty(1)
    desk.paint(widget)
    desk.layer.draw()
    text = desk.written
    assert text.index("a=T") < text.index(Z_BELOW)


def test_nothing_is_left_when_the_app_leaves_the_terminal() -> None:
    graphic = kitty()
    desk, widget = Desk(), Widget(graphic)
    desk.frame(widget)
    desk.layer.clear()
    assert Reader(desk.written).deleted == [number_of(graphic)]
    desk.layer.draw()
    assert desk.written == ""
    assert len(desk.frame(widget).drawn) == 1, "after a pause, it is drawn again"


def test_through_tmux_everything_is_wrapped_and_placed_where_the_pane_is() -> None:
    answer = Tmux("tmux-256color", "foot", (), True, "foot(1.13.1)", passes_through=True, offset=(40, 1))
    passage = Passage({"TERM": "tmux-256color", "TMUX": "/tmp/t,1,0"}, lambda: answer)
    for make in (kitty, sixel, iterm2):
        desk, widget = Desk(passage), Widget(make(0))
        desk.paint(widget)
        desk.layer.draw()
        outer, inner = unwrapped(desk.written)
        assert inner == ""
        (image,) = Reader(outer).drawn
        assert image.corner == (43, 3)
        assert outer.endswith("\x1b8")


@pytest.mark.parametrize(("make", "images"), [(kitty, 0), (sixel, 1), (iterm2, 1)])
def test_back_in_tmuxs_window_what_text_has_erased_is_drawn_again(make: Callable[[int], Graphic], images: int) -> None:
    desk, widget = Desk(Passage({"TERM": "tmux-256color"})), Widget(make(0))
    desk.frame(widget)
    desk.layer.redraw_in_tmux()
    assert len(Reader(unwrapped(desk.written)[0]).drawn) == images
    outside, other = Desk(), Widget(make(0))
    outside.frame(other)
    outside.layer.redraw_in_tmux()
    assert outside.written == ""


def test_through_a_tmux_on_the_way_positions_are_those_of_the_window() -> None:
    def never() -> Tmux:
        raise AssertionError("a tmux on another machine cannot be asked")

    passage = Passage({"TERM": "tmux-256color"}, never)
    desk, widget = Desk(passage), Widget(sixel())
    desk.paint(widget)
    desk.layer.draw()
    outer, _ = unwrapped(desk.written)
    assert [image.corner for image in Reader(outer).drawn] == [(3, 2)]
