"""What would torch's compiler bring: for the networks' steps and for the augmentation, at what cost and difference?"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor, nn

from alc_tui.model import augment
from alc_tui.model.forward import move_to_device
from benchmarks.gpu_parts.setting import Facts, Setting, make_data, peers
from benchmarks.gpu_parts.stages import again, ready_batch, times

REPEATS = 5
COMPILERS = ("c++", "g++", "clang++")


def measure(setting: Setting) -> Iterator[Facts]:
    """Eager against compiled, with static shapes; skipped where the compiler of torch lacks one of C++."""
    if not any(map(shutil.which, COMPILERS)):
        yield {"what": "skipped", "reason": f"there is none of {', '.join(COMPILERS)}"}
        return
    yield network_step(setting)
    yield augmentation(setting)


def network_step(setting: Setting) -> Facts:
    """Forward and backward of a network's body."""
    body, (batch, _) = move_to_device(peers(setting)[0], setting.compute).body.train(), ready_batch(setting)

    def step(run: Callable[[Tensor], Tensor]) -> list[Tensor]:
        body.zero_grad()
        with setting.compute.autocast():
            features = run(batch).float()
        features.square().mean().backward()
        gradients = (parameter.grad for parameter in body.parameters())
        return [features.detach(), *(each for each in gradients if each is not None)]

    with torch.random.fork_rng(devices=[]):
        return against_compiled(setting, "forward and backward of a network", body, step)


def augmentation(setting: Setting) -> Facts:
    """Blur and color jitter, which go through the images most often."""
    data = make_data(setting, setting.batch_size, setting.image_size)
    pixels = torch.from_numpy(data.pixels).to(setting.compute.device).permute(0, 3, 1, 2).float() / 255
    drawn = augment.draw_parameters(len(pixels), np.random.default_rng(0))
    sigma = torch.from_numpy(np.maximum(drawn.sigma, 0.1)).to(pixels.device)
    jitter = torch.from_numpy(drawn.jitter).to(pixels.device)

    def change(images: Tensor) -> Tensor:
        return augment.normalize(augment.color_jitter(augment.blur(images, sigma), jitter))

    return against_compiled(setting, "blur, color jitter and normalization", change, lambda run: [run(pixels)])


def against_compiled(
    setting: Setting,
    what: str,
    function: nn.Module | Callable[[Tensor], Tensor],
    step: Callable[[Callable[[Tensor], Tensor]], list[Tensor]],
) -> Facts:
    """The seconds of both, of compiling, and how far the results are apart, relative to the largest value."""
    expected = [value.clone() for value in step(function)]
    eager = again(setting, times(REPEATS, lambda: step(function))) / REPEATS
    compiled: Callable[[Tensor], Tensor] = torch.compile(function, dynamic=False)
    first = setting.timed(lambda: step(compiled))
    found = [value.clone() for value in step(compiled)]
    faster = again(setting, times(REPEATS, lambda: step(compiled))) / REPEATS
    apart = max(
        float((one - other).abs().max() / one.abs().max().clamp_min(1e-12))
        for one, other in zip(expected, found, strict=True)
    )
    return {
        "what": what,
        "eager_seconds": round(eager, 5),
        "compiled_seconds": round(faster, 5),
        "speedup": round(eager / faster, 3),
        "compiling_seconds": round(first, 2),
        "largest_relative_difference": apart,
    }
