"""What is at a location, in a folder or below a URL."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from alc_tui.data.dataset import ImageSource
from alc_tui.data.files.reading import read_whole
from alc_tui.data.images import FileImages
from alc_tui.data.paths import UrlPath
from alc_tui.data.remote.images import RemoteImages
from alc_tui.data.remote.storage import Storage


def images_at(root: Path, locators: Sequence[str]) -> ImageSource:
    """The images whose paths relative to `root` these are."""
    return RemoteImages(root, locators) if isinstance(root, UrlPath) else FileImages(root, locators)


def read_anywhere(path: Path) -> bytes:
    """The content of a regular file, or of an object; raises OSError or `UnreadableFileError`."""
    if not isinstance(path, UrlPath):
        return read_whole(path)
    return Storage(UrlPath(path.parent)).read(path.name)
