"""Checks a device with short trainings on made images: `python -m alc_tui.lnl.device_check [--device DEVICE]`.

For processes that must not import torch. Prints one JSON object, see `DeviceTrial`; or `error`, a sentence; or only
`device`, where none is named and there is no GPU of CUDA: a processor would take long.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict, dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from alc_tui.data.cache.sizes import stored_size
from alc_tui.lnl.coteaching import CoTeaching, CoTeachingSettings
from alc_tui.model.batches import TrainingData
from alc_tui.model.device import Compute, make_deterministic, select_device
from alc_tui.model.networks import build
from alc_tui.model.optimization import TrainingPlan
from alc_tui.model.probing.made_images import made_images, with_wrong_labels
from alc_tui.model.sources import Images

CLASSES, NOISE_RATE, EPOCHS = 8, 0.5, 3


@dataclass(frozen=True)
class Sizes:
    """How large the trainings are. small_size, image_size: px; only the latter tells the speed of a usual training."""

    backbone: str = "resnet18"
    small_size: int = 64
    image_size: int = 224
    samples: int = 1024
    batch_size: int = 256


SMALLEST = Sizes("small", small_size=16, image_size=16, samples=32, batch_size=16)


@dataclass(frozen=True)
class DeviceTrial:
    """What the trainings showed.

    agreement: the share of samples that the device and the processor treat alike in float32, over some epochs, in [0,
    1]. is_repeatable: whether two runs with one seed end with the same bits. parts: in how many parts a batch runs;
    more than 1 where it does not fit in memory. images_per_second: of an epoch past the warm-up.
    """

    device: str
    backbone: str
    image_size: int
    agreement: float
    is_repeatable: bool
    parts: int
    images_per_second: float


def main() -> None:
    """Train and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--device")
    parser.add_argument("--small", action="store_true", help="the smallest sizes, to see whether it works")
    asked = parser.parse_args()
    try:
        compute = select_device(asked.device)
        make_deterministic(compute.device)
        if asked.device is None and compute.device.type != "cuda":
            answer = {"device": compute.describe()}
        else:
            answer = asdict(check(compute, SMALLEST if asked.small else Sizes()))
    except Exception as error:  # of the device, its memory or its driver: all are findings
        answer = {"error": f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no message'}"}
    json.dump(answer, sys.stdout)


def check(compute: Compute, sizes: Sizes) -> DeviceTrial:
    """Train on a device and on the processor; raises what the device raises."""
    is_repeatable, parts, rate = _run_twice(compute, sizes)
    return DeviceTrial(
        compute.describe(), sizes.backbone, sizes.image_size, _agreement(compute, sizes), is_repeatable, parts, rate
    )


def _agreement(compute: Compute, sizes: Sizes) -> float:
    pixels, labels = _made(sizes, sizes.small_size, compute)
    same = np.zeros(0, dtype=np.bool_)
    with torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
        here, there = (
            _learner(pixels, labels, sizes, sizes.small_size, replace(each, bf16=False))
            for each in (compute, select_device("cpu"))
        )
        for _ in range(EPOCHS):
            one, other = here.run_epoch().selected, there.run_epoch().selected
            assert one is not None and other is not None
            same = np.append(same, one == other)
    return float(same.mean())


def _run_twice(compute: Compute, sizes: Sizes) -> tuple[bool, int, float]:
    """Whether both runs end with the same bits; the parts of a batch, and the images per second of the last epoch."""
    pixels, labels = _made(sizes, sizes.image_size, compute)
    states: list[dict[str, Tensor]] = []
    for _ in range(2):
        learner = _learner(pixels, labels, sizes, sizes.image_size, compute)
        learner.run_epoch()
        began = time.perf_counter()
        learner.run_epoch()  # reads the losses, so the device has done its work
        seconds = time.perf_counter() - began
        states.append({name: value.cpu() for name, value in learner.state().items()})
    is_repeatable = all(torch.equal(value, states[1][name]) for name, value in states[0].items())
    return is_repeatable, learner.memory.parts, len(labels) / seconds


def _made(sizes: Sizes, image_size: int, compute: Compute) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Images, and labels of which half are wrong."""
    pixels, labels = made_images(sizes.samples, stored_size(image_size), CLASSES, compute.device)
    return pixels, with_wrong_labels(labels, NOISE_RATE, CLASSES)


def _learner(
    pixels: NDArray[np.uint8], labels: NDArray[np.int64], sizes: Sizes, image_size: int, compute: Compute
) -> CoTeaching:
    """Co-teaching that uses VOG from the second epoch on."""
    positions = np.arange(len(labels))
    source = Images(pixels, positions, image_size, compute)
    peers = (build(sizes.backbone, CLASSES, "none", 1), build(sizes.backbone, CLASSES, "none", 2))
    settings = CoTeachingSettings(NOISE_RATE, warmup=1, window=1)
    plan = TrainingPlan(EPOCHS, sizes.batch_size, lr=0.01)
    return CoTeaching(peers, TrainingData(source, positions, labels), settings, plan, compute, seed=0)


if __name__ == "__main__":
    main()
