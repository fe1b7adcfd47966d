"""Horizontal bars of block characters, with a resolution of one eighth of a cell."""

from __future__ import annotations

import math

_EIGHTHS = " ▏▎▍▌▋▊▉"


def bar(share: float, width: int) -> str:
    """A bar of `share` (0…1; NaN is 0) of `width` cells, padded with spaces."""
    share = min(max(share, 0.0), 1.0) if math.isfinite(share) else 0.0
    whole, rest = divmod(round(share * width * 8), 8)
    partial = _EIGHTHS[rest] if rest else ""
    return ("█" * whole + partial).ljust(width)
