"""How large an image may be."""

from __future__ import annotations

from alc_tui.data.images.errors import MAX_PIXELS, BadImageError, too_large
from alc_tui.data.memory import Ceiling


def check_size(width: int, height: int, needed: int, ceiling: Ceiling) -> None:
    """Raise BadImageError if an image of this size in pixels has too many of them, or if the bytes needed to decode it
    are more than the ceiling."""
    if width * height > MAX_PIXELS:
        raise BadImageError(too_large(f"{width:,} × {height:,} pixels"))
    if needed > ceiling.limit:
        raise BadImageError(
            f"{width:,} × {height:,} pixels take {needed / 2**30:.1f} GiB to decode, more than the "
            f"{ceiling.limit / 2**30:.1f} GiB that alc allows; scale the image down"
        )
