"""Writes images with 16-bit samples, which Pillow does not write."""

from __future__ import annotations

import struct
import zlib
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.uint16]
"""[height, width] or [height, width, channels]."""

_COLOR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
_UP = 2


def png(samples: Samples, transparent: tuple[int, ...] | None = None) -> bytes:
    """A PNG with the channels L, LA, RGB or RGBA, by their number; each row is stored as the difference to the one
    above. transparent: the color of pixels that are not seen."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    samples = np.atleast_3d(samples)
    height, width, channels = samples.shape
    rows = samples.astype(">u2").reshape(height, -1).view(np.uint8)
    differences = np.diff(rows, axis=0, prepend=np.zeros((1, rows.shape[1]), np.uint8))
    content = np.pad(differences, ((0, 0), (1, 0)), constant_values=_UP).tobytes()
    header = struct.pack(">IIBBBBB", width, height, 16, _COLOR_TYPES[channels], 0, 0, 0)
    color = b"" if transparent is None else chunk(b"tRNS", struct.pack(f">{len(transparent)}H", *transparent))
    parts = chunk(b"IHDR", header) + color + chunk(b"IDAT", zlib.compress(content)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def tiff(
    samples: NDArray[Any],
    *,
    order: Literal["<", ">"] = "<",
    photometric: int | None = None,
    is_compressed: bool = False,
    in_planes: bool = False,
    extra: int | None = None,
    orientation: int = 1,
    rows: int | None = None,
    is_big: bool = False,
    place: int = 0,
) -> bytes:
    """A TIFF. order: of bytes, `<` or `>`. photometric: by default 1 (black is zero) for one channel, else 2 (RGB).
    extra: what a fourth channel is (1: opacity with which the colors are multiplied, 2: opacity). rows: of a strip, all
    by default. is_big: whether to write a BigTIFF. place: where in a file it will be."""
    samples = np.atleast_3d(samples)
    height, width, channels = samples.shape
    stored = samples.astype(samples.dtype.newbyteorder(order))
    rows = rows or height
    planes = [stored[..., each] for each in range(channels)] if in_planes else [stored]
    strips = [plane[top : top + rows].tobytes() for plane in planes for top in range(0, height, rows)]
    strips = [zlib.compress(strip) for strip in strips] if is_compressed else strips
    bits = 8 * samples.dtype.itemsize
    places = np.cumsum([place + (16 if is_big else 8)] + [len(strip) for strip in strips])
    tags: dict[int, list[int]] = {
        256: [width],
        257: [height],
        258: [bits] * channels,
        259: [8 if is_compressed else 1],
        262: [(1 if channels == 1 else 2) if photometric is None else photometric],
        273: places[:-1].tolist(),
        274: [orientation],
        277: [channels],
        278: [rows],
        279: [len(strip) for strip in strips],
        284: [2 if in_planes else 1],
        339: [3 if samples.dtype.kind == "f" else 1] * channels,
    }
    if extra is not None:
        tags[338] = [extra]
    number, count = (f"{order}Q", f"{order}Q") if is_big else (f"{order}I", f"{order}H")
    width_of_number = struct.calcsize(number)
    start = int(places[-1])
    after = start + struct.calcsize(count) + (4 + 2 * width_of_number) * len(tags) + width_of_number
    entries, beyond = b"", b""
    for tag, values in sorted(tags.items()):
        data = struct.pack(f"{order}{len(values)}I", *values)
        if len(data) > width_of_number:
            reference = struct.pack(number, after + len(beyond))
            beyond, data = beyond + data, reference
        entries += struct.pack(f"{order}HH", tag, 4) + struct.pack(number, len(values))
        entries += data.ljust(width_of_number, b"\0")
    magic = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}H", 43 if is_big else 42)
    magic += struct.pack(f"{order}HH", 8, 0) if is_big else b""
    header = magic + struct.pack(number, start)
    return header + b"".join(strips) + struct.pack(count, len(tags)) + entries + bytes(width_of_number) + beyond


def two_pages(first: NDArray[Any], second: NDArray[Any]) -> bytes:
    """A TIFF of two pages."""
    content = bytearray(tiff(first))
    appended = tiff(second, place=len(content))
    (start,) = struct.unpack_from("<I", content, 4)
    (tags,) = struct.unpack_from("<H", content, start)
    content[start + 2 + 12 * tags : start + 6 + 12 * tags] = appended[4:8]
    return bytes(content) + appended
