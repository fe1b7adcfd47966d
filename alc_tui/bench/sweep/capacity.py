"""Limits the number of parallel jobs on this machine: at most one per core, and as many as fit in the GPU's memory."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence

from alc_tui.bench.sweep.plan import Job
from alc_tui.cores import available_cores
from alc_tui.data.cache.sizes import stored_size
from alc_tui.interpreter import module_command, module_environment

CONTEXT = 2 * 1024**3
"""GPU memory in bytes used by a process and its libraries before any work."""
LEARNING = 24 * 1024**3
"""Bytes for training two ResNet-18 with batches of 256 images of 224 px; a safe upper bound for the other backbones."""


def limit_jobs(requested: int, jobs: Sequence[Job]) -> tuple[int, str | None]:
    """How many of the jobs to run at once, at most `requested`, and a message with the reason if it is fewer."""
    allowed, reason = requested, None
    cores = available_cores()
    if requested > cores:
        allowed = cores
        reason = f"This process can use {_count(allowed, 'core')}: {_running(allowed)}, not {requested}."
    on_gpu = [job for job in jobs if job.device and job.device.device.startswith("cuda")]
    if allowed > 1 and on_gpu:
        fit = max(1, free_memory(_gpu(on_gpu[0])) // max(map(needed_memory, on_gpu)))
        if fit < allowed:
            return fit, f"About {fit} of these jobs fit in free GPU memory: {_running(fit)}, not {requested}."
    return allowed, reason


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _running(number: int) -> str:
    return f"{_count(number, 'job')} {'runs' if number == 1 else 'run'} at a time"


def needed_memory(job: Job) -> int:
    """Estimated GPU memory of a job in bytes: its process, all images, and training."""
    config = job.runs[0].config
    images = 3 * job.samples * stored_size(config.image_size) ** 2
    return CONTEXT + images + int(LEARNING * config.batch_size / 256 * (config.image_size / 224) ** 2)


def _gpu(job: Job) -> int:
    """The index of the GPU that `cuda:N` names; 0 without a number."""
    return int((job.runs[0].config.device or "").partition(":")[2] or 0)


def free_memory(gpu: int) -> int:
    """Free memory of a GPU in bytes, determined in a process that may import torch; 0 if unknown."""
    command = module_command("alc_tui.model.probing.devices")
    answer = subprocess.run(
        command, env=module_environment(), capture_output=True, encoding="utf-8", errors="replace", check=False
    )
    try:
        return int(json.loads(answer.stdout)["gpus"][gpu]["free"])
    except (ValueError, LookupError):
        return 0


def gpu_share(jobs: Sequence[Job], memory: int) -> float:
    """The part of a GPU with so many bytes that each of the jobs needs: 1, 1/2, 1/3, …; 0 if they run on CPUs."""
    on_gpu = [job for job in jobs if job.runs[0].config.device != "cpu"]
    if not on_gpu:
        return 0.0
    return 1 / max(1, memory // max(map(needed_memory, on_gpu)))
