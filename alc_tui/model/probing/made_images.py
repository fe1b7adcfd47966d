"""Images made on a device, from which networks can learn: to check and measure a device without any data."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

PATTERN = 8
"""The side of the random grid that each class has; it is enlarged to the size of the images."""
NOISE = 0.25
"""Standard deviation of the noise on each pixel, for values in [0, 1]."""
_AT_A_TIME = 256


def made_images(
    count: int, side: int, classes: int, device: torch.device, seed: int = 0
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Images uint8[count, side, side, 3] with their classes int64[count]: a smooth pattern for each class, under noise.

    They are drawn by the generator of the device, so the same seed gives other images on another device.
    """
    generator = torch.Generator(device).manual_seed(seed)
    patterns = torch.rand(classes, 3, PATTERN, PATTERN, device=device, generator=generator)
    patterns = F.interpolate(patterns, (side, side), mode="bilinear").permute(0, 2, 3, 1)
    labels = np.random.default_rng(seed).integers(classes, size=count)
    pixels = np.empty((count, side, side, 3), dtype=np.uint8)
    for start in range(0, count, _AT_A_TIME):
        of_class = patterns[torch.from_numpy(labels[start : start + _AT_A_TIME]).to(device)]
        noise = torch.randn(of_class.shape, device=device, generator=generator)
        images = (of_class + NOISE * noise).clamp(0, 1) * 255
        pixels[start : start + _AT_A_TIME] = images.to(torch.uint8).cpu().numpy()
    return pixels, labels


def with_wrong_labels(labels: NDArray[np.int64], share: float, classes: int, seed: int = 0) -> NDArray[np.int64]:
    """Labels int64[n], of which this share is another class, each with the same probability."""
    rng = np.random.default_rng(seed)
    wrong = rng.random(len(labels)) < share
    return np.where(wrong, (labels + rng.integers(1, classes, len(labels))) % classes, labels)
