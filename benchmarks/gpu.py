"""Checks and measures training on a GPU in at most eight minutes, without any data; prints JSON lines.

    python -m benchmarks.gpu
    python -m benchmarks.gpu --parts parity,stages
    python -m benchmarks.gpu --device cpu --small

Each part runs in a process of its own, so that one that fails, crashes or hangs does not end the others. Each line has
the part, the card, the versions, and the command as it was called; a check has `passes`, and a part that failed an
`error`. Exits with 1 if a part failed or a check did not pass.
"""

from __future__ import annotations

import argparse
import json
import platform
import shlex
import subprocess
import sys
import time
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import torch

from alc_tui import __version__
from alc_tui.model.device import make_deterministic, select_device
from benchmarks.gpu_parts import (
    compiled,
    kernels,
    memory,
    parity,
    repeatability,
    resume,
    stages,
    stand_in,
    together,
    whole,
)
from benchmarks.gpu_parts.setting import Facts, Part, Setting, small, with_samples

ROOT = Path(__file__).parents[1]
PARTS: dict[str, tuple[Part, float]] = {
    "parity": (parity.measure, 45),
    "repeatability": (repeatability.measure, 40),
    "resume": (resume.measure, 30),
    "memory": (memory.measure, 40),
    "stages": (stages.measure, 40),
    "whole": (whole.measure, 135),
    "kernels": (kernels.measure, 30),
    "stand-in": (stand_in.measure, 45),
    "compiled": (compiled.measure, 60),
    "together": (together.measure, 15),
}
"""What each part runs, and the seconds that it should take with its start, of eight minutes in all."""
MINUTES = 8.0
GRACE = 1.5
"""A part that has taken this many times its seconds is ended."""
CARD = "import sys; from alc_tui.model.device import select_device; print(select_device(*sys.argv[1:]).describe())"
CARD_SECONDS = 60


def main() -> int:
    """Run the parts; returns the exit code."""
    asked = arguments()
    if asked.part is not None:
        return run_here(asked)
    deadline = time.monotonic() + 60 * asked.minutes
    failed = False
    for name in asked.parts.split(","):
        seconds = min(GRACE * seconds_of(asked, name), deadline - time.monotonic())
        failed |= not run_in_process(asked, name, seconds)
    return int(failed)


def seconds_of(asked: argparse.Namespace, name: str) -> float:
    """What a part should take, its share of the minutes for all."""
    minutes: float = asked.minutes
    return PARTS[name][1] * minutes / MINUTES


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", help="default: the best one available")
    parser.add_argument("--parts", default=",".join(PARTS), help="which, with commas")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="for all parts together")
    parser.add_argument("--small", action="store_true", help="the smallest sizes, to see whether the parts work")
    parser.add_argument("--image-size", type=int, help="of the network's input, default 224")
    parser.add_argument("--samples", type=int, help="to train on, default 17,731")
    parser.add_argument("--commit", default=commit(), help="printed with each line; default: that of the repository")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    called = shlex.join(["python", "-m", "benchmarks.gpu", *sys.argv[1:]])
    parser.add_argument("--command", default=called, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    unknown = [name for name in asked.parts.split(",") if name not in PARTS]
    if unknown:
        parser.error(f"unknown part {unknown[0]}; use some of {', '.join(PARTS)}")
    return asked


def commit() -> str:
    """The commit of the repository, `unknown` outside of one."""
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


def run_in_process(asked: argparse.Namespace, name: str, seconds: float) -> bool:
    """Run a part in a process, which prints its lines; returns whether it ended well."""
    words = ["--part", name, "--commit", asked.commit, "--minutes", str(asked.minutes), "--command", asked.command]
    words += ["--device", asked.device] if asked.device else []
    words += ["--small"] if asked.small else []
    words += ["--image-size", str(asked.image_size)] if asked.image_size else []
    words += ["--samples", str(asked.samples)] if asked.samples else []
    if seconds <= 0:
        print_line(asked, name, {"error": "no time was left"}, card(asked.device))
        return False
    try:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.gpu", *words],
            cwd=ROOT,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        error = f"ended after {seconds:.0f} s"
    else:
        if done.returncode in (0, 1):
            return done.returncode == 0
        error = f"exit code {done.returncode}"
    print_line(asked, name, {"error": error}, card(asked.device))
    return False


@cache
def card(device: str | None) -> str:
    """What a part computes on, by a process that then ends, because this one is to hold none of the card's memory."""
    words = [sys.executable, "-c", CARD, *([device] if device else [])]
    try:
        done = subprocess.run(words, cwd=ROOT, timeout=CARD_SECONDS, stdout=subprocess.PIPE, text=True, check=False)
    except subprocess.TimeoutExpired:
        return "unknown"
    return done.stdout.strip() or "unknown"


def run_here(asked: argparse.Namespace) -> int:
    """Run one part; returns 1 if it raises an exception or one of its checks does not pass."""
    measure, _ = PARTS[asked.part]
    began = time.monotonic()
    compute = select_device(asked.device)
    make_deterministic(compute.device)
    setting = Setting(compute, deadline=began + seconds_of(asked, asked.part))
    if asked.small:
        setting = small(setting)
    if asked.image_size:
        setting = replace(setting, image_size=asked.image_size)
    if asked.samples:
        setting = with_samples(setting, asked.samples)
    passes = True

    def tell(facts: Facts) -> None:
        measured_on = {
            "part_seconds": round(time.monotonic() - began, 2),
            "backbone": setting.backbone,
            "image_size": setting.image_size,
            "batch_size": setting.batch_size,
        }
        print_line(asked, asked.part, facts | measured_on, compute.describe())

    try:
        for facts in measure(setting):
            passes &= bool(facts.get("passes", True))
            tell(facts)
    except Exception as error:  # of the device, its memory or its driver; the other parts go on
        tell({"error": f"{type(error).__name__}: {error}"})
        return 1
    return 0 if passes else 1


def print_line(asked: argparse.Namespace, part: str, facts: Facts, device: str) -> None:
    """Print facts of a part with what they were measured on, and by which command."""
    about: dict[str, Any] = {
        "part": part,
        **facts,
        "device": device,
        "small": asked.small,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "alc": __version__,
        "commit": asked.commit,
        "command": asked.command,
    }
    print(json.dumps(about), flush=True)


if __name__ == "__main__":
    sys.exit(main())
