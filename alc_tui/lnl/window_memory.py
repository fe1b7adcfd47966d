"""Which memory holds the windows of gradients: the device's, or the host's where they do not fit there."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from alc_tui.data.memory import memory_size
from alc_tui.errors import UsageError

SHARE_OF_FREE_MEMORY = 0.5
"""The largest share of a GPU's free memory that windows take; the rest is for training."""
_GIB = 2**30


@dataclass(frozen=True)
class WindowMemory:
    """holder: the device whose memory holds the windows. notice: what to tell the user about it, None for nothing."""

    holder: torch.device
    notice: str | None = None


def window_memory(values: int, device: torch.device, free: int | None = None, host: int | None = None) -> WindowMemory:
    """Where `values` half-precision numbers are held for a computation on `device`.

    free: bytes of the GPU's free memory; host: bytes of this machine's memory, 0 if unknown; both measured if omitted.
    Raises UsageError if they do not fit there either.
    """
    taken, host = 2 * values, memory_size() if host is None else host
    if device.type == "cuda":
        free = torch.cuda.mem_get_info(device)[0] if free is None else free
        if taken <= SHARE_OF_FREE_MEMORY * free:
            return WindowMemory(device)
        notice = (
            f"The windows of VOG take {taken / _GIB:.1f} GiB, more than half of the GPU's free {free / _GIB:.1f} GiB, "
            "so they are kept in this machine's memory; epochs take longer, and the numbers are the same."
        )
        memory = WindowMemory(torch.device("cpu"), notice)
    else:
        memory = WindowMemory(device)
    if host and taken > host:
        raise UsageError(
            f"The windows of VOG take {taken / _GIB:.1f} GiB, more than this machine's memory of {host / _GIB:.1f} "
            "GiB; specify a smaller --vog-window, or --mix-ratio 0 for Co-teaching without VOG."
        )
    return memory
