"""Passes the sample on a labeling screen on to the viewer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from alc_tui.data.dataset import ImageSource
from alc_tui.session.labeling.items import Item
from alc_tui.session.labeling.passes import Showing
from alc_tui.tui.keys import display_key
from alc_tui.viewer.sample import ClassKey, ViewedSample, viewed_sample
from alc_tui.viewer.viewer import Viewer


class BrowserView:
    """The part of the viewer that belongs to one screen."""

    def __init__(
        self,
        viewer: Viewer,
        open_images: Callable[[], ImageSource],
        classes: Sequence[str],
        class_keys: Sequence[str],
    ) -> None:
        self._viewer, self._open_images = viewer, open_images
        self._classes = [
            ClassKey(display_key(key).strip(), name) for key, name in zip(class_keys, classes, strict=True)
        ]
        self._sample: ViewedSample | None = None

    def show(self, showing: Showing, title: str, upcoming: Sequence[Item], hidden: bool, window: str) -> None:
        """Show this sample. title: of the pass. upcoming: samples that will probably come next. hidden: whether its
        labels are hidden. window: see `ViewedSample`."""
        self._sample = replace(viewed_sample(showing, title, upcoming, self._classes, hidden), window=window)
        self._viewer.show(self._sample, self._open_images)

    def change_window(self, window: str) -> None:
        """Show the sample in this window, if it is another one."""
        if self._sample is not None and self._sample.window != window:
            self._sample = replace(self._sample, window=window)
            self._viewer.show(self._sample, self._open_images)

    def leave(self) -> None:
        """This screen shows no sample any more."""
        self._viewer.leave(self._sample)
        self._sample = None
