"""Images that are files in a folder."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from alc_tui.data.images.decoding import WindowedImage, decode, decode_in_window
from alc_tui.data.images.dicom.names import has_dicom_extension, leaves_kind_open
from alc_tui.data.images.errors import UnreadableFileError, is_out_of_resources, out_of_resources
from alc_tui.data.images.frames import file_of, frame_of

MAX_BYTES = 2**30


def read_file(path: Path, limit: int = MAX_BYTES) -> bytes:
    """A file's bytes; raises `UnreadableFileError` unless it is a regular, readable file of at most `limit` bytes,
    `OutOfResources` if this process ran out of memory or open files."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableFileError("not a regular file")
        if status.st_size > limit:
            raise UnreadableFileError(f"larger than {limit >> 20} MiB")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise UnreadableFileError("missing") from error
    except (OSError, ValueError, MemoryError) as error:
        if is_out_of_resources(error):
            raise out_of_resources(error) from error
        raise UnreadableFileError(f"cannot be read: {getattr(error, 'strerror', None) or error}") from error


class FileImages:
    """Images that are files: `locators` are paths relative to `root`, with forward slashes, and may name a page or
    frame, see `frames`."""

    def __init__(self, root: Path, locators: Sequence[str]) -> None:
        self._root, self._locators = root.absolute(), locators

    def __len__(self) -> int:
        return len(self._locators)

    def read(self, index: int) -> Image.Image:
        """See `ImageSource.read`."""
        return decode(read_file(self.path(index)), frame_of(self._locators[index]) or 1)

    def read_in_window(self, index: int, window: str) -> WindowedImage:
        """See `HasWindows.read_in_window`."""
        return decode_in_window(read_file(self.path(index)), frame_of(self._locators[index]) or 1, window)

    def token(self, index: int) -> str:
        """The file's absolute path, size and modification time, the frame, and, for what may be a DICOM file, that
        those are read."""
        locator = self._locators[index]
        path, frame = f"{self._root}/{file_of(locator)}", frame_of(locator)
        name = path.rpartition("/")[2]
        kind = "|DICOM" if has_dicom_extension(name) or leaves_kind_open(name) else ""
        try:
            status = Path(path).stat()
        except (OSError, ValueError):
            return f"{path}|unread"
        return f"{path}|{status.st_size}|{status.st_mtime_ns}{kind}{'' if frame is None else f'|frame {frame}'}"

    def locator(self, index: int) -> str:
        """See `ImageSource.locator`."""
        return self._locators[index]

    def path(self, index: int) -> Path:
        """See `ImageSource.path`."""
        return self._root / file_of(self._locators[index])
