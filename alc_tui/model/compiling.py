"""Torch's compiler for the batches of a training on images: it fuses the steps of the augmentation, and those of a
network.

Compiled for batches of one size; the last batch of an epoch, parts of a batch, and scoring run as they are. Results
differ from those without it by rounding. Torch keeps what it has compiled for later processes, in the folder that
`TORCHINDUCTOR_CACHE_DIR` names. The compiler is imported only where it is used, because that takes seconds.
"""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn

from alc_tui.errors import UsageError
from alc_tui.model import augment

COMPILERS = ("c++", "g++", "clang++")


@dataclass(frozen=True)
class Compiler:
    """Compiles for batches of `batch_size`, at the first of them."""

    batch_size: int

    def takes(self, batch: Tensor) -> bool:
        """Whether a batch has the size that is compiled."""
        return len(batch) == self.batch_size

    def features(self, body: nn.Module, inputs: Tensor) -> Tensor:
        """The output of a network's body; bodies of one architecture share what is compiled."""
        return self._run(body, inputs)

    def augment(self, images: Tensor, parameters: augment.AugmentationParameters, image_size: int) -> Tensor:
        """See `augment.augment`."""
        placement = augment.to_device(augment.placements(parameters, images.shape[-1], image_size), images)
        sigma, jitter = (augment.to_device(each, images) for each in (parameters.sigma, parameters.jitter))
        return self._augment(images, placement, sigma, jitter, image_size)

    @cached_property
    def _run(self) -> Callable[[nn.Module, Tensor], Tensor]:
        return torch.compile(_call, dynamic=False)

    @cached_property
    def _augment(self) -> Callable[[Tensor, Tensor, Tensor, Tensor, int], Tensor]:
        return torch.compile(augment.augment_together, dynamic=False)


def compiler_for(device: torch.device, batch_size: int) -> Compiler:
    """The compiler for batches of this size; raises UsageError if something that it needs is missing."""
    if missing := missing_parts(device):
        raise UsageError(f"Torch's compiler needs {missing}; install it, or specify --compile off.")
    return Compiler(batch_size)


def missing_parts(device: torch.device) -> str:
    """What torch's compiler needs on this machine and does not find; empty if nothing is missing."""
    missing = []
    if not any(map(shutil.which, COMPILERS)):
        missing.append("a C++ compiler")
    if device.type == "cuda" and importlib.util.find_spec("triton") is None:
        missing.append("the package triton")
    return " and ".join(missing)


def _call(body: nn.Module, inputs: Tensor) -> Tensor:
    features: Tensor = body(inputs)
    return features
