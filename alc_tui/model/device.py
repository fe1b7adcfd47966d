"""The device that tensors are on and their precision: cuda, mps or cpu."""

from __future__ import annotations

import os
import platform
import re
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from alc_tui.cores import THREADS_VARIABLE, free_cores
from alc_tui.errors import UsageError
from alc_tui.model.parallel.group import ALONE, Group

if TYPE_CHECKING:
    from alc_tui.model.compiling import Compiler

DEVICES = ("cuda", "mps", "cpu")
SECONDS_BETWEEN_LOOKS = 30.0
"""At the free cores; each look takes a hundredth of this time."""


@dataclass(frozen=True)
class Compute:
    """A device, whether to use bf16 autocast and channels-last memory on it, the processes that train together, and
    torch's compiler where batches go through it."""

    device: torch.device
    bf16: bool
    channels_last: bool
    group: Group = ALONE
    compiler: Compiler | None = None

    def autocast(self) -> AbstractContextManager[object]:
        """The mixed-precision context of forward passes (a no-op in plain float32)."""
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.bf16)

    @property
    def memory_format(self) -> torch.memory_format:
        """The memory format of networks and images."""
        return torch.channels_last if self.channels_last else torch.contiguous_format

    def describe(self) -> str:
        """A one-line description: `cuda (NVIDIA H200), bf16, channels-last`."""
        if self.device.type == "cuda":
            name = torch.cuda.get_device_name(self.device)
        else:
            name = f"{os.cpu_count()} cores" if self.device.type == "cpu" else platform.machine()
        how = ["bf16" if self.bf16 else "float32"] + ["channels-last"] * self.channels_last
        how += [f"{self.group.size} processes"] * (self.group.size > 1)
        how += ["compiled"] * (self.compiler is not None)
        return f"{self.device.type} ({name}), {', '.join(how)}"


def select_device(name: str | None = None, group: Group = ALONE) -> Compute:
    """The device `name` (`cuda`, `cuda:1`, `mps`, `cpu`), or the best one available.

    group: the processes that train together; on GPUs, each has that of its place. Raises UsageError if the device is
    unknown or not available.
    """
    if name is None:
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    if not re.fullmatch(r"cuda(:[0-9]+)?|mps|cpu", name):
        raise UsageError(f"Unknown device {name!r}; use one of {', '.join(DEVICES)}, or cuda:N.")
    if name == "cuda" and group.size > 1:
        name = f"cuda:{group.place}"
    return replace(_compute(name), group=group)


def _compute(name: str) -> Compute:
    kind, _, number = name.partition(":")
    available = {
        "cuda": torch.cuda.is_available() and int(number or 0) < torch.cuda.device_count(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if not available[kind]:
        raise UsageError(f"Device {name!r} is not available here; omit --device to use the best one available.")
    device = torch.device(name)
    if kind == "cuda":
        return Compute(device, bf16=_gpu_multiplies_bf16(device), channels_last=True)
    if kind == "mps":
        return Compute(device, bf16=False, channels_last=False)
    return Compute(device, bf16=_cpu_multiplies_bf16(), channels_last=True)


def _gpu_multiplies_bf16(device: torch.device) -> bool:
    """Whether the GPU has bf16 matrix units (Ampere and later); older GPUs emulate bf16, which is slower than
    float32."""
    return bool(torch.cuda.get_device_properties(device).major >= 8)


def _cpu_multiplies_bf16() -> bool:
    """Whether the processor has matrix instructions for bf16; without them bf16 is slower than float32."""
    flags = Path("/proc/cpuinfo")
    return flags.exists() and any(word in flags.read_text() for word in ("amx_bf16", "avx512_bf16"))


def use_free_threads() -> None:
    """Compute with as many threads as cores are free, unless OMP_NUM_THREADS says with how many.

    The last digits of results may depend on the number of threads.
    """
    if not os.environ.get(THREADS_VARIABLE):
        torch.set_num_threads(free_cores())


class FreeThreads:
    """Keeps to the cores that are free, which `use_free_threads` found at the start.

    look: how many cores are free; on Linux, this takes a moment in which this process should not compute. seconds:
    between two looks. clock: a monotonic clock, in seconds.
    """

    def __init__(
        self,
        look: Callable[[], int] = free_cores,
        seconds: float = SECONDS_BETWEEN_LOOKS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._look, self._seconds, self._clock = look, seconds, clock
        self._looked_at = clock()

    def look_again(self) -> None:
        """Compute with as many threads as cores are free now, if the last look was long enough ago.

        Nothing changes where OMP_NUM_THREADS says with how many, or where a GPU computes.
        """
        is_due = self._clock() - self._looked_at >= self._seconds
        if not is_due or os.environ.get(THREADS_VARIABLE) or torch.cuda.is_initialized():
            return
        torch.set_num_threads(self._look())
        self._looked_at = self._clock()


def use_one_thread() -> None:
    """Compute with one thread, unless OMP_NUM_THREADS says with how many.

    The steps of a head on frozen features are so small that more threads gain little, and wait for each other where
    other programs use a core.
    """
    if not os.environ.get(THREADS_VARIABLE):
        torch.set_num_threads(1)


def copy_to_device(host: torch.Tensor, device: torch.device) -> torch.Tensor:
    """Copy a host tensor to the device, asynchronously where that is safe (on CUDA, but not on mps)."""
    return host.to(device, non_blocking=device.type == "cuda")


def make_deterministic(device: torch.device) -> None:
    """Make runs with the same seed on `device` reproducible (process-wide)."""
    if device.type == "cuda":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        if device.index is not None:
            torch.cuda.set_device(device)
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.set_deterministic_debug_mode("warn")  # use_deterministic_algorithms would import torch's compiler: 3 s


def use_fastest_algorithms(device: torch.device) -> None:
    """Let a GPU measure which algorithms are the fastest, and use those (process-wide). Runs with the same seed then
    differ slightly. A processor stays reproducible."""
    if device.type == "cuda":
        torch.backends.cudnn.benchmark = True
        torch.backends.cudnn.deterministic = False
        torch.set_deterministic_debug_mode("default")
