"""The round-trip time to the terminal, which delays the effect of every key.

Bandwidth is not measured.
"""

from __future__ import annotations

import os
import re
import select
import statistics
import sys
import termios
import time
import tty
from collections.abc import Mapping, Sequence

from alc_tui.cli.doctor.check import OK, WARN, Check

TRIES = 5
TIMEOUT_SECONDS = 2.0
"""Seconds to wait for an answer."""
DRAIN_SECONDS = 3.0
"""Additional seconds during which a late answer is discarded, so that it does not reach the shell prompt."""
GOOD_SECONDS, ACCEPTABLE_SECONDS = 0.060, 0.250
"""Seconds."""
_QUESTION = b"\x1b[6n"
_ANSWER = re.compile(rb"(?:\x1b\[|\x9b)\d+;\d+R")


def measure(
    source: int, sink: int, tries: int = TRIES, timeout: float = TIMEOUT_SECONDS, drain: float = DRAIN_SECONDS
) -> list[float]:
    """Seconds to each answer; fewer than `tries`, the last question being unanswered, if one took over `timeout`.

    source, sink: descriptors of the terminal, to read from and to write to. Anything typed in the meantime is lost. The
    terminal is always restored.
    """
    before = termios.tcgetattr(source)
    seconds: list[float] = []
    is_waiting = False
    try:
        tty.setcbreak(source)
        for _ in range(tries):
            is_waiting = True
            asked = time.monotonic()
            os.write(sink, _QUESTION)
            if not _answered(source, timeout):
                break
            is_waiting = False
            seconds.append(time.monotonic() - asked)
    finally:
        try:
            if is_waiting:
                _answered(source, drain)
        finally:
            termios.tcsetattr(source, termios.TCSAFLUSH, before)
    return seconds


def _answered(source: int, seconds: float) -> bool:
    """Read until the answer arrives or time runs out."""
    end = time.monotonic() + seconds
    seen = b""
    while (rest := end - time.monotonic()) > 0 and select.select([source], [], [], rest)[0]:
        some = os.read(source, 1024)
        seen += some
        if _ANSWER.search(seen):
            return True
        if not some:
            break
    return False


def check_line(environment: Mapping[str, str]) -> Check:
    """Measure and judge, where stdin and stdout are the terminal and this process is not in the background."""
    source, sink = sys.stdin.fileno(), sys.stdout.fileno()
    if not (os.isatty(source) and os.isatty(sink) and os.tcgetpgrp(source) == os.getpgrp()):
        hint = "Run `alc doctor` by itself, without a pipe, a file or &."
        return Check("round trip", OK, "not measured: stdin or stdout is not the terminal", hint)
    names = {"TMUX": "tmux", "STY": "GNU Screen"}
    answering = next((name for variable, name in names.items() if environment.get(variable)), None)
    return check_round_trip(measure(source, sink), answering)


def check_round_trip(seconds: Sequence[float], answering: str | None = None) -> Check:
    """answering: the multiplexer that answers instead of the terminal, so that the connection beyond it is not
    measured."""
    name = "round trip"
    if not seconds:
        advice = (
            "The terminal does not answer, or the connection is very slow: `ssh -C` helps; try the demo data first."
        )
        return Check(name, WARN, f"no answer within {TIMEOUT_SECONDS:.0f} s", advice)
    median = statistics.median(seconds)
    shown = f"{1000 * median:.0f} ms" if median >= 0.001 else "less than 1 ms"
    if answering:
        hint = f"Run `alc doctor` outside {answering} to measure the connection itself."
        return Check(name, OK, f"{shown} to {answering}, which answers for your terminal", hint)
    found = f"{shown} (median of {len(seconds)}): every key press takes effect that much later"
    if median <= GOOD_SECONDS:
        return Check(name, OK, found)
    advice = "Connect with `ssh -C`, which compresses images, and use a small preview."
    if median <= ACCEPTABLE_SECONDS:
        return Check(name, OK, found, advice)
    return Check(name, WARN, found, f"{advice} A faster connection or a closer server would help more.")
