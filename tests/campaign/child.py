"""Runs a function in a forked child process, with a limit of time, and says how it ended."""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

POLL_SECONDS = 0.002
UNFORESEEN = 70
"""The exit code of a child that ended with an exception other than SystemExit."""


@dataclass(frozen=True)
class Ended:
    """How a child ended. code: exit code, negative for a signal, None if it did not end in time. megabytes: its peak of
    memory."""

    code: int | None
    out: str
    err: str
    megabytes: float


def run(call: Callable[[], object], folder: Path, seconds: float) -> Ended:
    """Run `call` in a child process with `folder` as its working folder; it is killed after some seconds."""
    out, err = folder / ".out", folder / ".err"
    child = os.fork()
    if child == 0:
        _run_and_exit(call, folder, out, err)
    deadline = time.monotonic() + seconds
    ended, status, usage = os.wait4(child, os.WNOHANG)
    while not ended and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
        ended, status, usage = os.wait4(child, os.WNOHANG)
    code: int | None = None
    if ended:
        code = os.waitstatus_to_exitcode(status)
    else:
        os.kill(child, signal.SIGKILL)
        _, _, usage = os.wait4(child, 0)
    said, complained = (path.read_text(encoding="utf-8", errors="surrogateescape") for path in (out, err))
    return Ended(code, said, complained, usage.ru_maxrss / 1024)


def _run_and_exit(call: Callable[[], object], folder: Path, out: Path, err: Path) -> None:
    code = UNFORESEEN
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
        os.dup2(os.open(err, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
        sys.stdin, sys.stdout, sys.stderr = (
            os.fdopen(0, "r"),
            os.fdopen(1, "w", encoding="utf-8"),
            os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace"),
        )
        os.chdir(folder)
        try:
            call()
            code = 0
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        except BaseException:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)
