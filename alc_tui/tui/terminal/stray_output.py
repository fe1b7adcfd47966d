"""Keeps the screen free of what is printed while the app is on it.

Decoders in C, and processes that this one starts, write to its standard output and standard error, past everything in
Python. While the app is on the screen, both lead to a log.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

_LARGEST = 2**20
"""Bytes of earlier runs that the log keeps."""


def log_path() -> Path | None:
    """The user's log, None without a home folder."""
    from platformdirs import user_state_path

    try:
        return user_state_path("alc") / "app.log"
    except RuntimeError:
        return None


class StrayOutput:
    """Standard output and standard error, as far as they are the terminal."""

    def __init__(self, log: Path | None) -> None:
        """log: receives what is printed; None, or a file that cannot be written, for nothing."""
        self._log = log
        self._terminals: dict[int, int] = {}

    def divert(self) -> None:
        """Send to the log what is printed from now on; to the terminal, what was printed before."""
        if self._terminals:
            return
        for stream in (sys.__stdout__, sys.__stderr__):
            with suppress(OSError, ValueError, AttributeError):
                stream.flush()  # type: ignore[union-attr]
        log = _open(self._log)
        for descriptor in (1, 2):
            if os.isatty(descriptor):
                self._terminals[descriptor] = os.dup(descriptor)
                os.dup2(log, descriptor)
        os.close(log)

    def restore(self) -> None:
        """Print to the terminal again."""
        while self._terminals:
            descriptor, terminal = self._terminals.popitem()
            os.dup2(terminal, descriptor)
            os.close(terminal)


def _open(log: Path | None) -> int:
    """A descriptor to append to the log. It may quote the user's files, so that only they may read it."""
    if log is not None:
        with suppress(OSError):
            log.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
            if os.fstat(descriptor).st_size > _LARGEST:
                os.ftruncate(descriptor, 0)
            return descriptor
    return os.open(os.devnull, os.O_WRONLY)
