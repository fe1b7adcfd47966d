"""What a terminal sends, whatever it is: one byte that is no UTF-8 must not end the app."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from functools import partial
from typing import Any

from textual.drivers import linux_driver


def read_any_bytes() -> None:
    """Let Textual read what is not UTF-8 as replacement characters; its driver takes it for an error and stops."""
    linux_driver.getincrementaldecoder = _forgiving  # type: ignore[attr-defined]


def _forgiving(encoding: str) -> Callable[..., Any]:
    return partial(codecs.getincrementaldecoder(encoding), errors="replace")
