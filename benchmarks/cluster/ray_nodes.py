"""A suite on a Ray cluster of three nodes, one of which is removed in the middle.

`python -m benchmarks.cluster.ray_nodes` (extra `ray`) compares the results digit by digit with those of processes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from ray.cluster_utils import Cluster

from benchmarks.cluster.compare import main as compare
from benchmarks.cluster.small_suite import write_small_suite

OBJECT_STORE = 80_000_000
EPOCHS = 8
"""After how many finished epochs of all jobs the node is removed."""


def main() -> int:
    """Run the suite on Ray and as processes; returns 0 if the results are equal."""
    os.environ["OMP_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory(prefix="alc-ray-") as folder:
        work = Path(folder)
        os.environ["ALC_CACHE"] = str(work / "cache")
        suite = write_small_suite(work)
        cluster: Any = Cluster(
            initialize_head=True, head_node_args={"num_cpus": 1, "object_store_memory": OBJECT_STORE}
        )
        nodes = [cluster.add_node(num_cpus=1, object_store_memory=OBJECT_STORE) for _ in range(2)]
        say(f"A Ray cluster of {len(cluster.list_all_nodes())} nodes")
        try:
            with subprocess.Popen(
                alc("bench", "run", suite, "--engine", "ray", "--ray-address", cluster.address, "--store", work / "ray")
            ) as sweep:
                while epochs_in(work / "ray") < EPOCHS and sweep.poll() is None:
                    time.sleep(0.2)
                subprocess.run(alc("bench", "status", suite, "--store", work / "ray"), check=True)
                say("A node is removed, with all that runs on it")
                cluster.remove_node(nodes[0], allow_graceful=False)
            print(f"exit code {sweep.returncode}")
        finally:
            cluster.shutdown()
        say("The same suite as processes of this machine")
        subprocess.run(alc("bench", "run", suite, "--store", work / "local"), check=True)
        say("Results, digit by digit")
        return compare([str(work / "ray"), str(work / "local")])


def alc(*words: object) -> list[str]:
    """The command line of `alc`."""
    return [sys.executable, "-m", "alc_tui", *map(str, words)]


def epochs_in(store: Path) -> int:
    """How many epochs the sessions of all suites in the store have finished."""
    return sum(path.read_text().count('"Epoch"') for path in store.glob("bench/*/sessions/*/events.jsonl"))


def say(text: str) -> None:
    """Print a heading."""
    print(f"\n== {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
