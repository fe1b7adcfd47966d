"""Loads image files and arrays as upright 8-bit RGB. Independent of labels, the cache, and the screen.

Images that are not plain 8-bit RGB are converted:
- EXIF orientation is applied; of several frames or pages, the first is used;
- transparency is blended with black, the background color of most medical images;
- grayscale with more than 8 bits is rescaled from its own range to [0, 255] (black if constant).
"""

from __future__ import annotations

import functools
import io
import stat
import threading
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, UnidentifiedImageError

from alc_tui.errors import AlcError

MAX_PIXELS = 100_000_000
MAX_BYTES = 2**30

_ORIENTATION = 0x0112
_TRANSPOSITIONS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# EPS would run Ghostscript on an untrusted file; the others are stubs that Pillow cannot decode by itself.
_EXCLUDED_FORMATS = frozenset({"EPS", "BUFR", "GRIB", "HDF5", "MPEG", "WMF"})

# Pillow's warnings about size and EXIF data would corrupt the screen; the limits above replace them.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")


class BadImageError(Exception):
    """An image that cannot be decoded; the message gives the reason, which is permanent for this content."""


class UnreadableFileError(BadImageError):
    """A file that is missing or unreadable; a later attempt may succeed."""


@functools.cache
def formats() -> tuple[str, ...]:
    """Names of the formats that Pillow can decode without external programs, common ones first."""
    Image.init()
    return tuple(name for name in Image.ID if name in Image.OPEN and name not in _EXCLUDED_FORMATS)


@functools.cache
def extensions() -> frozenset[str]:
    """File name extensions (`.png`, lower case) of the formats that can be read."""
    readable = set(formats())
    return frozenset(extension for extension, name in Image.registered_extensions().items() if name in readable)


def decode(content: bytes) -> Image.Image:
    """Decode a file's bytes to an upright 8-bit RGB image; raises `BadImageError` with the reason if it cannot."""
    if not content:
        raise BadImageError("empty file")
    try:
        with Image.open(io.BytesIO(content), formats=formats()) as image:
            if image.width * image.height > MAX_PIXELS:
                raise BadImageError(_too_large())
            image.load()
            return _rgb(_upright(image))
    except BadImageError:
        raise
    except Image.DecompressionBombError as error:
        raise BadImageError(_too_large()) from error
    except UnidentifiedImageError as error:
        raise BadImageError("not an image Pillow can read") from error
    except Exception as error:  # decoders fed with damaged files raise almost anything
        raise BadImageError(_damage(error)) from error


def square(image: Image.Image, size: int) -> NDArray[np.uint8]:
    """The RGB image resized to uint8[size, size, 3], ignoring its aspect ratio, with Pillow's antialiased bilinear
    filter."""
    if image.size != (size, size):
        image = image.resize((size, size), Image.Resampling.BILINEAR)
    return np.asarray(image, dtype=np.uint8)


def read_file(path: Path) -> bytes:
    """A file's bytes; raises `UnreadableFileError` unless it is a regular, readable file of at most `MAX_BYTES`."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableFileError("not a regular file")
        if status.st_size > MAX_BYTES:
            raise UnreadableFileError(f"larger than {MAX_BYTES >> 20} MiB")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise UnreadableFileError("missing") from error
    except (OSError, ValueError) as error:
        raise UnreadableFileError(f"cannot be read: {getattr(error, 'strerror', None) or error}") from error


class FileImages:
    """Images that are files: `locators` are paths relative to `root`, with forward slashes."""

    def __init__(self, root: Path, locators: Sequence[str]) -> None:
        self._root, self._locators = root.absolute(), tuple(locators)

    def __len__(self) -> int:
        return len(self._locators)

    def read(self, index: int) -> Image.Image:
        """See `ImageSource.read`."""
        return decode(read_file(self.path(index)))

    def token(self, index: int) -> str:
        """The file's absolute path, size and modification time."""
        path = f"{self._root}/{self._locators[index]}"
        try:
            status = Path(path).stat()
        except (OSError, ValueError):
            return f"{path}|unread"
        return f"{path}|{status.st_size}|{status.st_mtime_ns}"

    def locator(self, index: int) -> str:
        """See `ImageSource.locator`."""
        return self._locators[index]

    def path(self, index: int) -> Path:
        """See `ImageSource.path`."""
        return self._root / self._locators[index]


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
            raise AlcError(f"{file} cannot be read ({error.strerror}): restore it, or download it again.") from error
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
                return np.asarray(arrays[name], dtype=np.uint8)
        except Exception as error:  # the zip, zlib, and npy readers raise different exceptions for damaged files
            message = f"The images {name!r} cannot be read from {self._file} ({error}): download the file again."
            raise AlcError(message) from error


def _upright(image: Image.Image) -> Image.Image:
    try:
        transposition = _TRANSPOSITIONS.get(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # a damaged EXIF block does not make the pixels unreadable
        transposition = None
    return image if transposition is None else image.transpose(transposition)


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        return Image.fromarray(_stretched(np.asarray(image, dtype=np.float64))).convert("RGB")
    if image.mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")
        assert converted is not None
        return converted
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layer.size, (0, 0, 0, 255)), layer).convert("RGB")
    return image.convert("RGB")


def _stretched(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    finite = values[np.isfinite(values)]
    if not finite.size:
        return np.zeros(values.shape, dtype=np.uint8)
    low, high = float(finite.min()), float(finite.max())
    scaled = (np.nan_to_num(values, nan=low, posinf=high, neginf=low) - low) * (255.0 / ((high - low) or 1.0))
    return np.rint(scaled).astype(np.uint8)


def _too_large() -> str:
    return f"larger than {MAX_PIXELS // 1_000_000} megapixels"


def _damage(error: Exception) -> str:
    text = " ".join(str(error).split())
    return "truncated" if "truncated" in text.lower() else f"damaged: {text or type(error).__name__}"
