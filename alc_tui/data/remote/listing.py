"""Lists the images below a URL, by the rules for folders; nothing is skipped silently."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from alc_tui.data.images import extensions
from alc_tui.data.inventory.contents import Omission
from alc_tui.data.inventory.omissions import MASKS, by_extension, by_name, mask_folders, masks
from alc_tui.data.inventory.walk import Listing, join
from alc_tui.data.remote.storage import Storage


def list_images(storage: Storage) -> Listing:
    """The images below the storage's URL; raises UsageError if they cannot be listed.

    Only names are looked at: an object that has the name of an image and is none is noticed when it is decoded.
    """
    storage.check()
    files, folders = defaultdict[str, list[str]](list), defaultdict[str, set[str]](set)
    for path in storage.objects:
        parent, _, name = path.rpartition("/")
        files[parent].append(name)
        while parent:
            parent, _, name = parent.rpartition("/")
            folders[parent].add(name)
    return _Names(files, folders).listing()


class _Names:
    """files, folders: the names in each folder, by its path, "" for the top."""

    def __init__(self, files: dict[str, list[str]], folders: dict[str, set[str]]) -> None:
        self._files, self._names_of_folders = files, folders
        self._readable = extensions()
        self._images: list[str] = []
        self._folders: list[str] = []
        self._omissions: list[Omission] = []

    def listing(self) -> Listing:
        """What was found, in order."""
        waiting = [""]
        while waiting:
            folder = waiting.pop()
            waiting += self._entered(folder)
            self._take_files(folder)
        omissions = sorted(self._omissions, key=lambda omission: omission.path)
        return Listing(tuple(sorted(self._images)), tuple(sorted(self._folders)), (), tuple(omissions), ())

    def _entered(self, parent: str) -> list[str]:
        """The paths of the folders in a folder that are read."""
        names = self._names_of_folders.get(parent, set())
        entered = [join(parent, name) for name in names if not self._is_left_out(parent, name, mask_folders(names))]
        self._folders += entered
        return entered

    def _take_files(self, parent: str) -> None:
        names = self._files.get(parent, [])
        images = [name for name in names if f".{name.rpartition('.')[2].lower()}" in self._readable]
        not_images = masks(images)
        for name in filter(None, names):  # a store may have an object for a folder, whose name is empty
            if self._is_left_out(parent, name, not_images):
                continue
            if name in images:
                self._images.append(join(parent, name))
            else:
                self._omissions.append(Omission(join(parent, name), by_extension(name)))

    def _is_left_out(self, parent: str, name: str, not_images: Collection[str]) -> bool:
        reason = by_name(name) or (MASKS if name in not_images else None)
        if reason is not None:
            self._omissions.append(Omission(join(parent, name), reason))
        return reason is not None
