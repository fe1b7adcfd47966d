"""Lists the images below a folder: each file once, links followed as far as the owner of the folder made them.

Links may lead out of the folder only if the owner of the folder made them. A folder or file that is reached in several
ways is listed once, by its own path rather than by a link. Nothing is skipped silently: see `contents`.
"""

from __future__ import annotations

import errno
import os
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from alc_tui.data.images import extensions
from alc_tui.data.images.dicom import storage_class
from alc_tui.data.images.dicom.decoding import reads_dicom
from alc_tui.data.images.dicom.names import has_dicom_extension, is_dicom, leaves_kind_open
from alc_tui.data.inventory.containment import Containment, is_below
from alc_tui.data.inventory.contents import Inventory, Link, Omission, Problem
from alc_tui.data.inventory.omissions import (
    ALIASES,
    DICOM_BY_CONTENT,
    IRREGULAR,
    MASKS,
    NO_PIXELS,
    by_extension,
    by_name,
    mask_folders,
    masks,
)
from alc_tui.errors import UsageError


@dataclass(frozen=True)
class Listing:
    """The images below a folder. images, folders: sorted paths relative to it, with forward slashes.

    folders: all that were read, without the folder itself.
    """

    images: tuple[str, ...]
    folders: tuple[str, ...]
    links: tuple[Link, ...]
    omissions: tuple[Omission, ...]
    problems: tuple[Problem, ...]

    def inventory(self, omissions: Collection[Omission] = (), problems: Collection[Problem] = ()) -> Inventory:
        """What was found besides the images, with more that was left out or cannot be used."""
        return Inventory(self.links, (*self.omissions, *omissions), (*self.problems, *problems))


def walk(root: Path, only: Collection[str] | None = None) -> Listing:
    """List the images in `root` and below.

    only: names of the folders directly in `root` to read, None for all. Raises UsageError if `root` cannot be read.
    """
    try:
        with os.scandir(root):
            pass
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"The folder {root} cannot be read ({reason}); check the path.") from error
    return _Walk(root, only).listing()


class _Walk:
    def __init__(self, root: Path, only: Collection[str] | None) -> None:
        self._root, self._containment = str(root), Containment(root)
        self._readable, self._reads_dicom = extensions(), reads_dicom()
        self._images: list[str] = []
        self._folders: list[str] = []
        self._waiting: deque[tuple[str, str]] = deque()
        self._links: list[Link] = []
        self._omissions: list[Omission] = []
        self._problems: list[Problem] = []
        self._real_images: set[str] = set()
        real = os.path.realpath(root)
        self._real_folders = {real}
        self._read("", real, only)
        while self._waiting:
            self._follow(*self._waiting.popleft())

    def listing(self) -> Listing:
        """What was found, in order."""
        return Listing(
            tuple(sorted(self._images)),
            tuple(sorted(self._folders)),
            tuple(sorted(self._links, key=lambda link: link.path)),
            tuple(sorted(self._omissions, key=lambda omission: omission.path)),
            tuple(sorted(self._problems, key=lambda problem: problem.path)),
        )

    def _read(self, path: str, real: str, only: Collection[str] | None = None) -> None:
        """Read the folder at `path`, relative to the root and really at `real`, and all folders below it."""
        open_folders = [(path, real)]
        while open_folders:
            parent, real_parent = open_folders.pop()
            folders = [name for name in self._entries(parent, real_parent) if only is None or name in only]
            only = None
            for name in reversed(folders):
                inner, real_inner = join(parent, name), os.path.join(real_parent, name)  # noqa: PTH118
                if real_inner in self._real_folders:
                    self._leave_out(inner, ALIASES)
                    continue
                self._real_folders.add(real_inner)
                self._folders.append(inner)
                open_folders.append((inner, real_inner))

    def _entries(self, parent: str, real_parent: str) -> list[str]:
        """Sort the entries of one folder; returns the names of its folders, in order."""
        try:
            with os.scandir(self._absolute(parent)) as scanned:
                entries = sorted(scanned, key=lambda entry: entry.name)
        except OSError as error:
            self._problems.append(Problem(parent or ".", f"cannot be read ({error.strerror})"))
            return []
        not_images = masks([entry.name for entry in entries if self._is_image_name(entry.name)])
        not_images |= mask_folders([entry.name for entry in entries if _may_be_folder(entry)])
        folders = []
        for entry in entries:
            path = join(parent, entry.name)
            reason = by_name(entry.name) or (MASKS if entry.name in not_images else None)
            if reason is not None:
                self._leave_out(path, reason)
            elif entry.is_symlink():
                self._waiting.append((path, real_parent))
            elif entry.is_dir(follow_symlinks=False):
                folders.append(entry.name)
            elif not entry.is_file(follow_symlinks=False):
                self._leave_out(path, IRREGULAR)
            else:
                self._take_file(path, os.path.join(real_parent, entry.name))  # noqa: PTH118
        return folders

    def _follow(self, path: str, real_parent: str) -> None:
        """Follow the link at `path`, which is in the folder `real_parent`."""
        link = self._absolute(path)
        try:
            target = os.path.realpath(link, strict=True)
            is_folder, is_file = os.path.isdir(target), os.path.isfile(target)  # noqa: PTH112, PTH113
            if is_below(real_parent, target):
                self._problems.append(Problem(path, f"a link that leads back to {target}, which contains it"))
                return
            if not self._containment.admit(link, target):
                self._problems.append(
                    Problem(path, f"a link out of the folder, to {target}, that its owner did not make")
                )
                return
        except OSError as error:
            self._problems.append(Problem(path, _broken(error, link)))
            return
        if is_folder:
            self._follow_to_folder(path, target)
        elif not is_file:
            self._leave_out(path, IRREGULAR)
        elif self._take_file(path, target):
            self._add_link(path, target)

    def _follow_to_folder(self, path: str, target: str) -> None:
        if target in self._real_folders:
            self._leave_out(path, ALIASES)
        else:
            self._add_link(path, target)
            self._real_folders.add(target)
            self._folders.append(path)
            self._read(path, target)

    def _take_file(self, path: str, real: str) -> bool:
        """List a file if it is an image and is not listed yet, else leave it out."""
        reason = ALIASES if real in self._real_images else self._other_than_image(path)
        if reason is not None:
            self._leave_out(path, reason)
            return False
        self._images.append(path)
        self._real_images.add(real)
        return True

    def _other_than_image(self, path: str) -> str | None:
        """The reason to leave out a file, from its name and, if that may be a DICOM file's, from its first bytes; None
        for an image, and for what is named as one and cannot be read."""
        is_image = self._is_image_name(path)
        if is_image and not has_dicom_extension(path):
            return None
        if not is_image and not leaves_kind_open(path.rpartition("/")[2]):
            return by_extension(path)
        start = self._start(path)
        if not is_image and not is_dicom(start):
            return by_extension(path)
        return _other_than_image(start) or (None if self._reads_dicom else DICOM_BY_CONTENT)

    def _start(self, path: str) -> bytes:
        """The first bytes of a file, none if it cannot be read."""
        try:
            with open(self._absolute(path), "rb") as file:  # noqa: PTH123
                return file.read(storage_class.BYTES)
        except OSError:
            return b""

    def _is_image_name(self, name: str) -> bool:
        return os.path.splitext(name)[1].lower() in self._readable  # noqa: PTH122 - faster than pathlib

    def _leave_out(self, path: str, reason: str) -> None:
        self._omissions.append(Omission(path, reason))

    def _add_link(self, path: str, target: str) -> None:
        self._links.append(Link(path, target, self._containment.is_outside(target)))

    def _absolute(self, path: str) -> str:
        return os.path.join(self._root, path) if path else self._root  # noqa: PTH118


def _may_be_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_symlink() or entry.is_dir(follow_symlinks=False)


def _other_than_image(start: bytes) -> str | None:
    """The reason to leave out a DICOM file that begins like this, None for an image."""
    if storage_class.has_no_pixels(start):
        return NO_PIXELS
    return MASKS if storage_class.is_segmentation(start) else None


def _broken(error: OSError, link: str) -> str:
    if error.errno == errno.ELOOP:
        return "a link that leads to itself"
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return f"a link to {os.readlink(link)}, which does not exist"  # noqa: PTH115
    return f"a link that cannot be followed ({error.strerror})"


def join(parent: str, name: str) -> str:
    """The path of an entry of a folder, "" being the top."""
    return f"{parent}/{name}" if parent else name
