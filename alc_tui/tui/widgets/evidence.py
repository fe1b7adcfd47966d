"""Why this sample is shown: what was given, what the model says, and its place in the ranking."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual.widgets import Static

from alc_tui.session.service import Item
from alc_tui.tui.keys import class_keys
from alc_tui.tui.text import plain, shorten


class Evidence(Static):
    """Five lines about one sample."""

    def __init__(self, classes: Sequence[str], sampler: str) -> None:
        super().__init__(markup=False)
        self._class_names, self._sampler = tuple(classes), sampler
        self._item: Item | None = None
        self._queue = 0

    def show(self, item: Item, queue: int) -> None:
        """Draw what is known of this sample. queue: samples in the round."""
        self._item, self._queue = item, queue
        self._draw()

    def on_resize(self) -> None:
        """Names are cut to the width there is."""
        self._draw()

    def _draw(self) -> None:
        item, width = self._item, self.content_size.width
        if item is None or not width:
            return
        self.update(
            Text(
                "\n".join(
                    (
                        self._belief("given", item.given, item, width),
                        self._belief("model", item.suggestion, item, width),
                        f"rank   {item.place + 1:,} of {self._queue:,}",
                        f"score  {item.score:.3f} ({self._sampler})",
                        f"image  {shorten(plain(item.sample), width - 7)}",
                    )
                ),
                no_wrap=True,
                overflow="ellipsis",
            )
        )

    def _belief(self, who: str, name: str, item: Item, width: int) -> str:
        index = self._class_names.index(name)
        keys = class_keys(len(self._class_names))
        key = f" [{keys[index]}]" if index < len(keys) else ""
        said = f"{key}  p {item.probabilities[index]:.3f}"
        return f"{who}  {shorten(plain(name), width - 7 - len(said))}{said}"
