"""Does the method keep its promises on the demo data? Per seed, at p = 0.5, with the demo's preset:

- `clean`: cross-entropy on true labels, the ceiling; `ce`: the same on noisy labels; `ct-vog`: the method, round 0;
- replays of the ct-vog session with the oracle gt, by sampler: macro-F1 per round and the share of the training labels
  decided when 95 % of that seed's ceiling is first reached.

Every figure is macro-F1 on the test set at the epoch of best validation macro-F1. Prints one JSON line per seed, then a
summary line.

    python -m benchmarks.demo_claims --seeds 0 1 2 --store /tmp/demo-claims
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import small

SAMPLERS = ("entropy", "coreset")
GOAL = 0.95


def main() -> None:
    """Run the seeds and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--store", help="where the sessions stay; without it they are removed")
    parser.add_argument("--rounds", type=int, nargs="*", default=[], help="ROUNDS BUDGET other than the preset's")
    parser.add_argument("--small", action="store_true", help="the smallest size, to see whether the script works")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        settings = ["--dataset", "demo"]
        if asked.small:
            settings = [*small.dataset(Path(place)), *small.SETTINGS]
            asked.seeds, asked.rounds = [0], [1, 5]
        results = [measure(seed, asked.store or place, settings, asked.rounds) for seed in asked.seeds]
    print(json.dumps(summary(results)))


def measure(seed: int, store: str, settings: list[str], rounds: list[int]) -> dict[str, Any]:
    """All runs of one seed."""
    common = [*settings, "--seed", str(seed), "--store", store, "--no-label", "--json"]
    clean = alc("new", *common, "--noise", "0", "--method", "ce", "--rounds", "0", "--name", f"clean-{seed}")
    ce = alc("new", *common, "--noise", "0.5", "--method", "ce", "--rounds", "0", "--name", f"ce-{seed}")
    change = ["--rounds", str(rounds[0]), "--budget", str(rounds[1])] if rounds else []
    ours = alc("new", *common, "--noise", "0.5", *change, "--name", f"ct-vog-{seed}")
    result: dict[str, Any] = {
        "seed": seed,
        "cores": os.cpu_count(),
        "training": ours["splits"]["train"],
        "round_0": {"clean": best(clean), "ce": best(ce), "ct-vog": best(ours)},
        "guess": ours["rounds"][0]["selection"]["guess"],
        "replays": {},
    }
    for sampler in SAMPLERS:
        told = alc("replay", f"ct-vog-{seed}", "--store", store, "--sampler", sampler, "--json", *change)
        curve = [(entry["decided_total"], round(entry["macro_f1"]["best"], 4)) for entry in told["rounds"]]
        reached = next((labels for labels, score in curve if score >= GOAL * best(clean)), None)
        share = None if reached is None else round(reached / result["training"], 4)
        result["replays"][sampler] = {"curve": curve, "share_decided_at_95_percent": share}
    print(json.dumps(result), flush=True)
    return result


def best(told: dict[str, Any]) -> float:
    """Macro-F1 of round 0."""
    return round(float(told["rounds"][0]["macro_f1"]["best"]), 4)


def alc(command: str, *arguments: str) -> dict[str, Any]:
    """Run `alc session …` and read what it prints."""
    line = [sys.executable, "-m", "alc_tui", "session", command, *arguments]
    done = subprocess.run(line, check=True, stdout=subprocess.PIPE)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def summary(results: list[dict[str, Any]]) -> dict[str, Any]:
    """Means over the seeds, and on how many of them each claim holds."""
    methods = results[0]["round_0"]
    shares = {
        sampler: [result["replays"][sampler]["share_decided_at_95_percent"] for result in results]
        for sampler in SAMPLERS
    }
    return {
        "mean_macro_f1_round_0": {
            method: round(statistics.mean(result["round_0"][method] for result in results), 4) for method in methods
        },
        "seeds_where_ct_vog_beats_ce": sum(r["round_0"]["ct-vog"] > r["round_0"]["ce"] for r in results),
        "share_decided_at_95_percent": shares,
        "seeds": len(results),
    }


if __name__ == "__main__":
    main()
