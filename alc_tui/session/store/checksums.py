"""The checksums of a session's images, by which they are recognized in another folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from alc_tui.data.files.atomic import write_whole
from alc_tui.data.files.reading import read_whole
from alc_tui.errors import AlcError

BYTES = 16


def save(path: Path, digests: NDArray[np.uint8]) -> None:
    """Write the digests, uint8[n, 16], atomically."""
    content = digests.astype(np.uint8).tobytes()
    write_whole(path, content)


def load(path: Path, count: int) -> NDArray[np.uint8] | None:
    """The digests of `count` images, uint8[count, 16]; None if the session has none.

    Raises AlcError if there are not as many.
    """
    try:
        content = read_whole(path)
    except FileNotFoundError:
        return None
    if len(content) != BYTES * count:
        raise AlcError(f"{path} is damaged (expected {BYTES * count} bytes, found {len(content)}); remove it.")
    return np.frombuffer(content, dtype=np.uint8).reshape(count, BYTES)
