"""The features that a backbone computes of images: what the heads of frozen sessions are trained on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from alc_tui.errors import UsageError
from alc_tui.library.arrays import to_inputs
from alc_tui.library.problem import Architecture, BodyFactory, default_image_size, default_weights, deterministic
from alc_tui.library.ranges import check_ranges
from alc_tui.model.device import select_device
from alc_tui.model.forward import move_to_device, predict

BATCH = 32


def features(
    images: ArrayLike,
    *,
    backbone: str | BodyFactory = "resnet18",
    weights: str | None = None,
    image_size: int | None = None,
    device: str | torch.device | None = None,
    seed: int = 0,
) -> NDArray[np.float32]:
    """The input of the backbone's final linear layers for each image, not augmented: float32[n, D].

    images: as in `fit`. backbone: `small`, any torchvision classifier that ends in a linear layer, `timm:NAME`, or a
    function that returns a torch module from images to features [B, D]. weights: of a named backbone: `imagenet`,
    `none` or the path of a state dict; `imagenet` if omitted (`none` for `small`). image_size: side of the network's
    input in pixels; if omitted, that of the images, but at most 224. device: `cuda`, `cuda:N`, `mps` or `cpu`; the best
    available if omitted. seed: of random weights.

    Computed in float32, whatever the device. Raises UsageError (a ValueError) for an invalid argument, and if the
    features are not finite.
    """
    check_ranges(seed=seed)
    if image_size is not None:
        check_ranges(image_size=image_size)
    pixels = to_inputs(images, "images")
    if pixels.ndim != 4 or not len(pixels):
        raise UsageError(f"`images` has shape {pixels.shape}; pass one image or more [n, H, W, 3].")
    architecture = Architecture(
        backbone,
        weights or default_weights(backbone),
        image_size or default_image_size(pixels),
        dimensions=None,
        classes=2,
        seed=seed,
        compute=replace(select_device(None if device is None else str(device)), bf16=False),
    )
    network, compute = architecture.network(0, is_frozen=True), architecture.compute
    with deterministic(compute):
        source = architecture.source(pixels)
        move_to_device(network, compute)
        _, computed = predict((network,), source, np.arange(len(pixels)), compute, BATCH)
    if not np.isfinite(computed).all():
        raise UsageError("The backbone computes features that are not finite; pass other `weights`.")
    return computed
