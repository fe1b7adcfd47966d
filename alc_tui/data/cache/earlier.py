"""Images that an earlier version cached: which of them are decoded in another way now."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from alc_tui.data.cache.index import Entries
from alc_tui.data.dataset import ImageSource
from alc_tui.data.images import BadImageError, Header, read_header

_JPEG = frozenset({".jpg", ".jpeg", ".jpe", ".jfif"})
"""Extensions of files with 8 bits per sample and one frame, whose headers need not be read."""


def unrecorded_headers(images: ImageSource, keys: Sequence[bytes], entries: Entries) -> dict[bytes, Header]:
    """The headers of the cached files that were not recorded, by key. keys, entries: of all images."""
    headers: dict[bytes, Header] = {}
    for index in np.flatnonzero((entries.rows >= 0) & (entries.frames == 0)).tolist():
        path = images.path(index)
        if path is None or path.suffix.lower() in _JPEG:
            continue
        try:
            headers[keys[index]] = read_header(path)
        except BadImageError:
            continue
    return headers
