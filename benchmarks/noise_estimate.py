"""How far `--forget-rate auto` is off: the estimate against the share of labels really flipped, per noise rate.

Prints one JSON line per noise rate. Options after `--` go to `alc session new`.

    python benchmarks/noise_estimate.py --store /tmp/estimates -- --dataset demo
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

from alc_tui.session.store.events import Event
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.training.advance import estimate_noise
from alc_tui.session.training.materials import gather


def main() -> None:
    """Make a session per noise rate, estimate, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rates", type=float, nargs="+", default=[0.2, 0.4, 0.6])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("new", nargs="*")
    asked = parser.parse_args()
    for rate in asked.rates:
        name = f"estimate-{rate:g}-{time.time_ns()}"
        line = [sys.executable, "-m", "alc_tui", "session", "new", "--no-train", "--rounds", "0", "--name", name]
        line += ["--store", str(asked.store), "--noise", str(rate), "--seed", str(asked.seed), *asked.new]
        subprocess.run(line, check=True, stderr=subprocess.DEVNULL)
        materials = gather(SessionFolder(asked.store / name), ignore)
        began = time.perf_counter()
        estimate = estimate_noise(materials)
        actual = float((materials.given != materials.truth).mean())
        print(
            json.dumps(
                {
                    "dataset": materials.config.dataset,
                    "training": len(materials.train),
                    "noise": rate,
                    "actual": round(actual, 4),
                    "estimate": estimate,
                    "off_by": round(estimate - actual, 4),
                    "seconds": round(time.perf_counter() - began, 1),
                }
            ),
            flush=True,
        )


def ignore(event: Event) -> None:
    """Progress is of no interest here."""


if __name__ == "__main__":
    main()
