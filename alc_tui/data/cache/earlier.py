"""Images that an earlier version cached: which of them are decoded in another way now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from alc_tui.data.cache.index import IndexEntry
from alc_tui.data.dataset import ImageSource
from alc_tui.data.images import BadImageError, Header, read_header

_JPEG = frozenset({".jpg", ".jpeg", ".jpe", ".jfif"})
"""Extensions of files with 8 bits per sample and one frame, whose headers need not be read."""


def unrecorded_headers(
    images: ImageSource, keys: Sequence[bytes], entries: Mapping[bytes, IndexEntry]
) -> dict[bytes, Header]:
    """The headers of the cached files that were not recorded, by key. keys: of all images. entries: of the cached
    ones."""
    headers: dict[bytes, Header] = {}
    for index, key in enumerate(keys):
        entry = entries.get(key)
        if entry is None or entry.error is not None or entry.frames is not None:
            continue
        path = images.path(index)
        if path is None or path.suffix.lower() in _JPEG:
            continue
        try:
            headers[key] = read_header(path)
        except BadImageError:
            continue
    return headers
