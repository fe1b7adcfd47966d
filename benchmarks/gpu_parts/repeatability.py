"""Do two runs with one seed end with the same bits? If not, which layers differ?"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from alc_tui.lnl.coteaching import CoTeaching
from alc_tui.model import augment
from alc_tui.model.device import make_deterministic, use_fastest_algorithms
from alc_tui.model.forward import forward
from alc_tui.model.learner import State
from benchmarks.gpu_parts.setting import Facts, Setting, co_teaching, differing, images, make_data, method

EPOCHS = 2
TIMES = 8
"""How often each layer runs on the same values."""


def measure(setting: Setting) -> Iterator[Facts]:
    """Two runs, with what torch warns of; then each kind of layer, and the augmentation."""
    data = make_data(setting, setting.few, setting.image_size)

    def learner() -> CoTeaching:
        source = images(data, setting.image_size, setting.compute)
        return co_teaching(setting, source, data.given, method(1, 1), EPOCHS)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        first, second = (state_after(learner(), EPOCHS) for _ in range(2))
    found = differing(first, second)
    yield found | {
        "what": "two runs with one seed",
        "passes": found["differing"] == 0,
        "warnings": sorted({str(each.message).splitlines()[0] for each in caught})[:10],
    }
    yield {"what": "layers that differ from themselves", "layers": layers_that_differ(setting, learner())}
    drawn = augment.draw_parameters(setting.batch_size, np.random.default_rng(0))
    pixels = torch.from_numpy(data.pixels[: setting.batch_size]).to(setting.compute.device).permute(0, 3, 1, 2)
    yield {
        "what": "augmentation",
        "passes": is_repeatable(lambda: [augment.augment(pixels, drawn.rows(0, len(pixels)), setting.image_size)]),
    }
    yield cost_of_determinism(setting, learner())


def state_after(learner: CoTeaching, epochs: int) -> State:
    """The state on the host, after some epochs."""
    for _ in range(epochs):
        learner.run_epoch()
    return {name: value.detach().cpu() for name, value in learner.state().items()}


def layers_that_differ(setting: Setting, learner: CoTeaching) -> list[str]:
    """Kinds of layers whose outputs or gradients are not the same bits each time, with the same values."""
    network = learner.networks[0].train()
    seen: list[tuple[nn.Module, Tensor]] = []
    leaves = [layer for layer in network.body.modules() if not list(layer.children())]
    hooks = [
        layer.register_forward_pre_hook(lambda layer, inputs: seen.append((layer, inputs[0].detach().clone())))
        for layer in leaves
    ]
    batch = next(iter(learner.batches()))
    with torch.no_grad():
        forward(network, batch.inputs, setting.compute)
    for hook in hooks:
        hook.remove()
    unequal = set()
    for layer, inputs in seen:
        if not is_repeatable(partial(outputs_and_gradients, setting, layer, inputs)):
            unequal.add(f"{type(layer).__name__} {tuple(inputs.shape)}")
    return sorted(unequal)


def outputs_and_gradients(setting: Setting, layer: nn.Module, inputs: Tensor) -> list[Tensor]:
    """Of one layer, for a loss that weighs all outputs differently."""
    for parameter in layer.parameters():
        parameter.grad = None
    leaf = inputs.clone().requires_grad_()
    with setting.compute.autocast():
        output = layer(leaf * 1)  # a copy, because some layers work in place
    weights = torch.linspace(0.5, 1.5, output.numel(), device=output.device).view(output.shape)
    (output.float() * weights).sum().backward()
    gradients = [leaf.grad, *(parameter.grad for parameter in layer.parameters())]
    return [output.detach(), *(each for each in gradients if each is not None)]


def is_repeatable(compute: Callable[[], list[Tensor]]) -> bool:
    """Whether a computation gives the same bits each time."""
    first = [value.clone() for value in compute()]
    return all(all(map(torch.equal, first, compute())) for _ in range(TIMES - 1))


def cost_of_determinism(setting: Setting, learner: CoTeaching) -> Facts:
    """The seconds of an epoch with torch's deterministic algorithms, and without."""
    learner.run_epoch()
    chosen = setting.timed(learner.run_epoch)
    use_fastest_algorithms(setting.compute.device)
    try:
        learner.run_epoch()
        free = min(setting.timed(learner.run_epoch) for _ in range(2))
    finally:
        make_deterministic(setting.compute.device)
    return {
        "what": "cost of repeatability",
        "epoch_seconds": round(chosen, 4),
        "epoch_seconds_fastest_algorithms": round(free, 4),
        "ratio": round(chosen / free, 3),
    }
