"""What the kernels achieve, against the device's own matrix product and copy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.profiler import ProfilerActivity, profile

from alc_tui.lnl.coteaching import CoTeaching
from alc_tui.lnl.vog import GradientWindow
from alc_tui.model import augment
from alc_tui.model.forward import forward
from benchmarks.gpu_parts.setting import Facts, Setting, co_teaching, images, make_data, method
from benchmarks.gpu_parts.stages import WINDOW, again, ready_batch, times

MATRIX = 8192
COPY_BYTES = 2**31
SHOWN = 15
REPEATS = 10


def measure(setting: Setting) -> Iterator[Facts]:
    """The two measures, then networks, augmentation, VOG and copies to the host; then the slowest kernels."""
    tera, giga = matrix_product(setting), copy(setting)
    yield {"what": "matrix product in bf16", "tflop_per_second": round(tera, 2)}
    yield {"what": "copy on the device", "gb_per_second": round(giga, 1)}
    data = make_data(setting, setting.few, setting.image_size)
    source = images(data, setting.image_size, setting.compute)
    learner = co_teaching(setting, source, data.given, method(0, 1), 2)
    yield network_rate(setting, learner, tera)
    yield augmentation_rate(setting, data.pixels, giga)
    yield vog_rate(setting, learner.networks[0].dimensions, giga)
    if setting.is_gpu:
        yield from host_copies(setting)
    yield {"what": "slowest kernels of an epoch", "kernels": slowest(setting, learner)}


def matrix_product(setting: Setting) -> float:
    """TFLOP/s."""
    side = MATRIX if setting.is_gpu else 256
    one = torch.randn(side, side, device=setting.compute.device, dtype=torch.bfloat16)
    return 2 * side**3 / seconds_each(setting, lambda: one @ one) / 1e12


def copy(setting: Setting) -> float:
    """GB/s, read and written."""
    size = COPY_BYTES if setting.is_gpu else 2**22
    one = torch.empty(size, dtype=torch.uint8, device=setting.compute.device)
    other = torch.empty_like(one)
    return 2 * size / seconds_each(setting, lambda: other.copy_(one)) / 1e9


def network_rate(setting: Setting, learner: CoTeaching, tera: float) -> Facts:
    """Forward and backward of one network. A backward pass counts as two forward passes."""
    network, (batch, _) = learner.networks[0].train(), ready_batch(setting)

    def step() -> None:
        forward(network, batch, setting.compute)[0].sum().backward()

    operations = 3 * multiplications(network.body, batch[:1]) * 2 * len(batch)
    achieved = operations / seconds_each(setting, step) / 1e12
    learner.clear_gradients()
    return {
        "what": "forward and backward of a network",
        "tflop_per_second": round(achieved, 2),
        "share_of_matrix_product": round(achieved / tera, 4),
    }


@torch.no_grad()
def multiplications(body: nn.Module, image: Tensor) -> int:
    """Multiplications of the convolutions for one image."""
    count = 0

    def add(layer: nn.Module, _inputs: object, output: Tensor) -> None:
        nonlocal count
        assert isinstance(layer, nn.Conv2d)
        count += output.numel() * layer.weight[0].numel()

    hooks = [layer.register_forward_hook(add) for layer in body.modules() if isinstance(layer, nn.Conv2d)]
    was_training = body.training
    body.eval()(image)
    body.train(was_training)
    for hook in hooks:
        hook.remove()
    return count


def augmentation_rate(setting: Setting, pixels: np.ndarray, giga: float) -> Facts:
    """Bytes that must be read and written once, over the time."""
    images_of_batch = torch.from_numpy(pixels[: setting.batch_size]).to(setting.compute.device).permute(0, 3, 1, 2)
    drawn = augment.draw_parameters(len(images_of_batch), np.random.default_rng(0))
    each = seconds_each(setting, lambda: augment.augment(images_of_batch, drawn, setting.image_size))
    least = images_of_batch.nbytes + len(images_of_batch) * 3 * setting.image_size**2 * 4
    return {
        "what": "augmentation",
        "images_per_second": round(len(images_of_batch) / each, 1),
        "gb_per_second_at_least": round(least / each / 1e9, 2),
        "passes_of_the_copy": round(each * giga * 1e9 / least, 1),
    }


def vog_rate(setting: Setting, dimensions: int, giga: float) -> Facts:
    """Reading the window of one peer once, over the time."""
    window = GradientWindow(setting.train, dimensions, WINDOW, setting.compute.device)
    each = seconds_each(setting, window.vog)
    return {
        "what": "variances of a window",
        "gb_per_second_at_least": round(window.layers.nbytes / each / 1e9, 2),
        "passes_of_the_copy": round(each * giga * 1e9 / window.layers.nbytes, 1),
    }


def host_copies(setting: Setting) -> Iterator[Facts]:
    """From the device to ordinary and to pinned memory, and back."""
    size = 2**29
    device = torch.empty(size, dtype=torch.uint8, device=setting.compute.device)
    for name, host in (("ordinary", torch.empty(size, dtype=torch.uint8)), ("pinned", _pinned(size))):
        for way, work in (("to", partial(host.copy_, device)), ("from", partial(device.copy_, host))):
            rate = size / seconds_each(setting, work) / 1e9
            yield {"what": f"copy {way} {name} memory of the host", "gb_per_second": round(rate, 2)}


def _pinned(size: int) -> Tensor:
    return torch.empty(size, dtype=torch.uint8, pin_memory=True)


def slowest(setting: Setting, learner: CoTeaching) -> list[Facts]:
    """The kernels (operations, on a processor) that an epoch spends most time in."""
    learner.run_epoch()
    activity = ProfilerActivity.CUDA if setting.is_gpu else ProfilerActivity.CPU
    with profile(activities=[activity]) as recorded:
        learner.run_epoch()
        setting.wait()
    events = recorded.key_averages()
    times = {
        event.key: (event.self_device_time_total if setting.is_gpu else event.self_cpu_time_total, event.count)
        for event in events
    }
    total = sum(spent for spent, _ in times.values()) or 1
    most = sorted(times.items(), key=lambda each: -each[1][0])[:SHOWN]
    return [
        {"kernel": name[:90], "share": round(spent / total, 4), "milliseconds": round(spent / 1e3, 3), "calls": count}
        for name, (spent, count) in most
    ]


def seconds_each(setting: Setting, work: Callable[[], object]) -> float:
    """The seconds of one call among several."""
    return again(setting, times(REPEATS, work)) / REPEATS
