"""Images that are objects below a URL."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cached_property

from PIL import Image

from alc_tui.data.images.decoding import WindowedImage, decode, decode_in_window
from alc_tui.data.images.frames import file_of, frame_of
from alc_tui.data.paths import UrlPath
from alc_tui.data.remote.storage import READERS, Storage

UNREAD = "|unread"
"""In the token of an image of which no version is known."""


class RemoteImages:
    """Images that are objects: `locators` are their names below a URL, and may name a page or frame, see `frames`."""

    readers: int | None = READERS

    def __init__(self, root: UrlPath, locators: Sequence[str], storage: Storage | None = None) -> None:
        """storage: at `root`; opened if omitted."""
        self._root, self._locators = root, locators
        self._storage = Storage(root) if storage is None else storage
        self._opened_at = time.time_ns()

    def __len__(self) -> int:
        return len(self._locators)

    def content(self, index: int) -> bytes:
        """See `HasContent.content`."""
        return self._storage.read(file_of(self._locators[index]))

    def read(self, index: int) -> Image.Image:
        """See `ImageSource.read`."""
        return decode(self.content(index), frame_of(self._locators[index]) or 1)

    def read_in_window(self, index: int, window: str) -> WindowedImage:
        """See `HasWindows.read_in_window`."""
        return decode_in_window(self.content(index), frame_of(self._locators[index]) or 1, window)

    def token(self, index: int) -> str:
        """The URL, and what the storage says of the object's version: its checksum, or size and time.

        The first call asks for all images, by one listing where there is one.
        """
        locator = self._locators[index]
        url, version, frame = (
            f"{self._root}/{file_of(locator)}",
            self._versions.get(file_of(locator)),
            frame_of(locator),
        )
        if version is None:
            return f"{url}{UNREAD} {self._opened_at}"  # whatever is read under it is read again the next time
        return f"{url}|{version}{'' if frame is None else f'|frame {frame}'}"

    def locator(self, index: int) -> str:
        """See `ImageSource.locator`."""
        return self._locators[index]

    def path(self, index: int) -> None:
        """None: the images are no files here."""

    @cached_property
    def _versions(self) -> dict[str, str]:
        return self._storage.versions(list(dict.fromkeys(map(file_of, self._locators))))
