"""When each image of the labeling screen was visible, as an emulator shows the bytes that came.

Believes nothing that the app says of itself but the number of the image in the first row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import pyte

from tests.terminal import Chunk

LOOK = 0.15
"""Seconds that an image must have been seen before a key may be a verdict on it."""

_NUMBER = re.compile(r" image ([\d,]+) of ")
_ROWS = slice(2, -2)
_COLUMNS = range(50)
"""Where the picture is on a screen of at least 100 columns: below the heading, above the last two lines."""


@dataclass(frozen=True)
class VisibleImage:
    """Image `number` (from 1) was visible, whole and as it was to stay, since `since` and until `until` (monotonic)."""

    number: int
    since: float
    until: float

    def was_looked_at(self, at: float) -> bool:
        """Whether it had been seen for long enough at a moment, and still was."""
        return self.since + LOOK <= at < self.until


def number_in(text: str) -> int | None:
    """The number of the image that the heading names, None if it names none."""
    found = _NUMBER.search(text)
    return int(found[1].replace(",", "")) if found else None


def visible_images(chunks: Sequence[Chunk], size: tuple[int, int]) -> list[VisibleImage]:
    """All images that were visible, in order. size: columns and rows of the terminal."""
    views = list(_views(chunks, size))
    ends = [at for at, _, _ in views[1:]] + [float("inf")]
    found = []
    for number, group in groupby(zip(views, ends, strict=True), key=lambda pair: pair[0][1]):
        if number is None:
            continue
        seen = [(at, picture, end) for (at, _, picture), end in group]
        last = next((index for index in range(len(seen) - 1, 0, -1) if seen[index - 1][1] != seen[-1][1]), 0)
        found.append(VisibleImage(number, seen[last][0], seen[-1][2]))
    return found


def _views(chunks: Iterable[Chunk], size: tuple[int, int]) -> Iterable[tuple[float, int | None, int]]:
    """After each chunk: when, the number in the heading, a fingerprint of the picture's cells."""
    screen = pyte.Screen(*size)
    stream = pyte.ByteStream(screen)
    rows = range(size[1])[_ROWS]
    for chunk in chunks:
        stream.feed(chunk.data)
        heading = "".join(screen.buffer[0][column].data for column in range(size[0]))
        picture = hash(tuple(screen.buffer[row][column] for row in rows for column in _COLUMNS))
        yield chunk.at, number_in(f"{heading} "), picture
