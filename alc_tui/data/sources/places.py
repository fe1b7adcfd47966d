"""The files that the references of a table may mean: those below a folder, or the objects below a URL."""

from __future__ import annotations

import errno
import filecmp
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote

from alc_tui.data.images import extensions
from alc_tui.data.images.errors import UnreadableFileError
from alc_tui.data.inventory.containment import Containment
from alc_tui.data.inventory.contents import Link
from alc_tui.data.inventory.walk import walk
from alc_tui.data.paths import UrlPath
from alc_tui.data.remote.listing import list_images
from alc_tui.data.remote.storage import Storage


class Files(Protocol):
    """Files by their paths relative to one place, with forward slashes."""

    @property
    def spellings(self) -> Sequence[str]:
        """The place, in absolute paths of files."""

    @property
    def links(self) -> Mapping[str, Link]:
        """The links that were followed, by path."""

    def exists(self, path: str) -> bool:
        """Whether there is a file at a path."""

    def images(self) -> Sequence[str]:
        """All images, sorted."""

    def are_same(self, paths: Sequence[str]) -> bool:
        """Whether several files are known to have the same content."""

    def admits(self, path: str) -> bool:
        """Whether a path stays inside, or leaves by links that the owner of the place made."""

    def unquoted(self, path: str) -> str:
        """The path that a part of an absolute one means."""


class FilesBelow:
    """The files below a folder; see `Files`."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._containment = folder, Containment(folder)
        self.spellings = (str(folder), os.path.realpath(folder))
        self._admitted: dict[str, bool] = {"": True}
        self.links: dict[str, Link] = {}

    def exists(self, path: str) -> bool:
        """See `Files.exists`."""
        return os.path.isfile(self._full(path))  # noqa: PTH113

    def images(self) -> Sequence[str]:
        """See `Files.images`."""
        return walk(self._folder).images

    def are_same(self, paths: Sequence[str]) -> bool:
        """See `Files.are_same`."""
        first, *others = (self._folder / path for path in paths)
        return all(filecmp.cmp(first, other, shallow=False) for other in others)

    def admits(self, path: str) -> bool:
        """See `Files.admits`."""
        if path not in self._admitted:
            self._admitted[path] = self.admits(os.path.dirname(path)) and self._admits_link(path)  # noqa: PTH120
        return self._admitted[path]

    def unquoted(self, path: str) -> str:
        """The path itself."""
        return path

    def _admits_link(self, path: str) -> bool:
        full = self._full(path)
        if not os.path.islink(full):  # noqa: PTH114
            return True
        try:
            target = os.path.realpath(full, strict=True)
        except OSError as error:
            if error.errno == errno.ELOOP:
                return False
            target = os.path.realpath(full)
        if not self._containment.admit(full, target):
            return False
        self.links[path] = Link(path, target, self._containment.is_outside(target))
        return True

    def _full(self, path: str) -> str:
        return os.path.join(self._folder, path)  # noqa: PTH118


class ObjectsBelow:
    """The objects below a URL; see `Files`. A web server without index pages is taken to have whatever is named."""

    links: Mapping[str, Link] = {}

    def __init__(self, url: UrlPath) -> None:
        self._storage = Storage(url)
        self.spellings = (str(url),)

    def exists(self, path: str) -> bool:
        """See `Files.exists`."""
        if self._can_be_listed():
            return path in self._storage.objects
        return f".{path.rpartition('.')[2].lower()}" in extensions()

    def images(self) -> Sequence[str]:
        """See `Files.images`."""
        return list_images(self._storage).images if self._can_be_listed() else ()

    def are_same(self, paths: Sequence[str]) -> bool:
        """See `Files.are_same`; known where the storage has checksums."""
        marks = {self._storage.checksum(path) for path in paths}
        return len(marks) == 1 and None not in marks

    def admits(self, path: str) -> bool:  # noqa: ARG002
        """True: there are no links."""
        return True

    def unquoted(self, path: str) -> str:
        """See `Files.unquoted`."""
        return unquote(path) if self._storage.is_web else path

    def _can_be_listed(self) -> bool:
        try:
            return bool(self._storage.objects)
        except UnreadableFileError:
            return False
