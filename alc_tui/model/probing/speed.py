"""Measures how fast a network trains and scores on a device, with a few batches of random noise."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch

from alc_tui.data.cache.sizes import stored_size
from alc_tui.model.batches import BatchSource, TrainingData
from alc_tui.model.device import Compute
from alc_tui.model.fitting import CrossEntropy
from alc_tui.model.forward import move_to_device, predict
from alc_tui.model.frozen.fusion import fused
from alc_tui.model.frozen.heads import build_head
from alc_tui.model.networks import Network
from alc_tui.model.optimization import TrainingPlan
from alc_tui.model.sizes import PRINCIPAL_COMPONENTS
from alc_tui.model.sources import Augmented, Images, Tensors

Step = Callable[[], object]
STEPS = 3
SECONDS = 1.5
"""Timing stops once the timed steps have taken this long in total."""
MIN_STEP_SECONDS = 0.5
"""Shorter steps are repeated with twice as many images, because fixed costs would dominate."""
LARGEST = 256


def measure(
    network: Network,
    image_size: int,
    batch_size: int,
    compute: Compute,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[float, float]:
    """Seconds per image of learning (augmentation, forward, backward and step) and of scoring.

    The network is moved to the device. Takes a few seconds on a CPU; longer only if a step with two images takes
    longer. Exceptions from training are propagated.
    """
    largest = min(batch_size, LARGEST)
    return measure_with(network, _images(image_size, largest, compute), largest, compute, clock)


def measure_head(hidden: bool, dimensions: int, batch_size: int, compute: Compute) -> tuple[float, float]:
    """Seconds per image of learning and of scoring with a head on features of this length."""
    used = min(dimensions, PRINCIPAL_COMPONENTS)
    features = np.random.default_rng(0).normal(size=(batch_size, used)).astype(np.float32)
    head = build_head(used, hidden, 2, seed=0)
    return measure_with(head, Tensors(torch.from_numpy(features), compute), batch_size, compute)


def measure_features(network: Network, image_size: int, batch_size: int, compute: Compute) -> float:
    """Seconds per image of computing the features of an augmented view."""
    largest = min(batch_size, LARGEST)
    source = Augmented(_images(image_size, largest, compute), np.random.default_rng(0))
    move_to_device(network.eval(), compute)
    faster = fused(network, torch.rand(2, 3, image_size, image_size, device=compute.device), compute)
    return per_image(lambda size: lambda: predict((faster,), source, np.arange(size), compute, size), largest)


def measure_with(
    network: Network,
    source: BatchSource,
    largest: int,
    compute: Compute,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[float, float]:
    """Seconds per input of learning and of scoring, in batches of up to `largest` inputs."""

    def learning(size: int) -> Step:
        positions, plan = np.arange(size), TrainingPlan(epochs=1, batch_size=size, lr=0.0)
        data = TrainingData(source, positions, np.zeros_like(positions))
        return CrossEntropy(network, data, plan, compute, seed=0).run_epoch

    def scoring(size: int) -> Step:
        return lambda: predict((network,), source, np.arange(size), compute, size)

    return per_image(learning, largest, clock), per_image(scoring, largest, clock)


def _images(image_size: int, count: int, compute: Compute) -> Images:
    """Random noise."""
    side = stored_size(image_size)
    pixels = np.random.default_rng(0).integers(256, size=(1, side, side, 3), dtype=np.uint8)
    return Images(pixels, np.zeros(count, dtype=np.int64), image_size, compute)


def per_image(prepare: Callable[[int], Step], largest: int, clock: Callable[[], float] = time.perf_counter) -> float:
    """Seconds per image of the step that `prepare(size)` returns, for batch sizes from 2 to `largest`.

    The fastest of a few steps at a size that takes long enough to time, because other load can only add time. The first
    step of each size is a warm-up.
    """

    def timed() -> float:
        began = clock()
        step()
        return clock() - began

    size = 1
    taken = [0.0]
    while min(taken) < MIN_STEP_SECONDS and size < largest:
        size = min(2 * size, largest)
        step = prepare(size)
        step()
        taken = [timed()]
        if MIN_STEP_SECONDS <= taken[0] < SECONDS:
            taken.append(timed())
    while len(taken) < STEPS and sum(taken) < SECONDS:
        taken.append(timed())
    return min(taken) / size
