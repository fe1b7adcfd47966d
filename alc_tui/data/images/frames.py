"""Which page or frame of a file is meant: `scan.dcm#7` is the seventh of `scan.dcm`."""

from __future__ import annotations

import re

_FRAME = re.compile(r"(.+\.\w+)#([1-9]\d{0,8})", re.DOTALL)


def file_of(locator: str) -> str:
    """The locator without the number of a frame."""
    match = _FRAME.fullmatch(locator)
    return match[1] if match else locator


def frame_of(locator: str) -> int | None:
    """The number of the frame that a locator names, from 1; None if it names none."""
    match = _FRAME.fullmatch(locator)
    return int(match[2]) if match else None
