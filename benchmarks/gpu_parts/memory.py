"""Where memory runs out, do batches run in parts; are streamed images those on the device; and at what speed?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from alc_tui.lnl.coteaching import CoTeaching
from alc_tui.model.learner import Batch
from benchmarks.gpu_parts.repeatability import state_after
from benchmarks.gpu_parts.setting import Data, Facts, Setting, co_teaching, differing, images, make_data, method

EPOCHS = 2
ROOM = 0.7
"""The share of what a whole batch needs that batches in parts may use."""


class OutOfMemory(CoTeaching):
    """Co-teaching whose whole batches do not fit in memory, as a processor never says."""

    def backward(self, batch: Batch, slices: list[slice]) -> Tensor:
        """See `Learner.backward`."""
        if len(slices) == 1:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")
        return super().backward(batch, slices)


def measure(setting: Setting) -> Iterator[Facts]:
    """The same epochs with little memory and with enough, streamed and on the device."""
    data = make_data(setting, setting.few, setting.image_size)
    yield out_of_memory(setting, data)
    yield streamed(setting, data)


def out_of_memory(setting: Setting, data: Data) -> Facts:
    """Two epochs with whole batches, then with less memory than these needed.

    As many samples are selected, but not the same ones: batch normalization sees parts of batches.
    """
    source = images(data, setting.image_size, setting.compute)

    def learner(kind: type[CoTeaching] = CoTeaching) -> CoTeaching:
        return co_teaching(setting, source, data.given, method(1, 1), EPOCHS, kind=kind)

    enough = learner()
    if setting.is_gpu:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    enough.run_epoch()
    peak = torch.cuda.max_memory_reserved() if setting.is_gpu else 0
    selected = enough.run_epoch().selected
    cramped, report = _in_little_memory(setting, learner, peak)
    assert selected is not None and report.selected is not None
    return {
        "what": "out of memory",
        "peak_mib": round(peak / 2**20),
        "parts": cramped.memory.parts,
        "passes": cramped.memory.parts > 1 and int(selected.sum()) == int(report.selected.sum()),
        "selection_overlap": round(
            float((selected & report.selected).sum() / max((selected | report.selected).sum(), 1)), 4
        ),
        "selected": [int(selected.sum()), int(report.selected.sum())],
    }


def _in_little_memory(setting: Setting, learner: Any, peak: int) -> Any:
    """The learner and its last report, after the same epochs where whole batches do not fit."""
    if not setting.is_gpu:
        cramped = learner(OutOfMemory)
        return cramped, [cramped.run_epoch() for _ in range(EPOCHS)][-1]
    torch.cuda.empty_cache()
    kept = torch.cuda.memory_allocated()
    room = kept + ROOM * (peak - kept)
    torch.cuda.set_per_process_memory_fraction(room / torch.cuda.get_device_properties(0).total_memory)
    try:
        cramped = learner()
        return cramped, [cramped.run_epoch() for _ in range(EPOCHS)][-1]
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)


def streamed(setting: Setting, data: Data) -> Facts:
    """The state after two epochs, and the seconds of a third."""
    states, seconds, is_resident = [], [], []
    for share in (0.0, 0.5):
        source = images(data, setting.image_size, setting.compute, share)
        learner = co_teaching(setting, source, data.given, method(1, 1), EPOCHS + 1)
        states.append(state_after(learner, EPOCHS))
        seconds.append(setting.timed(learner.run_epoch))
        is_resident.append(source.resident)
    found = differing(*states)
    return found | {
        "what": "streamed against resident images",
        "passes": found["differing"] == 0,
        "resident": is_resident,
        "epoch_seconds_streamed": round(seconds[0], 4),
        "epoch_seconds_resident": round(seconds[1], 4),
    }
