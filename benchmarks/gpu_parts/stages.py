"""One LNL epoch against the bare work of its networks, and each stage alone with its share of the epoch."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch import Tensor

from alc_tui.lnl.coteaching import CoTeaching
from alc_tui.lnl.counts import mix_counts
from alc_tui.lnl.selection import select
from alc_tui.lnl.vog import GradientWindow, gradient
from alc_tui.model.batches import in_batches
from alc_tui.model.forward import forward, predict, sample_losses
from alc_tui.model.learner import backpropagate
from alc_tui.model.phase import HeldOut, Phase
from alc_tui.model.sources import Images
from alc_tui.session.training.weights.checkpoint import Checkpoint
from benchmarks.gpu_parts.setting import (
    CLASSES,
    NOISE_RATE,
    Data,
    Facts,
    Setting,
    co_teaching,
    images,
    make_data,
    method,
)
from benchmarks.lnl_epoch import bare_work

REPEATS = 5
WINDOW = 5
BATCHES = 32
"""In the epoch that is measured."""


def measure(setting: Setting) -> Iterator[Facts]:
    """Both in turn, so that a noisy machine disturbs both; then the stages."""
    samples = min(BATCHES * setting.batch_size, setting.train // setting.batch_size * setting.batch_size)
    data = make_data(setting, samples + setting.validation, setting.image_size)
    source = images(data, setting.image_size, setting.compute)
    learner = co_teaching(setting, source, data.given[:samples], method(0, WINDOW), setting.epochs)
    learner.epoch = WINDOW  # past the warm-up, with VOG
    epoch, ratios = epoch_over_bare_work(setting, learner, samples)
    yield {
        "what": "epoch over bare work",
        "samples": samples,
        "epoch_seconds": round(epoch, 4),
        "ratio": round(statistics.median(ratios), 3),
        "images_per_second": round(samples / epoch, 1),
        "peak_memory_mib": round(torch.cuda.max_memory_allocated() / 2**20) if setting.is_gpu else None,
    }
    for name, seconds in stages(setting, learner, source, data, samples):
        yield {"what": name, "stage_seconds": round(seconds, 4), "share_of_epoch": round(seconds / epoch, 4)}


def epoch_over_bare_work(setting: Setting, learner: CoTeaching, samples: int) -> tuple[float, list[float]]:
    """The median seconds of an epoch, and its ratios to the bare work next to it."""
    batch, labels = ready_batch(setting)
    epochs, ratios = [], []
    for repeat in range(REPEATS + 1):
        epoch = setting.timed(learner.run_epoch)
        work = setting.timed(
            lambda: bare_work(list(learner.networks), batch, labels, samples // len(batch), setting.compute)
        )
        learner.clear_gradients()
        if repeat:
            epochs.append(epoch)
            ratios.append(epoch / work)
        if repeat > 1 and setting.seconds_left < 10 * epoch:
            break
    return statistics.median(epochs), ratios


def ready_batch(setting: Setting) -> tuple[Tensor, Tensor]:
    """Inputs and labels of one batch on the device."""
    compute, size = setting.compute, setting.image_size
    batch = torch.randn(setting.batch_size, 3, size, size, device=compute.device)
    labels = torch.randint(CLASSES, (setting.batch_size,), device=compute.device)
    return batch.contiguous(memory_format=compute.memory_format), labels


def stages(
    setting: Setting, learner: CoTeaching, source: Images, data: Data, samples: int
) -> Iterator[tuple[str, float]]:
    """Each stage with the seconds that as much of it takes as an epoch has."""
    batch, labels = ready_batch(setting)
    batches = in_batches(np.arange(samples), setting.batch_size)
    yield "augmentation", again(setting, lambda: _consume(source.training(batches, np.random.default_rng(0))))
    with torch.no_grad():
        alone = again(setting, times(len(batches), lambda: _outputs(setting, learner, batch)))
    yield "forward", alone
    both = again(setting, times(len(batches), lambda: _forward_and_backward(setting, learner, batch, labels)))
    yield "backward", both - alone
    yield "optimizer steps", again(setting, times(len(batches), partial(_step, learner)))
    learner.clear_gradients()
    yield from _own_stages(setting, learner, batch, labels, len(batches))
    held_out = np.arange(samples, samples + setting.validation)
    yield (
        "validation",
        again(setting, lambda: predict(learner.networks, source, held_out, setting.compute, setting.batch_size)),
    )
    yield from _checkpoints(setting, learner, source, data, held_out)


def _own_stages(
    setting: Setting, learner: CoTeaching, batch: Tensor, labels: Tensor, batches: int
) -> Iterator[tuple[str, float]]:
    """What Co-teaching with VOG adds: both peers' selection, gradients and variances."""
    with torch.no_grad():
        logits, features = forward(learner.networks[0], batch, setting.compute)
        loss, probabilities = sample_losses(logits, labels), logits.softmax(1)
    picked, vog = mix_counts(int(len(batch) * NOISE_RATE), 0.2), torch.rand_like(loss)
    yield "selection", again(setting, times(2 * batches, lambda: select(loss, picked[0], vog, picked[1])))
    window = GradientWindow(batches * len(batch), features.shape[1], WINDOW, setting.compute.device)
    places = torch.arange(len(batch), device=setting.compute.device)
    yield (
        "gradients",
        again(setting, times(2 * batches, lambda: window.record(0, places, gradient(probabilities, features, labels)))),
    )
    yield "variances", again(setting, lambda: (window.vog(), window.vog()))


def _checkpoints(
    setting: Setting, learner: CoTeaching, source: Images, data: Data, held_out: np.ndarray
) -> Iterator[tuple[str, float]]:
    """What the training waits for, and what the disk then takes."""
    phase = Phase(learner, source, HeldOut(held_out, data.truth[held_out]), CLASSES, setting.compute)
    for ensemble in phase.ensembles.values():
        ensemble.update_best(0.0, 0)
    with TemporaryDirectory() as folder:
        checkpoint = Checkpoint(Path(folder) / "checkpoint.safetensors")
        state = phase.state()
        yield "checkpoint, copy to the host in every epoch", again(setting, lambda: checkpoint.keep(state))
        yield "checkpoint, writing to disk every half minute", setting.timed(checkpoint.flush)


def _outputs(setting: Setting, learner: CoTeaching, batch: Tensor) -> list[Tensor]:
    return [forward(network.train(), batch, setting.compute)[0] for network in learner.networks]


def _forward_and_backward(setting: Setting, learner: CoTeaching, batch: Tensor, labels: Tensor) -> None:
    learner.clear_gradients()
    losses = [sample_losses(logits, labels) for logits in _outputs(setting, learner, batch)]
    backpropagate(losses, len(batch))


def _step(learner: CoTeaching) -> None:
    for optimizer in learner.optimizers:
        optimizer.step()


def _consume(values: Iterator[Tensor]) -> None:
    for _ in values:
        pass


def times(count: int, work: Callable[[], object]) -> Callable[[], None]:
    """The same work several times."""

    def all_of_it() -> None:
        for _ in range(count):
            work()

    return all_of_it


def again(setting: Setting, work: Callable[[], object]) -> float:
    """The shortest of a few calls after a first one."""
    work()
    return min(setting.timed(work) for _ in range(3))
