"""Sparklines: a row of small columns, one per value."""

from __future__ import annotations

import math
from collections.abc import Iterable

_EIGHTHS = "▁▂▃▄▅▆▇█"


def sparkline(shares: Iterable[float]) -> str:
    """One character per share, from 0 (▁) to 1 (█) on a fixed scale, so that rows can be compared."""
    return "".join(_EIGHTHS[round(min(max(share, 0.0), 1.0) * 7)] if math.isfinite(share) else " " for share in shares)
