"""Groups of processes that train together, as threads: they exchange tensors by gloo, as processes do."""

from __future__ import annotations

import gc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

import torch
import torch.distributed as dist
from torch.distributed import HashStore  # type: ignore[attr-defined]

from alc_tui.model.device import Compute
from alc_tui.model.parallel.group import ALONE, Group

T = TypeVar("T")
PATIENCE = timedelta(seconds=60)


def together(size: int, work: Callable[[Group], T]) -> list[T]:
    """What each of `size` processes makes of the same work."""
    if size == 1:
        return [work(ALONE)]
    store = HashStore()

    def run(rank: int) -> T:
        torch.set_num_threads(1)
        try:
            return work(Group(rank, size, rank, dist.ProcessGroupGloo(store, rank, size, PATIENCE)))
        finally:
            gc.collect()  # closes the connections of one that has failed, as the end of a process does

    with ThreadPoolExecutor(size) as pool:
        return list(pool.map(run, range(size)))


def compute_of(group: Group) -> Compute:
    """The processor in single precision, shared by the group."""
    return Compute(torch.device("cpu"), bf16=False, channels_last=False, group=group)
