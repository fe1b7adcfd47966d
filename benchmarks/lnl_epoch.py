"""One LNL epoch (ct-vog: augmentation, selection and VOG included) over the bare work, in one run.

The bare work is two forward and backward passes of the same network on the same number of ready-made tensors, in
the same precision and memory format, without augmentation, selection, VOG, optimizer or bookkeeping. Both are timed
in turn, so that a noisy machine disturbs both; medians and their ratio are printed as one JSON line.

    python -m benchmarks.lnl_epoch --image-size 64 --samples 1024
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch

from alc_tui.data.cache.sizes import stored_size
from alc_tui.lnl.coteaching import CoTeaching, CoTeachingSettings
from alc_tui.model.batches import TrainingData
from alc_tui.model.device import Compute, make_deterministic, select_device
from alc_tui.model.forward import forward, move_to_device, sample_losses
from alc_tui.model.networks import Network, build
from alc_tui.model.optimization import TrainingPlan
from alc_tui.model.sources import Images

CLASSES = 8


def main() -> None:
    """Measure and print."""
    asked = arguments()
    compute = select_device(asked.device)
    make_deterministic(compute.device)
    learner = make_learner(asked, compute)
    batch = torch.randn(asked.batch_size, 3, asked.image_size, asked.image_size, device=compute.device)
    batch = batch.contiguous(memory_format=compute.memory_format)
    labels = torch.randint(CLASSES, (asked.batch_size,), device=compute.device)
    networks = [move_to_device(build(asked.backbone, CLASSES, "none", seed), compute) for seed in (2, 3)]
    batches = asked.samples // asked.batch_size

    ours, bare = [], []
    for repeat in range(asked.repeats + 1):
        epoch = timed(compute, learner.run_epoch)
        work = timed(compute, lambda: bare_work(networks, batch, labels, batches, compute))
        if repeat:
            ours.append(epoch)
            bare.append(work)
    median, floor = statistics.median(ours), statistics.median(bare)
    ratios = [epoch / work for epoch, work in zip(ours, bare, strict=True)]
    print(
        json.dumps(
            {
                "device": compute.describe(),
                "torch": torch.__version__,
                "backbone": asked.backbone,
                "image_size": asked.image_size,
                "samples": asked.samples,
                "batch_size": asked.batch_size,
                "epoch_seconds": round(median, 4),
                "bare_seconds": round(floor, 4),
                "ratio_of_medians": round(median / floor, 3),
                "median_of_ratios": round(statistics.median(ratios), 3),
                "ratios": [round(ratio, 3) for ratio in ratios],
                "images_per_second": round(asked.samples / median, 1),
                "peak_memory_mib": round(peak_memory(compute) / 2**20),
            }
        )
    )


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backbone", default="resnet18")
    parser.add_argument("--image-size", type=int, default=64)
    parser.add_argument("--samples", type=int, default=1024)
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--device")
    parser.add_argument("--small", action="store_true", help="the smallest size, to see whether the script works")
    asked = parser.parse_args()
    if asked.small:
        asked.backbone, asked.image_size, asked.samples, asked.batch_size, asked.repeats = "small", 16, 8, 4, 1
    if asked.samples % asked.batch_size:
        parser.error("--samples must be a multiple of --batch-size, so that both sides do the same work")
    return asked


def make_learner(asked: argparse.Namespace, compute: Compute) -> CoTeaching:
    """Co-teaching past its warm-up, with VOG in force, on random images."""
    rng = np.random.default_rng(0)
    side = stored_size(asked.image_size)
    pixels = rng.integers(0, 256, (asked.samples, side, side, 3), dtype=np.uint8)
    positions = np.arange(asked.samples)
    peers = (build(asked.backbone, CLASSES, "none", 0), build(asked.backbone, CLASSES, "none", 1))
    learner = CoTeaching(
        peers,
        TrainingData(
            Images(pixels, positions, asked.image_size, compute), positions, rng.integers(0, CLASSES, asked.samples)
        ),
        CoTeachingSettings(forget_rate=0.5, warmup=10, mix_ratio=0.2),
        TrainingPlan(epochs=50, batch_size=asked.batch_size, lr=0.01),
        compute,
        seed=0,
    )
    learner.epoch = 10
    return learner


def bare_work(
    networks: list[Network], batch: torch.Tensor, labels: torch.Tensor, batches: int, compute: Compute
) -> None:
    """Forward and backward of both networks, as often as an epoch has batches."""
    for _ in range(batches):
        for network in networks:
            logits, _ = forward(network, batch, compute)
            sample_losses(logits, labels).mean().backward()


def timed(compute: Compute, work: Callable[[], object]) -> float:
    """Seconds of a call, the device's work included."""
    wait(compute)
    began = time.perf_counter()
    work()
    wait(compute)
    return time.perf_counter() - began


def wait(compute: Compute) -> None:
    """Until the device has done what it was given."""
    if compute.device.type == "cuda":
        torch.cuda.synchronize()


def peak_memory(compute: Compute) -> int:
    """Bytes: the device's peak on a GPU, else the process's."""
    if compute.device.type == "cuda":
        return torch.cuda.max_memory_allocated()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main()
