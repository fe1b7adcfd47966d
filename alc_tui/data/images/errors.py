"""Why an image cannot be decoded, and what this process lacked when it was decoded."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image, UnidentifiedImageError

from alc_tui.errors import AlcError

MAX_PIXELS = 100_000_000

EMPTY, NOT_AN_IMAGE, TRUNCATED = "empty file", "not an image Pillow can read", "truncated"
NO_IMAGE = "a DICOM file without an image"
LASTING = frozenset({EMPTY, NOT_AN_IMAGE, TRUNCATED, NO_IMAGE})
"""The reasons that are properties of the content. With any other, a later attempt may succeed."""

_OUT_OF_RESOURCES = frozenset({errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.EAGAIN})


class BadImageError(Exception):
    """An image that cannot be decoded; the message gives the reason."""


class UnreadableFileError(BadImageError):
    """A file that is missing or unreadable."""


class OutOfResources(AlcError):
    """Memory or open files ran out while an image was decoded, which says nothing about the image."""


def no_frame(frame: int) -> BadImageError:
    """The error for a file that has no page or frame of this number."""
    return BadImageError(f"no page or frame {frame:,}")


@contextmanager
def reasons() -> Iterator[None]:
    """Convert what Pillow raises to BadImageError, or to OutOfResources."""
    try:
        yield
    except BadImageError:
        raise
    except Image.DecompressionBombError as error:
        raise BadImageError(too_large("too many pixels")) from error
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


def too_large(size: str) -> str:
    """The reason for refusing an image of this size."""
    return f"{size}, more than {MAX_PIXELS // 1_000_000} megapixels; scale the image down"


def _damage(error: Exception) -> str:
    text = " ".join(str(error).split())
    return TRUNCATED if "truncated" in text.lower() else f"damaged: {text or type(error).__name__}"
