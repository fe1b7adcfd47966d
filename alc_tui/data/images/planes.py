"""TIFF files whose 16-bit samples lie in planes, one for each channel, which Pillow decodes as grayscale images."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

import numpy as np
from PIL import Image
from PIL.ImageFile import ImageFile
from PIL.TiffImagePlugin import ImageFileDirectory_v2, TiffImageFile

from alc_tui.data.images.errors import BadImageError
from alc_tui.data.images.window import Box, Values, boxes

_BITS, _PHOTOMETRIC, _SAMPLES, _PLANAR, _EXTRA_SAMPLES = 258, 262, 277, 284, 338
_OF_EACH_PLANE = (256, 257, 259, 266, 278, 317, 322, 323)
"""Size, compression, order of bits, rows of a strip, predictor, size of a tile."""
_OF_ALL_PLANES = (273, 279, 324, 325)
"""Places and lengths of strips and tiles, those of the first plane first."""
_BLACK_IS_ZERO, _SEPARATE, _STRAIGHT, _LONG = 1, 2, 2, 4


def in_planes(image: ImageFile) -> bool:
    """Whether the color samples of an opened image have 16 bits and lie in planes."""
    if not isinstance(image, TiffImageFile) or not image.mode.startswith("RGB"):
        return False
    tags = image.tag_v2
    return tags.get(_PLANAR) == _SEPARATE and set(_numbers(tags, _BITS)) == {16}


def decode_planes(image: ImageFile, content: bytes) -> list[Image.Image]:
    """The channels of an image `in_planes`, as stored. content: of its file."""
    assert isinstance(image, TiffImageFile)
    if content[2:4] not in (b"*\0", b"\0*"):
        raise BadImageError("a BigTIFF file with 16-bit samples in planes; save it with interleaved channels")
    channels: list[Image.Image] = []
    for plane in range(len(image.mode)):
        with Image.open(_gray_file(content, image.tag_v2, plane), formats=["TIFF"]) as channel:
            channels.append(channel.copy())  # without the file, which is as large as all channels
    return channels


def plane_tiles(planes: list[Image.Image]) -> Iterator[tuple[Box, Values]]:
    """The samples of the channels together, uint16[rows, columns, channels]."""
    for box in boxes(*planes[0].size):
        yield box, np.stack([np.asarray(plane.crop(box)) for plane in planes], axis=-1).astype(np.uint16)


def is_straight(image: ImageFile) -> bool:
    """Whether the last of four planes is an opacity with which the colors are not multiplied."""
    assert isinstance(image, TiffImageFile)
    return _STRAIGHT in _numbers(image.tag_v2, _EXTRA_SAMPLES)


def _gray_file(content: bytes, tags: ImageFileDirectory_v2, plane: int) -> io.BytesIO:
    """The file with a directory that describes only one of its planes, as grayscale."""
    planes = tags[_SAMPLES]
    values: dict[int, tuple[int, ...]] = {_BITS: (16,), _PHOTOMETRIC: (_BLACK_IS_ZERO,), _SAMPLES: (1,)}
    values |= {tag: _numbers(tags, tag) for tag in _OF_EACH_PLANE if tag in tags}
    for tag in _OF_ALL_PLANES:
        parts = _numbers(tags, tag)
        count = len(parts) // planes
        if parts:
            values[tag] = parts[plane * count : (plane + 1) * count]
    order = "<" if content[:2] == b"II" else ">"
    start = len(content) + len(content) % 2
    entries, beyond = b"", b""
    for tag, numbers in sorted(values.items()):
        data = struct.pack(f"{order}{len(numbers)}I", *numbers)
        if len(numbers) > 1:
            place = start + 2 + 12 * len(values) + 4 + len(beyond)
            beyond, data = beyond + data, struct.pack(f"{order}I", place)
        entries += struct.pack(f"{order}HHI", tag, _LONG, len(numbers)) + data
    directory = struct.pack(f"{order}H", len(values)) + entries + bytes(4) + beyond
    file = io.BytesIO(content)  # copied only once, when it is written to
    for place, part in ((4, struct.pack(f"{order}I", start)), (start, directory)):
        file.seek(place)
        file.write(part)
    file.seek(0)
    return file


def _numbers(tags: ImageFileDirectory_v2, tag: int) -> tuple[int, ...]:
    value = tags.get(tag, ())
    return tuple(value) if isinstance(value, tuple) else (int(value),)
