"""The processes that train together: each computes its part of every batch, and all of them see the whole.

The method is that of one process. All processes draw the same random numbers for whole batches, and each computes the
outputs for its part of the inputs. The outputs are gathered, so that losses, VOG, and selection are those of whole
batches in all processes, ties included. Each process backpropagates through its part alone; the sum of the gradients
is the gradient of the loss, whatever samples the loss is averaged over.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from alc_tui.errors import TrainingFailed
from alc_tui.model.batches import in_parts

T = TypeVar("T")
FIRST = 0


class LostProcess(TrainingFailed):
    """Another process of the group has ended."""


@dataclass(frozen=True)
class Group:
    """Processes that train together; by default one alone, for which everything here returns at once.

    rank: of this process, from 0. size: how many there are. place: of this process among those of its host, from 0; on
    GPUs, the number of its GPU. collectives: how they exchange tensors. All processes must call the same methods in the
    same order. Methods that exchange raise LostProcess if another process has ended.
    """

    rank: int = FIRST
    size: int = 1
    place: int = 0
    collectives: dist.ProcessGroup | dist.ProcessGroupGloo | None = None

    @property
    def is_first(self) -> bool:
        """Whether this process is the one that writes."""
        return self.rank == FIRST

    def part(self, length: int, least: int = 2) -> slice:
        """The part of `length` samples that this process computes.

        All parts have at least `least` samples but for those that are empty, because there are not enough samples.
        """
        parts = in_parts(length, self.size, least)
        return parts[self.rank] if self.rank < len(parts) else slice(length, length)

    def gather(self, own: Tensor, rows: slice | Tensor, length: int) -> Tensor:
        """The whole [length, …], of which each process has other rows. own: [b, …]; rows: int64[b], or a slice.

        The gradient of the whole, which all processes compute alike, flows back to the rows of this process.
        """
        if self.size == 1:
            return own
        whole: Tensor = _Gather.apply(own, rows, length, self)
        return whole

    def sum(self, tensors: Sequence[Tensor]) -> None:
        """Replace tensors of one type by their sums over the processes, in one exchange."""
        if self.size == 1 or not tensors:
            return
        joined = torch.cat([tensor.reshape(-1) for tensor in tensors])
        self._exchange(lambda group: group.allreduce([joined]))
        for tensor, summed in zip(tensors, joined.split([tensor.numel() for tensor in tensors]), strict=True):
            tensor.copy_(summed.view(tensor.shape))

    def average(self, tensors: Iterable[Tensor]) -> None:
        """Replace tensors of one type by their means over the processes."""
        if self.size == 1:
            return
        averaged = list(tensors)
        self.sum(averaged)
        for tensor in averaged:
            tensor.div_(self.size)

    def first(self, function: Callable[[], T]) -> T:
        """The result of `function`, which only the first process calls; the others wait for it."""
        if self.size == 1:
            return function()
        result: T
        if self.is_first:
            result = function()
            content = torch.frombuffer(bytearray(pickle.dumps(result)), dtype=torch.uint8)
            self._broadcast(torch.tensor(len(content)))
            self._broadcast(content)
            return result
        length = self._broadcast(torch.tensor(0))
        content = self._broadcast(torch.empty(int(length), dtype=torch.uint8))
        result = pickle.loads(content.numpy().tobytes())
        return result

    def after_first(self, function: Callable[[], T]) -> T:
        """The result of `function`, which the first process calls before the others do."""
        if self.is_first:
            result = function()
        self.first(lambda: None)
        return result if self.is_first else function()

    def _broadcast(self, tensor: Tensor) -> Tensor:
        """Replace a tensor on the host by that of the first process; returns it."""
        self._exchange(lambda group: group.broadcast(tensor, FIRST))
        return tensor

    def _exchange(self, start: Callable[[Any], dist.Work]) -> None:
        try:
            start(self.collectives).wait()
        except RuntimeError as error:
            raise LostProcess(
                f"One of the {self.size} processes that train together has ended; train again to resume from the last "
                "finished epoch."
            ) from error


class _Gather(torch.autograd.Function):
    """See `Group.gather`: each process adds its rows to zeros."""

    @staticmethod
    def forward(ctx: Any, own: Tensor, rows: slice | Tensor, length: int, group: Group) -> Tensor:
        ctx.rows = rows
        whole = own.new_zeros((length, *own.shape[1:]))
        whole[rows] = own
        group.sum([whole])
        return whole

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        return gradients[0][ctx.rows], None, None, None


ALONE = Group()
