"""How far `--forget-rate auto` is off: the estimate against the share of labels really flipped, per noise rate.

Prints one JSON line per noise rate, with the interval and the basis of the estimate. Options after `--` go to `alc
session new`.

    python -m benchmarks.noise_estimate --store /tmp/estimates -- --dataset demo
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from alc_tui.session.store.events import Event
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.training.noise_rate import estimate_noise
from alc_tui.session.training.workspace import open_workspace
from benchmarks import small


def main() -> None:
    """Make a session per noise rate, estimate, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rates", type=float, nargs="+", default=[0.0, 0.2, 0.4, 0.6])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--store", type=Path, help="where the sessions stay; without it they are removed")
    parser.add_argument("--small", action="store_true", help="the smallest size, to see whether the script works")
    parser.add_argument("new", nargs="*")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        store, options = asked.store or Path(place), asked.new
        if asked.small:
            asked.rates, options = [0.0, 0.4], [*small.dataset(Path(place)), *small.SETTINGS]
        for rate in asked.rates:
            print(json.dumps(measure(rate, asked.seed, store, options)), flush=True)


def measure(rate: float, seed: int, store: Path, options: Sequence[str]) -> dict[str, Any]:
    """Make a session with that noise rate, and estimate it."""
    name = f"estimate-{rate:g}-{time.time_ns()}"
    line = [sys.executable, "-m", "alc_tui", "session", "new", "--no-train", "--rounds", "0", "--name", name]
    line += ["--store", str(store), "--noise", str(rate), "--seed", str(seed), *options]
    subprocess.run(line, check=True, stderr=subprocess.DEVNULL)
    workspace = open_workspace(SessionFolder(store / name), ignore)
    began = time.perf_counter()
    estimate = estimate_noise(workspace)
    actual = float((workspace.given != workspace.truth).mean())
    return {
        "dataset": workspace.config.dataset,
        "training": len(workspace.train),
        "seed": seed,
        "noise": rate,
        "actual": round(actual, 4),
        "estimate": estimate.rate,
        "interval": [estimate.low, estimate.high],
        "basis": estimate.basis,
        "off_by": round(estimate.rate - actual, 4),
        "seconds": round(time.perf_counter() - began, 1),
    }


def ignore(event: Event) -> None:
    """Progress is of no interest here."""


if __name__ == "__main__":
    main()
