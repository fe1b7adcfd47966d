"""Loads image files and arrays as upright 8-bit RGB. Independent of labels, the cache, and the screen.

Images that are not plain 8-bit RGB are converted:
- EXIF orientation is applied; of several frames or pages, the first is used;
- transparency is blended with black, the background color of most medical images;
- grayscale with more than 8 bits is rescaled from its own range to [0, 255] (black if constant).
"""

from __future__ import annotations

import errno
import functools
import io
import stat
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, UnidentifiedImageError

from alc_tui.data.memory import Ceiling, bytes_to_decode, decoding
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


EMPTY, NOT_AN_IMAGE, TRUNCATED = "empty file", "not an image Pillow can read", "truncated"
LASTING = frozenset({EMPTY, NOT_AN_IMAGE, TRUNCATED})
"""The reasons that are properties of the content. With any other, a later attempt may succeed."""

_BAND_PIXELS = 2**20
_OUT_OF_RESOURCES = frozenset({errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.EAGAIN})


class BadImageError(Exception):
    """An image that cannot be decoded; the message gives the reason."""


class UnreadableFileError(BadImageError):
    """A file that is missing or unreadable."""


class OutOfResources(AlcError):
    """Memory or open files ran out while an image was decoded, which says nothing about the image."""


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
    """Decode a file's bytes to an upright 8-bit RGB image.

    Raises `BadImageError` with the reason if the image cannot be decoded or needs more memory than `memory.decoding`
    allows, `OutOfResources` if this process ran out of memory or open files.
    """
    with decoded(content) as image:
        return image


@contextmanager
def decoded(content: bytes, side: int = 0, ceiling: Ceiling = decoding) -> Iterator[Image.Image]:
    """`decode`, with the image's share of the ceiling reserved for the block.

    side: of the square to which the block resizes the image, 0 if it does not.
    """
    if not content:
        raise BadImageError(EMPTY)
    with _opened(content) as image, ceiling.reserve(_needed(image, len(content), side, ceiling)):
        yield _loaded(image)


@contextmanager
def _opened(content: bytes) -> Iterator[Image.Image]:
    with _reasons():
        image = Image.open(io.BytesIO(content), formats=formats())
    with image:
        yield image


def _loaded(image: Image.Image) -> Image.Image:
    with _reasons():
        image.load()
        return _rgb(_upright(image))


def _needed(image: Image.Image, content: int, side: int, ceiling: Ceiling) -> int:
    """The bytes that decoding the opened image takes; raises BadImageError if they are more than the ceiling."""
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise BadImageError(_too_large(f"{width:,} × {height:,} pixels"))
    needed = content + bytes_to_decode(width, height, image.mode, image.format, side)
    if needed > ceiling.limit:
        raise BadImageError(
            f"{width:,} × {height:,} pixels take {needed / 2**30:.1f} GiB to decode, more than the "
            f"{ceiling.limit / 2**30:.1f} GiB that alc allows; scale the image down"
        )
    return needed


@contextmanager
def _reasons() -> Iterator[None]:
    """Convert what Pillow raises to BadImageError, or to OutOfResources."""
    try:
        yield
    except Image.DecompressionBombError as error:
        raise BadImageError(_too_large("too many pixels")) from error
    except UnidentifiedImageError as error:
        raise BadImageError(NOT_AN_IMAGE) from error
    except Exception as error:  # decoders fed with damaged files raise almost anything
        if is_out_of_resources(error):
            raise out_of_resources(error) from error
        raise BadImageError(_damage(error)) from error


def is_out_of_resources(error: Exception) -> bool:
    """Whether an error says that memory or open files ran out, whatever was read."""
    if isinstance(error, OSError):
        return error.errno in _OUT_OF_RESOURCES or "out of memory" in str(error)
    return isinstance(error, MemoryError)


def out_of_resources(error: Exception) -> OutOfResources:
    """What to tell the user about such an error."""
    reason = getattr(error, "strerror", None) or "Out of memory"
    return OutOfResources(
        f"{reason} while decoding images; close other programs and repeat the command (images decoded so far stay in "
        "the cache)."
    )


def square(image: Image.Image, size: int) -> NDArray[np.uint8]:
    """The RGB image resized to uint8[size, size, 3], ignoring its aspect ratio, with Pillow's antialiased bilinear
    filter."""
    if image.size != (size, size):
        image = image.resize((size, size), Image.Resampling.BILINEAR)
    return np.asarray(image, dtype=np.uint8)


def read_file(path: Path) -> bytes:
    """A file's bytes; raises `UnreadableFileError` unless it is a regular, readable file of at most `MAX_BYTES`,
    `OutOfResources` if this process ran out of memory or open files."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableFileError("not a regular file")
        if status.st_size > MAX_BYTES:
            raise UnreadableFileError(f"larger than {MAX_BYTES >> 20} MiB")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise UnreadableFileError("missing") from error
    except (OSError, ValueError, MemoryError) as error:
        if is_out_of_resources(error):
            raise out_of_resources(error) from error
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
                return np.asarray(arrays[name], dtype=np.uint8)
        except MemoryError as error:
            raise out_of_resources(error) from error
        except Exception as error:  # the zip, zlib, and npy readers raise different exceptions for damaged files
            message = f"The images {name!r} cannot be read from {self._file} ({error}); download the file again."
            raise AlcError(message) from error


def _upright(image: Image.Image) -> Image.Image:
    try:
        transposition = _TRANSPOSITIONS.get(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # a damaged EXIF block does not make the pixels unreadable
        transposition = None
    return image if transposition is None else image.transpose(transposition)


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        return _stretched(image).convert("RGB")
    if image.mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")
        assert converted is not None
        return converted
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layer.size, (0, 0, 0, 255)), layer).convert("RGB")
    return image.convert("RGB")


def bands(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """The image in bands of full width from top to bottom, each with its first row, so that work on a large image
    needs no copy of it."""
    rows = max(1, _BAND_PIXELS // max(1, image.width))
    for top in range(0, image.height, rows):
        yield top, image.crop((0, top, image.width, min(top + rows, image.height)))


def _stretched(image: Image.Image) -> Image.Image:
    """A grayscale image of any depth, as 8 bits: its own range of finite values becomes [0, 255]."""
    low, high = np.inf, -np.inf
    for _, band in bands(image):
        values = np.asarray(band, dtype=np.float64)
        finite = values[np.isfinite(values)]
        low, high = min(low, finite.min(initial=np.inf)), max(high, finite.max(initial=-np.inf))
    stretched = Image.new("L", image.size)
    if low > high:
        return stretched
    scale = 255.0 / ((high - low) or 1.0)
    for top, band in bands(image):
        values = np.nan_to_num(np.asarray(band, dtype=np.float64), nan=low, posinf=high, neginf=low)
        stretched.paste(Image.fromarray(np.rint((values - low) * scale).astype(np.uint8)), (0, top))
    return stretched


def _too_large(size: str) -> str:
    return f"{size}, more than {MAX_PIXELS // 1_000_000} megapixels; scale the image down"


def _damage(error: Exception) -> str:
    text = " ".join(str(error).split())
    return TRUNCATED if "truncated" in text.lower() else f"damaged: {text or type(error).__name__}"
