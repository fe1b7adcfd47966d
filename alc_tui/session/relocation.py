"""Finds the images of a session in another folder, after they were moved or on another machine.

A session knows its images by paths below a root. The new root is checked by the names of all images and by the content
of some.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from alc_tui.data.cache.decoding import decode_image
from alc_tui.data.catalog import open_images
from alc_tui.data.dataset import ImageSource
from alc_tui.data.images import file_of
from alc_tui.data.paths import UrlPath, expand_home, location
from alc_tui.data.remote.images import UNREAD
from alc_tui.data.sources.search import search_folders
from alc_tui.errors import UsageError
from alc_tui.session.store import checksums, lock
from alc_tui.session.store.arrays import load_samples
from alc_tui.session.store.document import Document
from alc_tui.session.store.folder import SessionFolder

COMPARED = 64
"""How many images are compared by content."""
_SMALL = 8
"""The side in pixels at which an image is decoded for its checksum alone."""


@dataclass(frozen=True)
class Relocation:
    """Where the images of a session are now.

    images: how many there are. compared: how many of them were compared by content, 0 if the session has no checksums.
    """

    root: Path
    images: int
    compared: int

    def sentence(self) -> str:
        """What was found and how it was checked."""
        how = (
            f"{self.compared:,} of them compared by content"
            if self.compared
            else "compared by name only, because the session was made before alc stored checksums"
        )
        return f"Found all {self.images:,} images in {self.root}; {how}."


def open_stored_images(dataset: str, root: Path, locators: Sequence[str], session: str) -> ImageSource:
    """The images of a session; raises UsageError if their root does not exist, see `open_images`."""
    if _kind(dataset) != "demo" and not isinstance(root, UrlPath) and not root.exists():
        raise UsageError(
            f"The images of session {session!r} are not in {root}; specify the folder that holds them now with "
            "--data-root."
        )
    return open_images(dataset, root, locators)


def missing_images(folder: SessionFolder) -> Path | None:
    """The root of the session's images if it has none of those that are tried, else None; None for a URL, which is not
    asked."""
    record, samples = Document(folder.document).session, load_samples(folder.samples)
    root = location(record.dataset.root)
    if _kind(record.config.dataset) == "demo" or isinstance(root, UrlPath) or root.is_file():
        return None
    tried = [samples.locators[index] for index in _spread(len(samples.locators), COMPARED)]
    return None if any((root / file_of(str(locator))).exists() for locator in tried) else root


def relocate(folder: SessionFolder, place: Path) -> Relocation:
    """Find the session's images in `place` or a folder directly below it, and record where they are.

    Raises UsageError if some of them are not there or if their content differs, SessionUnavailable while the session is
    training.
    """
    session, samples = Document(folder.document).session, load_samples(folder.samples)
    dataset, name = session.config.dataset, folder.owner.name
    if _kind(dataset) == "demo":
        raise UsageError(f"The images of session {name!r} are drawn by alc; remove --data-root.")
    place = expand_home(location(place)).absolute()
    locators = samples.locators
    root = _root_in(place, location(session.dataset.root), dataset, locators)
    images = open_images(dataset, root, locators)
    _check_names(images, root, name)
    digests = checksums.load(folder.checksums, len(locators))
    compared = 0 if digests is None else _check_content(images, digests, root, name)
    _record(folder, root)
    return Relocation(root, len(locators), compared)


def adopt_root(folder: SessionFolder, owner: SessionFolder) -> None:
    """Record in a replay where the images of its session are now; raises SessionUnavailable while it is running."""
    _record(folder, location(Document(owner.document).session.dataset.root))


def _record(folder: SessionFolder, root: Path) -> None:
    document = Document(folder.document)
    if document.session.dataset.root == str(root):
        return
    with lock.WriterLock(folder.worker_lock, "a new data root"):
        session = document.session
        document.update(replace(session, dataset=replace(session.dataset, root=str(root))))


def _root_in(place: Path, former: Path, dataset: str, locators: Sequence[str]) -> Path:
    """The folder that has the most of some of the images, `place` or one directly below it; the file of MedMNIST."""
    if _kind(dataset) == "medmnist":
        candidates = [place] if place.is_file() else [folder / former.name for folder in search_folders(place)]
        file = next((candidate for candidate in candidates if candidate.is_file()), None)
        if file is None:
            raise UsageError(f"There is no {former.name} in {place} or a folder directly below it; check --data-root.")
        return file
    if isinstance(place, UrlPath):
        return place
    tried = [locators[index] for index in _spread(len(locators), COMPARED)]
    counts: dict[Path, int] = {}
    for folder in search_folders(place):
        counts[folder] = sum((folder / file_of(locator)).is_file() for locator in tried)
        if counts[folder] == len(tried):
            return folder
    return max(counts, key=counts.__getitem__)


def _check_names(images: ImageSource, root: Path, name: str) -> None:
    """Raise UsageError unless all files are there."""
    missing = [index for index in range(len(images)) if _is_missing(images, index)]
    if missing:
        raise UsageError(
            f"{len(missing):,} of {len(images):,} images of session {name!r} are not in {root}, such as "
            f"{images.locator(missing[0])!r}; specify the folder that holds all of them with --data-root."
        )


def _is_missing(images: ImageSource, index: int) -> bool:
    path = images.path(index)
    return UNREAD in images.token(index) if path is None else not path.is_file()


def _check_content(images: ImageSource, digests: NDArray[np.uint8], root: Path, name: str) -> int:
    """Raise UsageError unless some images have the content that they had; returns how many were compared."""
    known = np.flatnonzero(digests.any(axis=1))
    compared = [int(known[index]) for index in _spread(len(known), COMPARED)]
    differing = [index for index in compared if digests[index].tobytes() not in _digests(images, index)]
    if differing:
        raise UsageError(
            f"{len(differing)} of {len(compared)} compared images in {root} are not those of session {name!r}, such as "
            f"{images.locator(differing[0])!r}; specify the folder that holds the same images with --data-root."
        )
    return len(compared)


def _digests(images: ImageSource, index: int) -> set[bytes | None]:
    """The digests by which this version and earlier ones identify an image."""
    image = decode_image(images, index, _SMALL, ())
    return {image.digest, image.content}


def _kind(dataset: str) -> str:
    return dataset.partition(":")[0]


def _spread(count: int, wanted: int) -> list[int]:
    """At most `wanted` positions, evenly spread over `count`."""
    return np.unique(np.linspace(0, count - 1, min(count, wanted)).astype(int)).tolist() if count else []
