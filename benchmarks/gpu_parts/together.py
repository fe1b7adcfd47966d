"""What would computing several networks at once bring: two peers on two streams of the GPU, and the heads of many
sessions stacked in one?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, stack_module_state, vmap

from alc_tui.model.forward import forward, move_to_device, sample_losses
from alc_tui.model.frozen.heads import build_head
from alc_tui.model.networks import Network
from alc_tui.model.sizes import PRINCIPAL_COMPONENTS
from benchmarks.gpu_parts.setting import CLASSES, Facts, Setting, peers
from benchmarks.gpu_parts.stages import again, ready_batch, times

REPEATS = 5
HEADS = 20
"""Both peers of ten sessions."""
TOLERANCE = 1e-4
Gradients = list[Tensor]


def measure(setting: Setting) -> Iterator[Facts]:
    """Streams need a GPU."""
    if setting.is_gpu:
        yield on_streams(setting)
    yield stacked_heads(setting)


def on_streams(setting: Setting) -> Facts:
    """Forward and backward of both peers, one after the other and on a stream each."""
    networks = [move_to_device(network, setting.compute).train() for network in peers(setting)]
    batch, labels = ready_batch(setting)
    streams = [torch.cuda.Stream(setting.compute.device) for _ in networks]

    def in_turn() -> Gradients:
        return [gradient for network in networks for gradient in gradients_of(setting, network, batch, labels)]

    def at_once() -> Gradients:
        found: Gradients = []
        present = torch.cuda.current_stream(setting.compute.device)
        for network, stream in zip(networks, streams, strict=True):
            stream.wait_stream(present)
            with torch.cuda.stream(stream):
                found += gradients_of(setting, network, batch, labels)
        for stream in streams:
            present.wait_stream(stream)
        return found

    return against(setting, "two networks on two streams", in_turn, at_once)


def stacked_heads(setting: Setting) -> Facts:
    """The gradients of many heads with a hidden layer, one after the other and stacked, in float32 as in sessions."""
    setting = replace(setting, compute=replace(setting.compute, bf16=False))
    device = setting.compute.device
    heads = [build_head(PRINCIPAL_COMPONENTS, True, CLASSES, seed).to(device) for seed in range(HEADS)]
    batch = torch.randn(setting.batch_size, PRINCIPAL_COMPONENTS, device=device)
    labels = torch.randint(CLASSES, (setting.batch_size,), device=device)
    names = [name for name, _ in heads[0].named_parameters()]

    def loss(parameters: dict[str, Tensor], buffers: dict[str, Tensor]) -> Tensor:
        logits, _ = functional_call(heads[0], (parameters, buffers), (batch,))
        return sample_losses(logits, labels).mean()

    def in_turn() -> Gradients:
        each = [gradients_of(setting, head, batch, labels) for head in heads]
        return [torch.stack(same) for same in zip(*each, strict=True)]

    def at_once() -> Gradients:
        parameters, buffers = stack_module_state(list[nn.Module](heads))
        found = vmap(grad(loss))(parameters, buffers)
        return [found[name] for name in names]

    return against(setting, f"{HEADS} heads stacked", in_turn, at_once)


def gradients_of(setting: Setting, network: Network, batch: Tensor, labels: Tensor) -> Gradients:
    """The gradients of a network's loss."""
    network.zero_grad()
    logits, _ = forward(network, batch, setting.compute)
    sample_losses(logits, labels).mean().backward()
    return [parameter.grad for parameter in network.parameters() if parameter.grad is not None]


def against(setting: Setting, what: str, in_turn: Callable[[], Gradients], at_once: Callable[[], Gradients]) -> Facts:
    """The seconds of both ways; passes if their gradients are the same but for rounding."""
    expected, found = ([each.detach().clone() for each in way()] for way in (in_turn, at_once))
    seconds = [again(setting, times(REPEATS, way)) / REPEATS for way in (in_turn, at_once)]
    apart = max(float((one - other).abs().max()) for one, other in zip(expected, found, strict=True))
    return {
        "what": what,
        "in_turn_seconds": round(seconds[0], 5),
        "at_once_seconds": round(seconds[1], 5),
        "speedup": round(seconds[0] / seconds[1], 3),
        "largest_difference": apart,
        "passes": apart <= TOLERANCE,
    }
