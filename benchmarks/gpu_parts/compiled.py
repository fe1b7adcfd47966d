"""What would torch's compiler bring: for a network's steps, for the augmentation, and with CUDA's graphs for small
images; at what cost and difference?"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor, nn

from alc_tui.model import augment
from alc_tui.model.compiling import compiler_for, missing_parts
from alc_tui.model.forward import move_to_device
from benchmarks.gpu_parts.setting import Facts, Setting, make_data, peers
from benchmarks.gpu_parts.stages import again, ready_batch, times

REPEATS = 5


def measure(setting: Setting) -> Iterator[Facts]:
    """Eager against compiled, with static shapes; skipped where the compiler lacks something."""
    if missing := missing_parts(setting.compute.device):
        yield {"what": "skipped", "reason": f"torch's compiler needs {missing}"}
        return
    yield network_step(setting)
    yield augmentation(setting)
    if setting.is_gpu:
        yield graphs(setting)


def network_step(setting: Setting) -> Facts:
    """Forward and backward of a network's body."""
    compiler = compiler_for(setting.compute.device, setting.batch_size)
    batch, _ = ready_batch(setting)
    return body_against(setting, "forward and backward of a network", batch, compiler.features)


def graphs(setting: Setting) -> Facts:
    """The same for small images, where starting the kernels takes longest, replayed as graphs of CUDA."""
    batch = torch.randn(setting.batch_size, 3, setting.few_size, setting.few_size, device=setting.compute.device)
    run = torch.compile(lambda body, inputs: body(inputs), dynamic=False, mode="reduce-overhead")
    what = f"forward and backward with CUDA graphs, {setting.few_size} px"
    return body_against(setting, what, batch.contiguous(memory_format=setting.compute.memory_format), run)


def body_against(setting: Setting, what: str, batch: Tensor, compiled: Callable[[nn.Module, Tensor], Tensor]) -> Facts:
    """A network's body as it is against its body compiled."""
    body = move_to_device(peers(setting)[0], setting.compute).body.train()

    def step(run: Callable[[nn.Module, Tensor], Tensor]) -> list[Tensor]:
        body.zero_grad()
        with setting.compute.autocast():
            features = run(body, batch).float()
        features.square().mean().backward()
        gradients = (parameter.grad for parameter in body.parameters())
        return [features.detach(), *(each for each in gradients if each is not None)]

    with torch.random.fork_rng(devices=[]):
        return against(setting, what, lambda: step(lambda body, inputs: body(inputs)), lambda: step(compiled))


def augmentation(setting: Setting) -> Facts:
    """The whole augmentation of a batch."""
    data = make_data(setting, setting.batch_size, setting.image_size)
    pixels = torch.from_numpy(data.pixels).to(setting.compute.device).permute(0, 3, 1, 2)
    drawn = augment.draw_parameters(len(pixels), np.random.default_rng(0))
    compiler = compiler_for(setting.compute.device, setting.batch_size)
    return against(
        setting,
        "augmentation",
        lambda: [augment.augment(pixels, drawn, setting.image_size)],
        lambda: [compiler.augment(pixels, drawn, setting.image_size)],
    )


def against(
    setting: Setting, what: str, eager: Callable[[], list[Tensor]], compiled: Callable[[], list[Tensor]]
) -> Facts:
    """The seconds of both, of compiling, and how far the results are apart, relative to the largest value."""
    expected = [value.clone() for value in eager()]
    eager_seconds = again(setting, times(REPEATS, eager)) / REPEATS
    first = setting.timed(compiled)
    found = [value.clone() for value in compiled()]
    compiled_seconds = again(setting, times(REPEATS, compiled)) / REPEATS
    apart = max(
        float((one - other).abs().max() / one.abs().max().clamp_min(1e-12))
        for one, other in zip(expected, found, strict=True)
    )
    return {
        "what": what,
        "eager_seconds": round(eager_seconds, 5),
        "compiled_seconds": round(compiled_seconds, 5),
        "speedup": round(eager_seconds / compiled_seconds, 3),
        "compiling_seconds": round(first, 2),
        "largest_relative_difference": apart,
    }
