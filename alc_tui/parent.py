"""Processes that end with the process that started them, and how processes end."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress


def outcome(code: int) -> str:
    """How a process ended, by its return code."""
    return f"by signal {-code}" if code < 0 else f"with exit code {code}"


def end_with_parent() -> None:
    """Exit as with kill -9 once the parent, which holds the other end of stdin, has ended; sessions resume from what is
    on disk."""
    threading.Thread(target=_wait_for_end, daemon=True).start()


def _wait_for_end() -> None:
    with suppress(OSError, ValueError):
        # Not sys.stdin.read: Python aborts at exit while a thread holds the lock of its buffer.
        while os.read(sys.stdin.fileno(), 1):
            pass
    os._exit(1)
