"""Lines of pictures that are freed as soon as nobody shows them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.strip import Strip


class WholeStrip(Strip):
    """A line that is not in its own cache.

    Textual's lines are, once they have been divided nowhere: then only a full garbage collection frees them, with
    thousands of colors for each image.
    """

    def divide(self, cuts: Iterable[int]) -> Sequence[Strip]:
        """The parts between cuts, the last of which is the end of the line."""
        places = list(cuts)
        return [self] if places == [self.cell_length] else super().divide(places)


def whole(strips: Iterable[Strip]) -> list[Strip]:
    """The same lines, for `Widget.render_lines`."""
    return [WholeStrip(strip, strip.cell_length) for strip in strips]
