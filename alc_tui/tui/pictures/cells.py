"""The size of a terminal's cells in pixels, as the kernel knows it. Never asks the terminal: it could answer late."""

from __future__ import annotations

import fcntl
import struct
import sys
import termios
from typing import TextIO

USUAL_RATIO = 2.0
"""A cell's height over its width where nobody knows it."""
_BELIEVED = (1.2, 3.2)
_NONE = b"\0" * 8


def cell_ratio() -> float:
    """Height over width of a cell; 2 where the terminal does not report its pixels (tmux often reports none)."""
    width, height = cell_pixels()
    ratio = height / width if width else 0.0
    return ratio if _BELIEVED[0] <= ratio <= _BELIEVED[1] else USUAL_RATIO


def cell_pixels() -> tuple[float, float]:
    """Width and height of a cell in pixels; (0, 0) where they are not reported."""
    for stream in (sys.__stdout__, sys.__stderr__, sys.__stdin__):
        rows, columns, width, height = _reported(stream)
        if rows and columns and width and height:
            return width / columns, height / rows
    return 0.0, 0.0


def _reported(stream: TextIO | None) -> tuple[int, int, int, int]:
    try:
        if stream is None:
            return 0, 0, 0, 0
        rows, columns, width, height = struct.unpack("HHHH", fcntl.ioctl(stream.fileno(), termios.TIOCGWINSZ, _NONE))
    except (OSError, ValueError):
        return 0, 0, 0, 0
    return rows, columns, width, height
