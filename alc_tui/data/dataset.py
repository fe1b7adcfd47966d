"""A labeled image data set: the common format of all sources.

Independent of torch, sessions, and noise: the labels are those that come with the data.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from alc_tui.data.case_data import CaseData
from alc_tui.data.images import WindowedImage, read_file
from alc_tui.data.inventory.contents import Inventory

UNASSIGNED, TRAIN, VAL, TEST = -1, 0, 1, 2
SPLIT_NAMES = ("train", "val", "test")
UNKNOWN = -1


class ImageSource(Protocol):
    """Images by position, without labels."""

    def __len__(self) -> int:
        """The number of images."""

    def read(self, index: int) -> Image.Image:
        """The upright 8-bit RGB image at `index`; raises `BadImageError` with the reason if it cannot be decoded."""

    def token(self, index: int) -> str:
        """A cheap identifier of the image's content: it changes whenever the content may have changed."""

    def locator(self, index: int) -> str:
        """The image's location relative to the data root, as accepted by `catalog.open_images`."""

    def path(self, index: int) -> Path | None:
        """The image's file, or None if it has no separate file."""


@runtime_checkable
class HasWindows(Protocol):
    """What an `ImageSource` has beside, if its images may have more than 8 bits."""

    def read_in_window(self, index: int, window: str) -> WindowedImage:
        """`ImageSource.read`, in the window of this name if the image has it, else in its own, which `read` uses."""


@runtime_checkable
class HasContent(Protocol):
    """What an `ImageSource` has beside, if its images are files elsewhere.

    readers: how many images are best read at once, None if it does not matter.
    """

    readers: int | None

    def content(self, index: int) -> bytes | None:
        """The bytes of the image's file, None if it has none of its own; raises `UnreadableFileError`."""


def read_content(images: ImageSource, index: int) -> bytes | None:
    """The bytes of an image's file, wherever it is; None if it has none of its own. Raises `UnreadableFileError`."""
    if isinstance(images, HasContent):
        return images.content(index)
    path = images.path(index)
    return None if path is None else read_file(path)


def read_in_window(images: ImageSource, index: int, window: str) -> WindowedImage:
    """See `HasWindows.read_in_window`; an image of a source without windows has none."""
    return images.read_in_window(index, window) if isinstance(images, HasWindows) else WindowedImage(images.read(index))


@dataclass(frozen=True)
class Dataset:
    """Samples of one data set, in a fixed order.

    name: the spec it was opened with (`isic`, `folder:PATH`, …).
    classes: class names, in the data's order.
    ids: one stable, unique id per sample.
    labels: int64[n], indices into `classes`.
    truth: int64[n], true labels (UNKNOWN where missing), or None if the data has none.
    split: int8[n], TRAIN, VAL, TEST or UNASSIGNED.
    groups: one group name per sample (all samples of a lesion, a patient), "" for none; or None.
    group_column: where the groups come from, such as `lesion_id`; "" without groups.
    images: the images, in the same order.
    root: the folder or file of the data; locators are relative to it.
    inventory: what else was found, left out, and cannot be used.
    case_data: the columns of the data's table that are none of the above, or None without a table.
    """

    name: str
    classes: tuple[str, ...]
    ids: tuple[str, ...]
    labels: NDArray[np.int64]
    split: NDArray[np.int8]
    images: ImageSource
    root: Path
    truth: NDArray[np.int64] | None = None
    groups: tuple[str, ...] | None = None
    group_column: str = ""
    inventory: Inventory = field(default_factory=Inventory)
    case_data: CaseData | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, indices: Sequence[int] | NDArray[np.int64]) -> Dataset:
        """The same data set with only the samples at `indices`, in that order."""
        positions = np.asarray(indices, dtype=np.int64)
        return replace(
            self,
            ids=tuple(self.ids[i] for i in positions),
            labels=self.labels[positions],
            split=self.split[positions],
            images=Subset(self.images, positions),
            truth=None if self.truth is None else self.truth[positions],
            groups=None if self.groups is None else tuple(self.groups[i] for i in positions),
            case_data=None if self.case_data is None else self.case_data.take(positions),
        )


class Subset:
    """The images at some positions of another source, in that order."""

    def __init__(self, images: ImageSource, indices: NDArray[np.int64]) -> None:
        self._images, self._indices = images, indices
        self.readers = images.readers if isinstance(images, HasContent) else None

    def __len__(self) -> int:
        return len(self._indices)

    def read(self, index: int) -> Image.Image:
        """See `ImageSource.read`."""
        return self._images.read(int(self._indices[index]))

    def read_in_window(self, index: int, window: str) -> WindowedImage:
        """See `HasWindows.read_in_window`."""
        return read_in_window(self._images, int(self._indices[index]), window)

    def content(self, index: int) -> bytes | None:
        """See `HasContent.content`."""
        return read_content(self._images, int(self._indices[index]))

    def token(self, index: int) -> str:
        """See `ImageSource.token`."""
        return self._images.token(int(self._indices[index]))

    def locator(self, index: int) -> str:
        """See `ImageSource.locator`."""
        return self._images.locator(int(self._indices[index]))

    def path(self, index: int) -> Path | None:
        """See `ImageSource.path`."""
        return self._images.path(int(self._indices[index]))


def natural_order(names: Iterable[str]) -> tuple[str, ...]:
    """The distinct names in natural order: `10` after `2`, ignoring case."""
    return tuple(sorted(set(names), key=lambda name: (_natural_key(name), name)))


def _natural_key(name: str) -> list[tuple[int, str]]:
    # Digits by length, then text: no number in a name is too long to compare.
    parts = re.split(r"(\d+)", name.casefold())
    digits = [(len(part.lstrip("0")), part.lstrip("0")) for part in parts[1::2]]
    text = [(0, part) for part in parts[0::2]]
    return [piece for pair in zip(text, [*digits, (0, "")], strict=True) for piece in pair]
