"""Random training augmentation on the device, per sample but batched.

torchvision's transforms draw one set of parameters for a batch; these draw one per sample and apply it in a few batched
tensor operations. The parameters of an epoch are drawn on the host from one numpy stream, so a batch is augmented the
same way on every device, without synchronizing with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from alc_tui.model.device import copy_to_device

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
GRAY = (0.299, 0.587, 0.114)
SECTORS = (5.0, 3.0, 1.0)
ROTATION = np.deg2rad(10.0)
BLUR_TAPS = 5
SHARPEST, SOFTEST = 0.1, 1.0
"""Standard deviations of the blur, in pixels."""


@dataclass(frozen=True)
class AugmentationParameters:
    """Augmentation parameters, one row per sample (numpy, on the host).

    crop: float32[n, 2], position of the crop (y, x) in [0, 1], relative to its possible range. flip: bool[n]. angle:
    float32[n], radians. sigma: float32[n], 0 for no blur. jitter: float32[n, 4] brightness, contrast and saturation
    factors and hue shift in turns; (1, 1, 1, 0) for none.
    """

    crop: NDArray[np.float32]
    flip: NDArray[np.bool_]
    angle: NDArray[np.float32]
    sigma: NDArray[np.float32]
    jitter: NDArray[np.float32]

    def rows(self, start: int, stop: int) -> AugmentationParameters:
        """The parameters of samples `start` to `stop`."""
        span = slice(start, stop)
        return AugmentationParameters(
            self.crop[span], self.flip[span], self.angle[span], self.sigma[span], self.jitter[span]
        )


def draw_parameters(n: int, rng: np.random.Generator) -> AugmentationParameters:
    """The augmentation for n samples: crop, flip, ±10° (which only the authors' code has, not the paper), blur σ 0.1–1
    (p 0.5), color jitter 0.1/0.1/0.1/0.01 (p 0.5)."""
    blurred, jittered = rng.random((2, n)) < 0.5
    strength = np.array([0.1, 0.1, 0.1, 0.01])
    jitter = np.array([1.0, 1.0, 1.0, 0.0]) + rng.uniform(-1, 1, (n, 4)) * strength * jittered[:, None]
    return AugmentationParameters(
        crop=rng.random((n, 2), dtype=np.float32),
        flip=rng.random(n) < 0.5,
        angle=rng.uniform(-ROTATION, ROTATION, n).astype(np.float32),
        sigma=(rng.uniform(SHARPEST, SOFTEST, n) * blurred).astype(np.float32),
        jitter=jitter.astype(np.float32),
    )


def augment(images: Tensor, parameters: AugmentationParameters, image_size: int, rotates_crop: bool = False) -> Tensor:
    """uint8[B, 3, S', S'] to normalized float32[B, 3, image_size, image_size], each sample with its own parameters.

    rotates_crop: rotate after the crop with nearest-neighbor sampling, which leaves black corners, as the authors' code
    does.
    """
    if not len(images):
        return _no_images(images, image_size)
    if rotates_crop:
        upright = replace(parameters, angle=np.zeros_like(parameters.angle))
        cropped = rotate_nearest(crop_flip_rotate(images.float() / 255, upright, image_size), parameters.angle)
    else:
        cropped = crop_flip_rotate(images.float() / 255, parameters, image_size)
    _apply_to_rows(
        cropped, np.flatnonzero(parameters.sigma), lambda x, rows: blur(x, to_device(parameters.sigma[rows], x))
    )
    changed = np.flatnonzero((parameters.jitter != (1, 1, 1, 0)).any(axis=1))
    _apply_to_rows(cropped, changed, lambda x, rows: color_jitter(x, to_device(parameters.jitter[rows], x)))
    return normalize(cropped)


def augment_together(images: Tensor, placement: Tensor, sigma: Tensor, jitter: Tensor, image_size: int) -> Tensor:
    """What `augment` does, but for rounding, with the same operations on all samples of a batch, which a compiler can
    fuse.

    placement: float32[B, 2, 3], see `placements`. sigma, jitter: float32[B] and [B, 4], see `AugmentationParameters`.
    """
    cropped = resample(images.float() / 255, placement, image_size)
    blurred = torch.where(_per_sample(sigma > 0), blur(cropped, sigma.clamp_min(SHARPEST)), cropped)
    neutral = jitter.new_tensor([1.0, 1.0, 1.0, 0.0])
    changed = _per_sample((jitter != neutral).any(1))
    return normalize(torch.where(changed, color_jitter(blurred, jitter), blurred))


def resize_and_normalize(images: Tensor, image_size: int) -> Tensor:
    """uint8[B, 3, S', S'] to normalized float32[B, 3, image_size, image_size] without augmentation."""
    if not len(images):
        return _no_images(images, image_size)
    small = F.interpolate(images.float() / 255, (image_size, image_size), mode="bilinear", antialias=True)
    return normalize(small)


def _no_images(like: Tensor, image_size: int) -> Tensor:
    """float32[0, 3, image_size, image_size], which torch's resampling refuses to compute."""
    return torch.zeros((0, 3, image_size, image_size), device=like.device)


def per_channel(values: tuple[float, float, float], device: torch.device) -> Tensor:
    """Three constants as float32[1, 3, 1, 1], copied to the device once, because each copy synchronizes; a compiler
    makes them part of what it compiles."""
    return _constants(values, device) if torch.compiler.is_compiling() else _kept_constants(values, device)


def _constants(values: tuple[float, float, float], device: torch.device) -> Tensor:
    return torch.tensor(values, device=device).view(1, 3, 1, 1)


_kept_constants = cache(_constants)


def normalize(images: Tensor) -> Tensor:
    """Normalize float[B, 3, H, W] in [0, 1] with ImageNet's mean and standard deviation per channel."""
    mean, std = (per_channel(values, images.device) for values in (IMAGENET_MEAN, IMAGENET_STD))
    return (images - mean) / std


def crop_flip_rotate(images: Tensor, parameters: AugmentationParameters, image_size: int) -> Tensor:
    """Crop, flip, and rotate about the crop's center in a single bilinear resampling; pixels outside the stored image
    are black."""
    return resample(images, to_device(placements(parameters, images.shape[-1], image_size), images), image_size)


def placements(parameters: AugmentationParameters, stored: int, image_size: int) -> NDArray[np.float32]:
    """Where crops of `image_size` lie in images of side `stored`: the matrices float32[n, 2, 3] of
    `torch.nn.functional.affine_grid`."""
    ratio = image_size / stored
    cosine, sine = np.cos(parameters.angle) * ratio, np.sin(parameters.angle) * ratio
    mirror = np.where(parameters.flip, -1.0, 1.0)
    center = (2 * parameters.crop * (stored - image_size) + image_size) / stored - 1
    matrix = np.stack(
        [
            np.stack([mirror * cosine, -sine, center[:, 1]], axis=1),
            np.stack([mirror * sine, cosine, center[:, 0]], axis=1),
        ],
        axis=1,
    )
    return matrix.astype(np.float32)


def resample(images: Tensor, placement: Tensor, image_size: int) -> Tensor:
    """float[B, 3, S', S'] to float[B, 3, image_size, image_size] by the matrices placement[B, 2, 3]."""
    grid = F.affine_grid(placement, [len(images), 3, image_size, image_size], align_corners=False)
    return F.grid_sample(images, grid, align_corners=False)


def rotate_nearest(images: Tensor, angle: NDArray[np.float32]) -> Tensor:
    """Rotate float[B, 3, S, S] by angle[B] (radians) about the center; corners without a source pixel are black."""
    cosine, sine, zero = np.cos(angle), np.sin(angle), np.zeros_like(angle)
    matrix = np.stack([np.stack([cosine, -sine, zero], axis=1), np.stack([sine, cosine, zero], axis=1)], axis=1)
    grid = F.affine_grid(to_device(matrix, images), list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, mode="nearest", align_corners=False)


def blur(images: Tensor, sigma: Tensor) -> Tensor:
    """5 × 5 Gaussian blur of float[B, 3, H, W] with one sigma[B] > 0 (pixels) per sample and reflected borders."""
    offsets = torch.arange(BLUR_TAPS, device=images.device) - BLUR_TAPS // 2
    weights = torch.exp(-0.5 * (offsets / sigma[:, None]) ** 2)
    weights = (weights / weights.sum(1, keepdim=True)).to(images.dtype)
    for dimension in (2, 3):
        edge = (2, 2, 0, 0) if dimension == 3 else (0, 0, 2, 2)
        padded = F.pad(images, edge, mode="reflect")
        size = images.shape[dimension]
        taps = (padded.narrow(dimension, tap, size) * weights[:, tap, None, None, None] for tap in range(BLUR_TAPS))
        images = sum(taps, torch.zeros_like(images))
    return images


def color_jitter(images: Tensor, jitter: Tensor) -> Tensor:
    """Brightness, contrast, saturation, then hue, of float[B, 3, H, W] in [0, 1] by jitter[B, 4].

    See `AugmentationParameters`.
    """
    brightness, contrast, saturation, hue = (column[:, None, None, None] for column in jitter.unbind(1))
    images = (images * brightness).clamp(0, 1)
    mean = _gray(images).mean((1, 2, 3), keepdim=True)
    images = (mean + (images - mean) * contrast).clamp(0, 1)
    gray = _gray(images)
    images = (gray + (images - gray) * saturation).clamp(0, 1)
    return shift_hue(images, hue)


def shift_hue(images: Tensor, shift: Tensor) -> Tensor:
    """Rotate the hue of float[B, 3, H, W] in [0, 1] by `shift` (turns, broadcastable), using HSV."""
    value, brightest = images.max(1, keepdim=True)
    chroma = value - images.amin(1, keepdim=True)
    red, green, blue = images.split(1, 1)
    safe_chroma = torch.where(chroma > 0, chroma, torch.ones_like(chroma))
    sector = torch.where(
        brightest == 0,
        (green - blue) / safe_chroma,
        torch.where(brightest == 1, 2 + (blue - red) / safe_chroma, 4 + (red - green) / safe_chroma),
    )
    k = (per_channel(SECTORS, images.device) + sector + shift * 6) % 6
    return value - chroma * torch.minimum(k, 4 - k).clamp(0, 1)


def _per_sample(values: Tensor) -> Tensor:
    return values[:, None, None, None]


def _gray(images: Tensor) -> Tensor:
    return (images * per_channel(GRAY, images.device)).sum(1, keepdim=True)


def to_device(values: NDArray[np.floating], like: Tensor) -> Tensor:
    """Values in single precision on the device of `like`."""
    return copy_to_device(torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32)), like.device)


def _apply_to_rows(
    images: Tensor, rows: NDArray[np.int64], change: Callable[[Tensor, NDArray[np.int64]], Tensor]
) -> None:
    """Apply `change` to the samples at `rows` in place; `rows` is on the host, so this does not synchronize."""
    if len(rows):
        index = copy_to_device(torch.from_numpy(rows), images.device)
        images[index] = change(images[index], rows)
