"""Variance of Gradients (Khanal et al. 2024, Sec. 2.1; Agarwal, D'souza and Hooker 2022), in closed form."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

CHUNK = 4096
CPU_CHUNK = 128
"""Samples at a time: few on a CPU, so that the intermediate values stay in its cache. The results are the same."""


def gradient(probabilities: Tensor, features: Tensor, labels: Tensor, scale: float = 1.0) -> Tensor:
    """S_i = (p_y − 1)·[h, 1]: the gradient of sample i's cross-entropy with respect to the given label's row of
    the final linear layer, and its bias.

    probabilities: p float[B, C], softmax outputs. features: h float[B, D]. labels: y int64[B]. scale: by which the
    cross-entropy is multiplied. Returns float[B, D + 1].
    """
    error = (probabilities.gather(1, labels[:, None]) - 1) * scale
    return torch.cat([error * features, error], dim=1)


def factors(probabilities: Tensor, features: Tensor, labels: Tensor, scale: float = 1.0) -> Tensor:
    """The two factors of the gradient with respect to all rows of the final layer and its bias, (p − onehot(y)) ⊗ [h,
    1].

    Arguments as in `gradient`. Returns float[B, C + D + 1]: the first factor, then the second.
    """
    error = (probabilities - F.one_hot(labels, probabilities.shape[1])) * scale
    return torch.cat([error, features, torch.ones_like(error[:, :1])], dim=1)


def variance_of_gradients(window: Tensor, device: torch.device | None = None) -> Tensor:
    """VOG_i: the population standard deviation over the t epochs, averaged over the D + 1 dimensions.

    window: S float[t, n, D + 1]. device: the one that computes, that of the window if omitted. Returns float32[n]. Two
    explicit passes over samples in chunks: half-precision windows are moved and widened chunk by chunk.
    """
    device, parts = device or window.device, []
    for chunk in window.split(_chunk(device), dim=1):
        wide = chunk.to(device).float()
        deviation = wide - wide.mean(0)
        parts.append((deviation * deviation).mean(0).sqrt().mean(1))
    return torch.cat(parts)


def variance_of_all_rows(window: Tensor, classes: int, device: torch.device | None = None) -> Tensor:
    """VOG_i of the gradient with respect to all C rows: the mean over the rows, since each has D + 1 dimensions.

    window: `factors` float[t, n, C + D + 1]. device: see `variance_of_gradients`. Returns float32[n]. The outer
    products, C times the size of a row's gradient, are computed for one row and one chunk of samples at a time.
    """
    device, parts = device or window.device, []
    for chunk in window.split(_chunk(device), dim=1):
        error, inputs = chunk.to(device).float().split([classes, chunk.shape[2] - classes], dim=2)
        rows = [variance_of_gradients(error[:, :, row, None] * inputs) for row in range(classes)]
        parts.append(torch.stack(rows).mean(0))
    return torch.cat(parts)


def _chunk(device: torch.device) -> int:
    return CPU_CHUNK if device.type == "cpu" else CHUNK


def within_classes(vog: Tensor, labels: Tensor, classes: int) -> Tensor:
    """VOG float[n] as z-scores within each given class of labels int64[n]; 0 where a class does not vary."""
    scores = torch.zeros_like(vog)
    for c in range(classes):
        in_class = labels == c
        if in_class.any():
            values = vog[in_class]
            if values.min() < values.max():
                scores[in_class] = (values - values.mean()) / values.std(correction=0)
    return scores


class GradientWindow:
    """The gradients of the last t epochs, per sample: a ring of t layers in half precision.

    Half precision preserves the ranking by VOG (Spearman 1.000000 against float32) at half the memory. classes: C to
    record the gradients of all rows, as `factors`; 0 for those of the given label's row. holder: the device whose
    memory holds the window, `device` if omitted; `device` computes, and the numbers do not depend on the holder.
    """

    def __init__(
        self,
        samples: int,
        dimensions: int,
        window: int,
        device: torch.device,
        classes: int = 0,
        holder: torch.device | None = None,
    ) -> None:
        self._classes, self._device = classes, device
        shape = (window, samples, classes + dimensions + 1)
        self.layers = torch.zeros(shape, dtype=torch.float16, device=holder or device)

    def record(self, epoch: int, indices: Tensor, gradients: Tensor) -> None:
        """Store the gradients of the samples `indices` int64[B] for an epoch, over the oldest.

        gradients: float[B, D + 1], or `factors` float[B, C + D + 1].
        """
        largest = torch.finfo(torch.float16).max
        holder = self.layers.device
        half = gradients.clamp(-largest, largest).half().to(holder)
        self.layers[epoch % len(self.layers), indices.to(holder)] = half

    def is_full(self, epoch: int) -> bool:
        """Whether t epochs have been recorded before `epoch`."""
        return epoch >= len(self.layers)

    def vog(self, samples: slice = slice(None)) -> Tensor:
        """float32[b] of these samples, see `variance_of_gradients` and `variance_of_all_rows`."""
        layers = self.layers[:, samples]
        if self._classes:
            return variance_of_all_rows(layers, self._classes, self._device)
        return variance_of_gradients(layers, self._device)
