"""The images that a table names: paths relative to its folder, in the forms in which people and programs write them.

No path leaves the folder except by a link that the owner of the folder made.
"""

from __future__ import annotations

import posixpath
from functools import cached_property
from pathlib import Path, PurePosixPath, PureWindowsPath

from alc_tui.data.images import extensions, file_of, frame_of
from alc_tui.data.paths import UrlPath
from alc_tui.data.sources.places import Files, FilesBelow, ObjectsBelow
from alc_tui.errors import UsageError


class References:
    """Resolves what a table writes for an image to a path relative to `folder`, with forward slashes.

    Accepted are paths relative to the folder, absolute ones below it, backslashes, and names without folder or without
    extension, which are searched for in the folder and below. `#` and a number at the end name a page or frame. links:
    those that were followed, by path.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files: Files = ObjectsBelow(folder) if isinstance(folder, UrlPath) else FilesBelow(folder)
        self.links = self._files.links

    def locate(self, text: str) -> str | None:
        """The path for `text`, whether or not there is such a file; None if it is outside the folder or leads out.

        Raises UsageError if several different images fit a name.
        """
        if not text or "\0" in text:
            return None
        if (frame := frame_of(text)) is not None:
            path_of_file = self.locate(file_of(text))
            return None if path_of_file is None else f"{path_of_file}#{frame}"
        path = posixpath.normpath(self._relative(text))
        if not _stays_below(path):
            return None
        is_whole = "/" in path and PurePosixPath(path).suffix.lower() in extensions()
        if not is_whole and not self.exists(path):
            path = self._completed(path)
        return path if self._files.admits(path) else None

    def exists(self, path: str) -> bool:
        """Whether there is a file at a path relative to the folder, whichever of its frames is named."""
        return self._files.exists(file_of(path))

    def _relative(self, text: str) -> str:
        if "\\" in text and not self.exists(text):
            text = text.replace("\\", "/")
        for folder in self._files.spellings:
            if text.startswith(f"{folder.rstrip('/')}/"):
                return self._files.unquoted(text[len(folder.rstrip("/")) + 1 :])
        return text

    def _completed(self, path: str) -> str:
        """The path of the image that a name or a path without extension means, or else the path itself."""
        for key in (path, posixpath.basename(path)):
            images = self._by_name.get(key, ())
            if len(images) > 1 and not self._files.are_same(images):
                raise UsageError(
                    f"{len(images)} different images in {self.folder} are named {key!r}, such as {images[0]} and "
                    f"{images[1]}; write their folder and extension in the table."
                )
            if images:
                return images[0]
        return path

    @cached_property
    def _by_name(self) -> dict[str, tuple[str, ...]]:
        """All images in the folder and below by name, and by path and name without extension."""
        images_by_name: dict[str, tuple[str, ...]] = {}
        for image in self._files.images():
            stem, extension = posixpath.splitext(image)
            stem = stem if extension.lower() in extensions() else image
            for key in {stem, posixpath.basename(stem), posixpath.basename(image)}:
                images_by_name[key] = (*images_by_name.get(key, ()), image)
        return images_by_name


def _stays_below(path: str) -> bool:
    """Whether a normalized path stays below its folder, on POSIX and on Windows."""
    windows = PureWindowsPath(path)
    is_outside = path in (".", "..") or path.startswith(("../", "/")) or ".." in windows.parts
    return not (is_outside or windows.drive or windows.root)
