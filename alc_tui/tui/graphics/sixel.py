"""Sixels: rows of six pixels, one character per column and color, as DEC's VT340 draws them.

Source: DEC, *VT330/VT340 Programmer Reference Manual*, volume 2, chapter 14.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import NDArray
from PIL import Image

COLORS = 256
BAND = 6
"""Pixels that a character holds, one above the other."""

_SAMPLE = 2**16
"""About how many pixels decide about the colors."""
_FIRST = ord("?")
_LONGEST_PLAIN = 3
"""Repeated characters are counted when that is shorter."""
_DIGITS = 5
_Bytes = NDArray[np.uint8]


def encode(image: Image.Image, colors: int = COLORS) -> bytes:
    """The sequence that draws an RGB image from the cursor on, in at most `colors` colors of its own."""
    indexed = _quantize(image, colors)
    pixels = np.asarray(indexed)
    height, width = pixels.shape
    padded = np.full((-(-height // BAND) * BAND, width), -1, dtype=np.int16)
    padded[:height] = pixels
    body = b"-".join(_band(band) for band in padded.reshape(-1, BAND, width))
    return b'\x1bP0;1q"1;1;%d;%d%s%s\x1b\\' % (width, height, _registers(indexed), body)


def _quantize(image: Image.Image, colors: int) -> Image.Image:
    """The image in colors chosen by median cut, from a sample of its pixels if there are many."""
    step = round(sqrt(image.width * image.height / _SAMPLE))
    if step <= 1:
        return image.quantize(colors, Image.Quantize.MEDIANCUT)
    sample = image.resize((-(-image.width // step), -(-image.height // step)), Image.Resampling.NEAREST)
    palette = sample.quantize(colors, Image.Quantize.MEDIANCUT)
    return image.quantize(palette=palette, dither=Image.Dither.NONE)


def _registers(indexed: Image.Image) -> bytes:
    """The definitions of the colors, in percent."""
    palette = np.asarray(indexed.getpalette(), dtype=np.float64).reshape(-1, 3)
    used = np.unique(np.asarray(indexed))
    shares = np.rint(palette[used] * 100 / 255).astype(int).tolist()
    return b"".join(b"#%d;2;%d;%d;%d" % (number, *share) for number, share in zip(used.tolist(), shares, strict=True))


def _band(band: NDArray[np.int16]) -> bytes:
    """Six rows of color numbers, -1 where there is no pixel: one line of characters per color, each from the left."""
    used = np.unique(band)
    used = used[used >= 0]
    bits = np.zeros((len(used), band.shape[1]), dtype=np.uint8)
    places = np.searchsorted(used, band)
    columns = np.arange(band.shape[1])
    for row in range(BAND):
        has_pixel = band[row] >= 0
        bits[places[row, has_pixel], columns[has_pixel]] |= 1 << row
    return b"$".join(b"#%d%s" % line for line in zip(used.tolist(), _run_lengths(bits), strict=True))


def _run_lengths(bits: _Bytes) -> list[bytes]:
    """Each row as characters, with repeated ones counted and empty ones at the end left out."""
    rows, width = bits.shape
    starts = np.ones((rows, width), dtype=bool)
    starts[:, 1:] = bits[:, 1:] != bits[:, :-1]
    row, column = np.nonzero(starts)
    values = bits[row, column]
    flat = row * width + column
    lengths = np.diff(np.append(flat, rows * width))
    is_last = np.append(row[1:] != row[:-1], True)
    lengths[is_last & (values == 0)] = 0
    tokens, widths = _tokens(values + _FIRST, lengths)
    text = tokens[np.arange(tokens.shape[1]) >= tokens.shape[1] - widths[:, None]].tobytes()
    ends = np.cumsum(np.bincount(row, weights=widths, minlength=rows)).astype(int).tolist()
    return [text[start:end] for start, end in zip([0, *ends[:-1]], ends, strict=True)]


def _tokens(characters: _Bytes, lengths: NDArray[np.int64]) -> tuple[_Bytes, NDArray[np.int64]]:
    """One right-aligned token per run, uint8[runs, 2 + digits], and its width: `c`, `cc`, `ccc` or `!12c`."""
    tokens = np.repeat(characters[:, None], _DIGITS + 2, axis=1)
    widths = lengths.copy()
    counted = lengths > _LONGEST_PLAIN
    counts = lengths[counted]
    powers = 10 ** np.arange(_DIGITS - 1, -1, -1)
    digits = counts[:, None] // powers % 10
    used = (counts[:, None] >= powers).sum(1)
    tokens[counted, 1:-1] = digits + ord("0")
    tokens[np.nonzero(counted)[0], _DIGITS - used] = ord("!")
    widths[counted] = used + 2
    return tokens, widths
