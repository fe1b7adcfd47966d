"""Tolerates input that is not UTF-8: a stray byte from the terminal must not crash the app."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from functools import partial
from typing import Any

from textual.drivers import linux_driver


def read_any_bytes() -> None:
    """Let Textual read bytes that are not UTF-8 as replacement characters; otherwise, its driver would raise an error
    and stop."""
    # A name inside a module of Textual: the driver decodes strictly, and has no setting for that.
    linux_driver.getincrementaldecoder = _lenient_decoder  # type: ignore[attr-defined]


def _lenient_decoder(encoding: str) -> Callable[..., Any]:
    return partial(codecs.getincrementaldecoder(encoding), errors="replace")
