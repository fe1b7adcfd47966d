"""Which folders are classes and which are splits, from the paths of the images. Independent of the file system."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from alc_tui.data.dataset import TRAIN, UNASSIGNED
from alc_tui.data.inventory.contents import Omission, Problem
from alc_tui.data.inventory.omissions import EMPTY, LOOSE
from alc_tui.data.inventory.walk import Listing
from alc_tui.data.splits import split_of
from alc_tui.errors import UsageError

_WRAPPER = re.compile(r"(?:\w*_)?(?:images?|imgs?|pictures?|photos?|data|datasets?|archive)(?:_\w*)?", re.IGNORECASE)
"""Names of folders that are no classes, even beside other folders."""


@dataclass(frozen=True)
class ClassFolder:
    """The images of one class in one split. part: TRAIN, VAL, TEST or UNASSIGNED. path: relative to the data's
    folder."""

    part: int
    label: str
    path: str
    images: tuple[str, ...]


@dataclass(frozen=True)
class Layout:
    """The class folders with images, what was left out, and class folders without images."""

    folders: tuple[ClassFolder, ...]
    omissions: tuple[Omission, ...]
    problems: tuple[Problem, ...]


def arrange_folders(root: Path, listing: Listing) -> Layout:
    """Find the classes and splits: splits above the classes or below them, folders around both are entered.

    Raises UsageError if splits and classes are mixed, or a split has two folders.
    """
    return _Arrangement(root, listing).layout()


class _Folder:
    """A folder with its direct images and its folders, by name."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.images: list[str] = []
        self.folders: dict[str, _Folder] = {}

    @property
    def all_images(self) -> list[str]:
        """The images in the folder and below."""
        images, waiting = [], [self]
        while waiting:
            folder = waiting.pop()
            images += folder.images
            waiting += folder.folders.values()
        return sorted(images)

    @property
    def filled(self) -> dict[str, _Folder]:
        """The folders in it that have images, at any depth."""
        return {name: folder for name, folder in self.folders.items() if folder.has_images}

    @property
    def has_images(self) -> bool:
        """Whether there are images in it, at any depth."""
        waiting = [self]
        while waiting:
            folder = waiting.pop()
            if folder.images:
                return True
            waiting += folder.folders.values()
        return False


class _Arrangement:
    def __init__(self, root: Path, listing: Listing) -> None:
        self._root = root
        self._top = _tree(listing)
        self._broken = {problem.path.rpartition("/")[0] for problem in listing.problems}
        self._folders: list[ClassFolder] = []
        self._omissions: list[Omission] = []
        self._problems: list[Problem] = []

    def layout(self) -> Layout:
        """Read the whole tree."""
        top = self._enter(self._top)
        parts = self._splits(top)
        if parts is None:
            self._take_classes(UNASSIGNED, top)
        else:
            self._leave_out_images(top)
            for part, folder in parts.items():
                self._take_classes(part, self._enter(folder))
        return Layout(tuple(self._folders), tuple(self._omissions), tuple(self._problems))

    def _enter(self, folder: _Folder) -> _Folder:
        """The folder that holds the splits or classes: the only one that a folder has, as long as that one holds
        further folders rather than images."""
        while True:
            filled = folder.filled
            if len(filled) != 1:
                return folder
            ((name, inner),) = filled.items()
            is_alone = len(folder.folders) == 1 and folder.path not in self._broken
            if inner.images or not inner.filled or not (is_alone or _WRAPPER.fullmatch(name)):
                return folder
            if split_of(name) is not None and not is_alone:
                return folder
            self._leave_out_images(folder)
            self._omissions += [Omission(path.path, EMPTY) for path in folder.folders.values() if path is not inner]
            folder = inner

    def _splits(self, top: _Folder) -> dict[int, _Folder] | None:
        """The folders of the splits, or None if there are none."""
        named = {name: part for name in top.folders if (part := split_of(name)) is not None}
        others = [name for name in top.filled if name not in named]
        if TRAIN not in named.values():
            if len(named) > 1 and not others:
                raise UsageError(
                    f"The folder {self._root / top.path} has {_names(named)} but no train folder; add one, or specify "
                    "the folder that holds the classes."
                )
            return None
        if others:
            training = next(name for name, part in named.items() if part == TRAIN)
            raise UsageError(
                f"The folder {self._root / top.path} contains {training}/ and also {others[0]!r}; keep either train, "
                "val, and test, or only class folders."
            )
        self._omissions += [Omission(folder.path, EMPTY) for name, folder in top.folders.items() if name not in named]
        return self._parts(named, top)

    def _parts(self, named: Mapping[str, int], folder: _Folder) -> dict[int, _Folder]:
        parts: dict[int, _Folder] = {}
        for name, part in named.items():
            inner = folder.folders[name]
            if part in parts:
                paths = f"{self._root / parts[part].path} and {self._root / inner.path}"
                raise UsageError(f"The folders {paths} are the same split; keep one of them.")
            parts[part] = inner
            if not inner.has_images:
                self._problems.append(Problem(inner.path, "a folder of a split, without images"))
        return parts

    def _take_classes(self, part: int, folder: _Folder) -> None:
        self._leave_out_images(folder)
        divided = {} if part != UNASSIGNED else self._splits_below(folder)
        for name, inner in folder.folders.items():
            if not inner.has_images:
                if part in (TRAIN, UNASSIGNED):
                    self._problems.append(Problem(inner.path, "a class folder without images"))
                else:
                    self._omissions.append(Omission(inner.path, EMPTY))
            for own_part, own in divided[name].items() if divided else ((part, inner),):
                if own.has_images:
                    self._folders.append(ClassFolder(own_part, name, own.path, tuple(own.all_images)))

    def _splits_below(self, top: _Folder) -> dict[str, dict[int, _Folder]]:
        """The splits in each class folder, by class; empty if the class folders are not divided into splits."""
        divided = {name: named for name, folder in top.filled.items() if (named := _split_names(folder))}
        if not divided:
            return {}
        whole = [name for name in top.filled if name not in divided]
        if whole:
            raise UsageError(
                f"The class folder {self._root / top.folders[next(iter(divided))].path} is divided into splits, and "
                f"{whole[0]!r} is not; divide both or neither."
            )
        return {name: self._parts(divided.get(name, {}), folder) for name, folder in top.folders.items()}

    def _leave_out_images(self, folder: _Folder) -> None:
        self._omissions += [Omission(image, LOOSE) for image in folder.images]


def _split_names(folder: _Folder) -> dict[str, int]:
    """The splits that a class folder is divided into, empty if it holds anything else."""
    named = {name: part for name in folder.filled if (part := split_of(name)) is not None}
    is_divided = TRAIN in named.values() and len(named) == len(folder.filled) and not folder.images
    return named if is_divided else {}


def _tree(listing: Listing) -> _Folder:
    top = _Folder("")
    folders = {"": top}
    for path in listing.folders:
        parent, _, name = path.rpartition("/")
        folders[path] = folders[parent].folders[name] = _Folder(path)
    for image in listing.images:
        folders[image.rpartition("/")[0]].images.append(image)
    return top


def _names(names: Iterable[str]) -> str:
    return " and ".join(f"{name}/" for name in names)
