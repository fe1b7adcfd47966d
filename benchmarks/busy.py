"""How long is an epoch beside 0, 1, 2 and 4 other programs that compute all the time; prints JSON lines.

Each line has the seconds of an LNL epoch, and their ratio to the fair share: what an undisturbed epoch would take on
as many cores as are left for it, if all programs got the same. The other programs start before the training, or when
it has begun; `active` lines have threads that wait in a loop, which is the default of OpenMP, for comparison. The
ratio of the undisturbed epochs in both ways of waiting is what sleeping costs where nothing else runs.

    python -m benchmarks.busy
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alc_tui.cores import THREADS_VARIABLE, available_cores
from alc_tui.interpreter import module_environment

SPIN = "while True: pass"
AFTER = 2
"""Epochs before others start during the training; as many are not counted after that."""


def main() -> None:
    """Run each case in a process of its own."""
    asked = arguments()
    if asked.train:
        train(asked)
        return
    for waits in ("passive", "active"):
        quiet = 0.0
        for others in (0, 1) if asked.small else (0, 1, 2, 4):
            for start in ("before", "during") if others else ("before",):
                facts = epochs_beside(asked, others, start, waits)
                quiet = quiet or facts["epoch_seconds"]
                ratio = facts["epoch_seconds"] / (quiet * available_cores() / fair_share(others))
                print(json.dumps(facts | {"ratio_to_fair_share": round(ratio, 3)}), flush=True)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backbone", default="resnet18")
    parser.add_argument("--image-size", type=int, default=64)
    parser.add_argument("--samples", type=int, default=512)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--small", action="store_true", help="the smallest size, to see whether the script works")
    parser.add_argument("--train", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.small:
        asked.backbone, asked.image_size, asked.samples, asked.batch_size, asked.epochs = "small", 16, 8, 4, 4
    return asked


def fair_share(others: int) -> float:
    """The cores that a program gets beside others that use one each."""
    return max(available_cores() - others, available_cores() / (others + 1))


def epochs_beside(asked: argparse.Namespace, others: int, start: str, waits: str) -> dict[str, Any]:
    """Train in a process beside others; returns what was measured."""
    environment = module_environment({**os.environ, "OMP_WAIT_POLICY": waits})
    environment.pop(THREADS_VARIABLE, None)
    sizes = {name: value for name, value in vars(asked).items() if not isinstance(value, bool)}
    words = [f"--{name.replace('_', '-')}={value}" for name, value in sizes.items()]
    command = [sys.executable, "-m", "benchmarks.busy", *words, "--train"]
    with spinning(others if start == "before" else 0):
        training = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        assert training.stdout is not None
        lines = iter(training.stdout.readline, "")
        epochs = [json.loads(next(lines)) for _ in range(AFTER)]
        with spinning(others if start == "during" else 0):
            epochs += [json.loads(line) for line in lines]
        training.wait()
    counted = epochs[2 * AFTER :]
    return {
        "others": others,
        "start": start,
        "waits": waits,
        "threads": [epoch["threads"] for epoch in epochs],
        "epoch_seconds": round(statistics.median(epoch["seconds"] for epoch in counted), 4),
        "epochs_seconds": [round(epoch["seconds"], 3) for epoch in epochs],
        "cores": available_cores(),
        "backbone": asked.backbone,
        "image_size": asked.image_size,
        "samples": asked.samples,
    }


@contextmanager
def spinning(count: int) -> Iterator[None]:
    """Programs that use a core each."""
    programs = [subprocess.Popen([sys.executable, "-c", SPIN]) for _ in range(count)]
    try:
        yield
    finally:
        for program in programs:
            program.kill()
            program.wait()


def train(asked: argparse.Namespace) -> None:
    """Train as a session's worker does, and print a line after each epoch; looks at the free cores after each."""
    import torch

    from alc_tui.model.device import FreeThreads, make_deterministic, select_device, use_free_threads
    from benchmarks.lnl_epoch import make_learner

    use_free_threads()
    compute = select_device("cpu")
    make_deterministic(compute.device)
    learner, threads = make_learner(asked, compute), FreeThreads(seconds=0.0)
    for _ in range(asked.epochs + 1):
        used, began = torch.get_num_threads(), time.perf_counter()
        learner.run_epoch()
        print(json.dumps({"threads": used, "seconds": time.perf_counter() - began}), flush=True)
        threads.look_again()


if __name__ == "__main__":
    main()
