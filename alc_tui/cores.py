"""The processor's cores that this process may use, how many of them are free, and on how many GPUs to train."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from alc_tui.errors import UsageError

THREADS_VARIABLE = "OMP_NUM_THREADS"
"""The environment variable that says with how many threads to compute."""
GPUS_VARIABLE = "ALC_GPUS"
"""The environment variable that says on how many GPUs to train a session."""
SAMPLE_SECONDS = 0.3
_STATISTICS = Path("/proc/stat")


def wanted_gpus(environment: Mapping[str, str] = os.environ) -> int:
    """On how many GPUs to train a session: GPUS_VARIABLE, else 1; raises UsageError if it is not a positive number."""
    text = environment.get(GPUS_VARIABLE) or "1"
    if not text.isdecimal() or int(text) < 1:
        raise UsageError(f"{GPUS_VARIABLE} is {text!r}; expected a number of GPUs from 1.")
    return int(text)


def wanted_threads(environment: Mapping[str, str] = os.environ) -> int:
    """With how many threads to compute: THREADS_VARIABLE, or 1 if it is not a positive number."""
    text = environment.get(THREADS_VARIABLE, "")
    return max(int(text), 1) if text.isdecimal() else 1


def available_cores() -> int:
    """The cores this process may use."""
    return len(_allowed()) or os.cpu_count() or 1


def free_cores(
    seconds: float = SAMPLE_SECONDS,
    statistics: Path = _STATISTICS,
    sleep: Callable[[float], None] = time.sleep,
    own: Callable[[], float] = time.process_time,
) -> int:
    """How many of these cores nobody else uses, at least 1: observed for some seconds, in which this process should
    not compute; what it does compute is not counted. All, where the system does not say.

    statistics: Linux's file of the time that each core was idle. own: the processor seconds of this process.
    """
    before, own_before = _times(statistics), own()
    if before:
        sleep(seconds)
    shares = []
    for core, (idle, total) in _times(statistics).items():
        idle_before, total_before = before.get(core, (idle, total))
        if total > total_before:
            shares.append(1 - (idle - idle_before) / (total - total_before))
    own_share = (own() - own_before) / seconds if seconds else 0.0
    return max(1, round(available_cores() - max(0.0, sum(shares) - own_share)))


def _allowed() -> set[int]:
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()


def _times(statistics: Path) -> dict[int, tuple[int, int]]:
    """Idle time and all time of each allowed core since the system started; empty if unknown."""
    try:
        lines = statistics.read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return {}
    times = {}
    for name, *counts in (line.split() for line in lines if line.startswith("cpu")):
        if name[3:].isdecimal() and int(name[3:]) in _allowed() and len(counts) > 4:
            numbers = [int(count) for count in counts[:8]]
            times[int(name[3:])] = numbers[3] + numbers[4], sum(numbers)
    return times
