"""The size of terminal cells in pixels, as reported by the kernel. Never queries the terminal, because its answer may
arrive late."""

from __future__ import annotations

import fcntl
import struct
import sys
import termios
from typing import TextIO

DEFAULT_RATIO = 2.0
"""Cell height divided by width, if the terminal does not report its size in pixels."""
_PLAUSIBLE_RATIOS = (1.2, 3.2)
_EMPTY_WINSIZE = b"\0" * 8


def cell_ratio() -> float:
    """Height over width of a cell; 2 where the terminal does not report its pixels (tmux often reports none)."""
    width, height = cell_pixels()
    ratio = height / width if width else 0.0
    return ratio if _PLAUSIBLE_RATIOS[0] <= ratio <= _PLAUSIBLE_RATIOS[1] else DEFAULT_RATIO


def cell_pixels() -> tuple[float, float]:
    """Width and height of a cell in pixels; (0, 0) where they are not reported."""
    for stream in (sys.__stdout__, sys.__stderr__, sys.__stdin__):
        rows, columns, width, height = _window_size(stream)
        if rows and columns and width and height:
            return width / columns, height / rows
    return 0.0, 0.0


def _window_size(stream: TextIO | None) -> tuple[int, int, int, int]:
    """Rows, columns, width and height in pixels; zeros where the stream is not a terminal."""
    try:
        if stream is None:
            return 0, 0, 0, 0
        answer = fcntl.ioctl(stream.fileno(), termios.TIOCGWINSZ, _EMPTY_WINSIZE)
        rows, columns, width, height = struct.unpack("HHHH", answer)
    except (OSError, ValueError):
        return 0, 0, 0, 0
    return rows, columns, width, height
