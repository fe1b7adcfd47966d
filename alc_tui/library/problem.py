"""Builds what a learner needs from arrays: batches of inputs, matching networks, and a device.

Independent of methods and noise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from PIL import Image
from torch import Tensor, nn

from alc_tui.data.cache.sizes import CROP, stored_size
from alc_tui.data.images import square
from alc_tui.data.random_streams import stream_seed
from alc_tui.errors import UsageError
from alc_tui.library.arrays import check_count, to_inputs, to_labels
from alc_tui.library.ranges import check_ranges
from alc_tui.model.batches import BatchSource, TrainingData
from alc_tui.model.device import Compute, make_deterministic, select_device
from alc_tui.model.networks import SMALL, Network, build, with_suitable_precision
from alc_tui.model.phase import HeldOut
from alc_tui.model.sources import Images, Tensors

MIN_SIZE = 8
"""The smallest image side that the small backbone supports, in pixels."""

BodyFactory = Callable[[], nn.Module]
"""Makes a fresh module that turns a batch of inputs into features float[B, D]."""


@dataclass(frozen=True)
class Architecture:
    """How inputs of one kind are turned into batches and networks.

    backbone: a name or a `BodyFactory`; None for a linear head on the inputs themselves. image_size: of the network's
    input in pixels; None for features. dimensions: D of the inputs; None for images.
    """

    backbone: str | BodyFactory | None
    weights: str
    image_size: int | None
    dimensions: int | None
    classes: int
    seed: int
    compute: Compute

    def network(self, number: int, is_frozen: bool = False) -> Network:
        """A fresh network; the same number and seed give the same weights. is_frozen: see `build`."""
        seed = stream_seed(self.seed, "peer", number)
        if isinstance(self.backbone, str):
            return build(self.backbone, self.classes, self.weights, seed, is_frozen)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            body = nn.Identity() if self.backbone is None else self.backbone()
            return Network(body, nn.Linear(self._output_dimensions(body), self.classes))

    def source(self, *parts: NDArray[np.uint8] | NDArray[np.float32]) -> BatchSource:
        """A batch source on the device for the concatenated parts, which are outputs of `to_inputs`.

        Raises UsageError for inputs of another kind.
        """
        for inputs in parts:
            if self.image_size is None and (inputs.ndim != 2 or inputs.shape[1] != self.dimensions):
                raise UsageError(f"The inputs have shape {inputs.shape}; pass features [n, {self.dimensions}].")
            if self.image_size is not None and inputs.ndim != 4:
                raise UsageError(f"The inputs have shape {inputs.shape}; pass images [n, H, W, 3].")
        if self.image_size is None:
            return Tensors(torch.from_numpy(np.concatenate(parts)), self.compute)
        side, images = stored_size(self.image_size), [image for inputs in parts for image in inputs]
        pixels = np.empty((len(images), side, side, 3), dtype=np.uint8)
        for place, image in enumerate(images):
            pixels[place] = square(Image.fromarray(image), side)
        return Images(pixels, np.arange(len(pixels)), self.image_size, self.compute)

    def _output_dimensions(self, body: nn.Module) -> int:
        """D of a body's output, determined from two blank inputs."""
        shape = (2, self.dimensions or 0) if self.image_size is None else (2, 3, self.image_size, self.image_size)
        with torch.no_grad():
            features = body.eval()(torch.zeros(shape))
        if not isinstance(features, Tensor) or features.dim() != 2:
            got = tuple(features.shape) if isinstance(features, Tensor) else type(features).__name__
            raise UsageError(f"The backbone returns {got} for a batch of 2; it must return features [2, D].")
        return int(features.shape[1])


@dataclass(frozen=True)
class Problem:
    """What a learner such as `CoTeaching` is built from.

    data: the n training samples with their labels. held_out: the m validation samples, in the same source; m is 0 if
    there are none. `network` makes fresh networks; `compute` is the device.
    """

    architecture: Architecture
    data: TrainingData
    held_out: HeldOut

    def network(self, number: int) -> Network:
        """A fresh network; the same number and seed give the same weights."""
        return self.architecture.network(number)

    @property
    def compute(self) -> Compute:
        """The device, and how it is used."""
        return self.architecture.compute


def prepare(
    inputs: ArrayLike,
    labels: ArrayLike,
    validation: tuple[ArrayLike, ArrayLike] | None = None,
    *,
    classes: int | None = None,
    backbone: str | BodyFactory | None = None,
    weights: str | None = None,
    image_size: int | None = None,
    device: str | torch.device | None = None,
    seed: int = 0,
) -> Problem:
    """Inputs, networks and a device for a learner, from the arguments of `fit`.

    Raises UsageError with the first argument that is invalid.
    """
    check_ranges(seed=seed)
    if image_size is not None:
        check_ranges(image_size=image_size)
    given, seen = to_labels(labels, classes), to_inputs(inputs)
    check_count("labels", len(given), len(seen))
    if len(given) < 2:
        raise UsageError(f"`inputs` has {len(seen)} samples; pass 2 or more.")
    held, held_labels = seen[:0], given[:0]
    if validation is not None:
        held_inputs, held_given = _pair(validation)
        held, held_labels = to_inputs(held_inputs, "validation[0]"), to_labels(held_given, classes, "validation[1]")
        check_count("validation[1]", len(held_labels), len(held))
    count = classes or 1 + int(max(given.max(), held_labels.max(initial=0)))
    if count < 2:
        raise UsageError(f"Found {count} classes; pass labels of at least 2 classes, or set `classes`.")
    compute = select_device(None if device is None else str(device))
    is_image = seen.ndim == 4
    if not is_image and isinstance(backbone, str):
        raise UsageError(f"The backbone {backbone!r} takes images, not features; pass images, or omit it.")
    architecture = Architecture(
        (backbone or "resnet18") if is_image else backbone,
        weights or default_weights(backbone),
        (image_size or default_image_size(seen)) if is_image else None,
        None if is_image else seen.shape[1],
        count,
        seed,
        compute,
    )
    architecture = replace(architecture, compute=with_suitable_precision(compute, architecture.network(0)))
    source, n = architecture.source(seen, held), len(given)
    held_out = HeldOut(np.arange(n, n + len(held_labels)), held_labels)
    return Problem(architecture, TrainingData(source, np.arange(n), given), held_out)


def _pair(validation: tuple[ArrayLike, ArrayLike]) -> tuple[ArrayLike, ArrayLike]:
    try:
        inputs, labels = validation
    except (TypeError, ValueError) as error:
        raise UsageError("`validation` is not a pair; pass (inputs, labels).") from error
    return inputs, labels


def default_weights(backbone: str | BodyFactory | None) -> str:
    """The weights of a backbone if none are specified: `none` for `small`, else `imagenet`."""
    return "none" if backbone == SMALL else "imagenet"


def default_image_size(images: NDArray[np.uint8] | NDArray[np.float32]) -> int:
    """The side in pixels of the network's input for images [n, H, W, 3] if none is specified: theirs, but at least
    MIN_SIZE and at most 224."""
    sides: tuple[int, ...] = images.shape[1:3]
    return max(MIN_SIZE, min(max(sides), CROP))


@contextmanager
def deterministic(compute: Compute) -> Iterator[None]:
    """Make computations deterministic for a given seed; torch's generators and settings are restored on exit."""
    cudnn, fill = torch.backends.cudnn, torch.utils.deterministic.fill_uninitialized_memory  # type: ignore[attr-defined]
    before = cudnn.benchmark, cudnn.deterministic
    mode = torch.get_deterministic_debug_mode()
    with torch.random.fork_rng(devices=[compute.device] if compute.device.type == "cuda" else []):
        try:
            make_deterministic(compute.device)
            yield
        finally:
            cudnn.benchmark, cudnn.deterministic = before
            torch.set_deterministic_debug_mode(mode)
            torch.utils.deterministic.fill_uninitialized_memory = fill  # type: ignore[attr-defined]
