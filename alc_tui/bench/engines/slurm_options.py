"""The options of sbatch that users give, in `--slurm` and in the table `[slurm]` of a suite."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from alc_tui.errors import UsageError

_OWN = ("array", "dependency", "error", "job-name", "open-mode", "output", "requeue", "signal")
"""Options of sbatch that the engine sets."""


def parse_options(texts: Sequence[str]) -> dict[str, str]:
    """The options of sbatch in texts such as `partition=gpu,gpus=1,exclude=n1,n2`; raises UsageError for others."""
    options: dict[str, str] = {}
    for part in ",".join(texts).split(","):
        name, equals, value = part.partition("=")
        if equals:
            options[name.strip()] = value.strip()
        elif options and part:
            options[next(reversed(options))] += f",{part}"
        elif part:
            raise UsageError(f"--slurm {part}: expected KEY=VALUE, such as partition=gpu,time=4:00:00.")
    return check_options(options, "--slurm")


def check_options(options: Mapping[str, object], where: str) -> dict[str, str]:
    """The options as texts; raises UsageError for one that is none of sbatch's, or that alc sets."""
    for name, value in options.items():
        if name in _OWN:
            raise UsageError(f"{name} in {where} is set by alc; omit it.")
        if not re.fullmatch(r"[a-z][a-z-]*", name) or isinstance(value, bool | dict | list) or "\n" in str(value):
            raise UsageError(
                f"{name} in {where} is {value!r}; use long options of sbatch, such as partition, gpus, time, account."
            )
    texts = {name: str(value) for name, value in options.items()}
    if "time" in texts:
        minutes_of(texts["time"])
    return texts


def minutes_of(text: str) -> int:
    """A time limit of sbatch in minutes: `90`, `90:00`, `1:30:00`, `1-12`, `1-12:00`, `1-12:00:00`."""
    days, dash, rest = text.rpartition("-")
    if not re.fullmatch(r"(\d+-)?\d+(:\d+){0,2}", text):
        raise UsageError(f"{text!r} is not a time limit; specify minutes, H:MM:SS, or D-HH:MM:SS.")
    parts = [int(part) for part in rest.split(":")]
    if dash:
        hours, minutes, seconds = [*parts, 0, 0][:3]
    else:
        hours, minutes, seconds = ([0] * (3 - len(parts)) + parts) if len(parts) > 1 else [0, parts[0], 0]
    total = int(days or 0) * 1440 + hours * 60 + minutes + (seconds > 0)
    if total < 1:
        raise UsageError(f"The time limit {text!r} is zero; specify at least a minute.")
    return total
