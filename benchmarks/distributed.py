"""What a step of Co-teaching costs on two processes: their efficiency, and the share of the exchanges.

One process and then two, each with one thread, learn batches of 256 images past the warm-up, with VOG. A process that
computes half of a batch waits for the other one, so the cost of the exchanges is measured apart, on tensors of the
same sizes. Two cores that share memory or units do not compute twice as much as one: two processes that each
learn half batches alone, without exchanges, show what the machine can give, and `efficiency_beside_apart` compares two
processes that learn together with them. Run it where two cores are idle:

    python -m benchmarks.distributed

Prints JSON lines, then the same on paper for eight H200s: bytes per step against NVLink. That is arithmetic, not a
measurement. Its assumptions:

- A ring all-reduce of S bytes on N GPUs sends and receives 2 (N − 1) / N · S bytes per GPU.
- NVLink 4 moves 450 GB/s in each direction; 80 % of it is reached. Each exchange waits 20 µs besides.
- A GPU learns 9,000 images a second with both peers (ResNet-18, 224 px, bf16), as one GPU with a whole batch does. With
  a part of 32 images it is less busy, which the arithmetic leaves out.
- Exchanges and computation take turns, as they do in the code.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
import weakref
from collections.abc import Callable, Iterable, Sequence
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch import nn

from alc_tui.data.cache.sizes import stored_size
from alc_tui.lnl.coteaching import PEERS, CoTeaching, CoTeachingSettings
from alc_tui.model.batches import TrainingData
from alc_tui.model.device import Compute
from alc_tui.model.networks import Network, build
from alc_tui.model.optimization import TrainingPlan
from alc_tui.model.parallel.batch_norm import SynchronizedBatchNorm, synchronize_statistics
from alc_tui.model.parallel.group import ALONE, Group
from alc_tui.model.sources import Images

CLASSES, WARMUP = 8, 10
FLOAT, STATISTICS = 4, 3
"""Bytes of a number; numbers that batch normalization sums per feature: sum, sum of squares, count."""
GPUS, BYTES_PER_SECOND, LATENCY, IMAGES_PER_SECOND = 8, 0.8 * 450e9, 20e-6, 9000.0


def main() -> None:
    """Measure on one and two processes, and print."""
    asked = arguments()
    if asked.rank is not None:
        work(asked)
        return
    (alone, _), (apart, _), (shared, exchanges) = run(1), run(2, ["--apart"]), run(2)
    print(
        json.dumps(
            {
                "torch": torch.__version__,
                "backbone": asked.backbone,
                "image_size": asked.image_size,
                "batch_size": asked.batch_size,
                "batch_norm": asked.batch_norm,
                "step_seconds": {"1": round(alone, 4), "2 apart": round(apart, 4), "2": round(shared, 4)},
                "efficiency": round(alone / shared / 2, 3),
                "efficiency_apart": round(alone / apart / 2, 3),
                "efficiency_beside_apart": round(apart / shared, 3),
                "exchange_seconds": {name: round(value, 5) for name, value in exchanges.items()},
                "gathering_percent_of_step": round(100 * exchanges["gather"] / shared, 2),
                "exchanges_percent_of_step": round(100 * sum(exchanges.values()) / shared, 2),
            }
        )
    )
    print(json.dumps(on_paper(asked)))


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backbone", default="resnet18")
    parser.add_argument("--image-size", type=int, default=64)
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--batches", type=int, default=2, help="in an epoch")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--batch-norm", choices=["synchronized", "per-process"], default="synchronized")
    parser.add_argument("--small", action="store_true", help="the smallest size, to see whether the script works")
    parser.add_argument("--rank", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--size", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--place", help=argparse.SUPPRESS)
    parser.add_argument("--apart", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.small:
        asked.backbone, asked.image_size, asked.batch_size, asked.batches, asked.repeats = "small", 16, 8, 1, 1
    return asked


def run(size: int, options: Sequence[str] = ()) -> tuple[float, dict[str, float]]:
    """Median seconds of a step on `size` processes, and of its exchanges by kind.

    options: `--apart` for processes that each learn their part of a batch alone.
    """
    with TemporaryDirectory() as folder:
        words = ["--size", str(size), "--place", f"{folder}/group", "--rank"]
        command = [sys.executable, "-m", "benchmarks.distributed", *sys.argv[1:], *options, *words]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        processes = [
            subprocess.Popen([*command, str(rank)], env=environment, stdout=subprocess.PIPE) for rank in range(size)
        ]
        printed = [process.communicate()[0] for process in processes]
    if any(process.returncode for process in processes):
        sys.exit("A process failed; see above.")
    seconds, exchanges = json.loads(printed[0])
    return seconds, exchanges


def work(asked: argparse.Namespace) -> None:
    """One process: measure and, in the first one, print."""
    store = dist.FileStore(asked.place, asked.size)  # type: ignore[attr-defined]
    dist.init_process_group("gloo", store=store, rank=asked.rank, world_size=asked.size)
    collectives = weakref.proxy(dist.group.WORLD)  # its threads end before the process does
    group = Group(asked.rank, asked.size, asked.rank, collectives)
    if asked.apart:
        asked.batch_size //= asked.size
    if asked.apart or asked.size == 1:
        group = ALONE
    compute = Compute(torch.device("cpu"), bf16=False, channels_last=True, group=group)
    learner = make_learner(asked, compute)
    step = timed(learner.run_epoch, asked.repeats) / asked.batches
    exchanges = {name: timed(exchange, asked.repeats) for name, exchange in exchanges_of(learner, asked)}
    if asked.rank == 0:
        print(json.dumps([step, exchanges]))
    dist.destroy_process_group()


def make_learner(asked: argparse.Namespace, compute: Compute) -> CoTeaching:
    """Co-teaching past its warm-up, with VOG in force, on random images."""
    rng, samples = np.random.default_rng(0), asked.batches * asked.batch_size
    side = stored_size(asked.image_size)
    pixels = rng.integers(0, 256, (samples, side, side, 3), dtype=np.uint8)
    peers = (build(asked.backbone, CLASSES, "none", 0), build(asked.backbone, CLASSES, "none", 1))
    for network in peers if asked.batch_norm == "synchronized" else ():
        synchronize_statistics(network, compute.group)
    source = Images(pixels, np.arange(samples), asked.image_size, compute)
    data = TrainingData(source, np.arange(samples), rng.integers(0, CLASSES, samples))
    settings = CoTeachingSettings(forget_rate=0.5, warmup=WARMUP, mix_ratio=0.2)
    learner = CoTeaching(peers, data, settings, TrainingPlan(50, asked.batch_size, 0.01), compute, seed=0)
    learner.epoch = WARMUP
    return learner


def exchanges_of(learner: CoTeaching, asked: argparse.Namespace) -> Iterable[tuple[str, Callable[[], Any]]]:
    """The exchanges of a step, by what they are for."""
    group, (network, _) = learner.compute.group, learner.networks
    gathered = torch.zeros(asked.batch_size, CLASSES + network.dimensions)
    gradients = [torch.zeros_like(each) for each in network.parameters()]
    layers = [layer for layer in network.modules() if isinstance(layer, SynchronizedBatchNorm)]
    sums = [torch.zeros(STATISTICS, layer.num_features, dtype=torch.float64) for layer in layers]

    def gather() -> None:
        for _ in PEERS:
            part = group.part(asked.batch_size)
            group.gather(gathered[part], part, asked.batch_size)

    def reduce() -> None:
        for _ in PEERS:
            group.sum(gradients)

    def normalize() -> None:
        for _ in PEERS:
            for each in sums:
                group.sum([each])  # forward
                group.sum([each])  # backward

    yield from (("gather", gather), ("gradients", reduce), ("batch_norm", normalize))


def timed(action: Callable[[], Any], repeats: int) -> float:
    """The median of its seconds, after one that is not counted."""
    seconds = []
    for _ in range(repeats + 1):
        began = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds[1:])


def on_paper(asked: argparse.Namespace) -> dict[str, Any]:
    """Bytes and seconds of a step's exchanges on eight H200s, by arithmetic."""
    network = build(asked.backbone, CLASSES, "none", 0)
    layers = [layer for layer in network.modules() if isinstance(layer, nn.modules.batchnorm._BatchNorm)]
    sizes = {
        "gather": [asked.batch_size * (CLASSES + network.dimensions) * FLOAT],
        "gradients": [weights_of(network) * FLOAT],
        "batch_norm": [2 * layer.num_features * FLOAT for layer in layers for _ in ("forward", "backward")],
    }
    step = asked.batch_size / GPUS / IMAGES_PER_SECOND
    seconds = {
        name: len(PEERS) * sum(LATENCY + 2 * (GPUS - 1) / GPUS * size / BYTES_PER_SECOND for size in each)
        for name, each in sizes.items()
    }
    return {
        "arithmetic_not_measured": f"{GPUS} H200, NVLink",
        "backbone": asked.backbone,
        "batch_size": asked.batch_size,
        "bytes_per_step": {name: len(PEERS) * sum(each) for name, each in sizes.items()},
        "exchanges_per_step": {name: len(PEERS) * len(each) for name, each in sizes.items()},
        "compute_ms": round(1e3 * step, 3),
        "exchange_ms": {name: round(1e3 * value, 3) for name, value in seconds.items()},
        "efficiency": round(step / (step + sum(seconds.values())), 3),
        "efficiency_with_statistics_per_process": round(step / (step + seconds["gather"] + seconds["gradients"]), 3),
    }


def weights_of(network: Network) -> int:
    """How many numbers are learned."""
    return sum(each.numel() for each in network.parameters())


if __name__ == "__main__":
    main()
