"""How many jobs fit side by side on this machine: without two on one core, and within one GPU's memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence

from alc_tui.bench.sweep.plan import Job
from alc_tui.model.sizes import stored_size

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
CONTEXT = 2 * 1024**3
"""Bytes of GPU memory that a process takes for itself and its libraries."""
LEARNING = 24 * 1024**3
"""Bytes for two ResNet-18 that learn from 256 images of 224 px: on the safe side, for the networks are not asked."""


def cores() -> int:
    """The cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def limited(asked: int, jobs: Sequence[Job]) -> tuple[int, str | None]:
    """How many of the jobs to run at once, at most `asked`, and why it is fewer, in a sentence."""
    allowed, why = asked, None
    if asked > cores():
        allowed = cores()
        why = f"This machine gives {_count(allowed, 'core')}, so {_run(allowed)}, not {asked}."
    on_gpu = [job for job in jobs if job.probed.device.startswith("cuda")]
    if allowed > 1 and on_gpu:
        fit = max(1, free_memory(_gpu(on_gpu[0])) // max(map(memory, on_gpu)))
        if fit < allowed:
            return fit, f"The GPU's free memory holds about {fit} of these jobs, so {_run(fit)}, not {asked}."
    return allowed, why


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


def _run(number: int) -> str:
    return "1 job runs at a time" if number == 1 else f"{number} jobs run side by side"


def memory(job: Job) -> int:
    """About how many bytes of GPU memory a job takes: itself, all images on the device, and what learning needs."""
    config = job.runs[0].config
    images = 3 * job.samples * stored_size(config.image_size) ** 2
    return CONTEXT + images + int(LEARNING * config.batch_size / 256 * (config.image_size / 224) ** 2)


def _gpu(job: Job) -> int:
    """Which GPU `cuda:N` names; the first one without a number."""
    return int((job.runs[0].config.device or "").partition(":")[2] or 0)


def free_memory(gpu: int) -> int:
    """Free bytes of a GPU, found by a process that may import torch; 0 where that is not known."""
    command = [sys.executable, "-m", "alc_tui.model.probing.devices"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        return int(json.loads(done.stdout)["gpus"][gpu]["free"])
    except (ValueError, LookupError):
        return 0


def environment(before: Mapping[str, str], at_once: int) -> dict[str, str]:
    """A child's environment: alone it has what this process has, else its share of the cores, or less if told so."""
    if at_once == 1:
        return dict(before)
    share = max(1, cores() // at_once)
    told = [int(before[name]) for name in THREADS if before.get(name, "").isdigit()]
    return {**before, **dict.fromkeys(THREADS, str(min([share, *told])))}
