"""Images that are rows of arrays in one file."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from alc_tui.data.files.numpy_files import read_member
from alc_tui.data.images.errors import BadImageError, out_of_resources
from alc_tui.errors import AlcError


class ArrayImages:
    """Images that are rows of `{split}_images` arrays of one npz file; a locator is `split/row`.

    An array is loaded whole when its first image is read, as npz files are compressed.
    """

    def __init__(self, file: Path, locators: Sequence[str]) -> None:
        self._file, self._locators = file.absolute(), tuple(locators)
        self._arrays: dict[str, NDArray[np.uint8]] = {}
        self._lock = threading.Lock()
        try:
            status = self._file.stat()
        except OSError as error:
            raise AlcError(f"{file} cannot be read ({error.strerror}); restore it, or download it again.") from error
        self._identity = f"{self._file}|{status.st_size}|{status.st_mtime_ns}"

    def __len__(self) -> int:
        return len(self._locators)

    def read(self, index: int) -> Image.Image:
        """See `ImageSource.read`."""
        part, _, row = self._locators[index].rpartition("/")
        pixels = self._array(part)
        if not row.isdecimal() or int(row) >= len(pixels):
            raise BadImageError("missing")
        return Image.fromarray(pixels[int(row)]).convert("RGB")

    def token(self, index: int) -> str:
        """The npz file's path, size and modification time, and the row."""
        return f"{self._identity}|{self._locators[index]}"

    def locator(self, index: int) -> str:
        """See `ImageSource.locator`."""
        return self._locators[index]

    def path(self, index: int) -> None:
        """None: the images share one file."""

    def _array(self, part: str) -> NDArray[np.uint8]:
        with self._lock:
            if part not in self._arrays:
                self._arrays[part] = self._load(f"{part}_images")
            return self._arrays[part]

    def _load(self, name: str) -> NDArray[np.uint8]:
        try:
            with np.load(self._file, allow_pickle=False) as arrays:
                return np.asarray(read_member(arrays, name), dtype=np.uint8)
        except MemoryError as error:
            raise out_of_resources(error) from error
        except Exception as error:  # the zip, zlib, and npy readers raise different exceptions for damaged files
            message = f"The images {name!r} cannot be read from {self._file} ({error}); download the file again."
            raise AlcError(message) from error
