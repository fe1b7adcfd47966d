from __future__ import annotations

import pytest
import torch

from alc_tui.errors import UsageError
from alc_tui.lnl.window_memory import WindowMemory, window_memory

GIB = 2**30
GPU, CPU = torch.device("cuda"), torch.device("cpu")


def test_windows_stay_on_the_gpu_up_to_half_of_its_free_memory() -> None:
    assert window_memory(2 * GIB, GPU, free=8 * GIB, host=GIB) == WindowMemory(GPU)
    beyond = window_memory(2 * GIB + 1, GPU, free=8 * GIB, host=64 * GIB)
    assert beyond.holder == CPU and beyond.notice == (
        "The windows of VOG take 4.0 GiB, more than half of the GPU's free 8.0 GiB, so they are kept in this machine's "
        "memory; epochs take longer, and the numbers are the same."
    )


def test_on_a_cpu_there_is_nothing_to_tell() -> None:
    assert window_memory(GIB, CPU, host=64 * GIB) == WindowMemory(CPU) == window_memory(10**15, CPU, host=0)


@pytest.mark.parametrize("device", [GPU, CPU])
def test_windows_that_fit_nowhere_are_refused_before_they_are_made(device: torch.device) -> None:
    with pytest.raises(UsageError, match=r"take 20\.0 GiB, more than this .* of 16\.0 GiB; .* --vog-window"):
        window_memory(10 * GIB, device, free=8 * GIB, host=16 * GIB)
