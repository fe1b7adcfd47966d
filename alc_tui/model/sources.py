"""Batch sources: decoded images, or tensors in memory.

`Images` keeps the whole data set on the GPU if it fits, and otherwise streams it from the memory-mapped cache one batch
ahead (through pinned memory to a GPU), and has the system read the batches after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from hashlib import blake2b
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from alc_tui.data.cache.read_ahead import ReadAhead
from alc_tui.model import augment
from alc_tui.model.batches import BatchSource, Part, Positions, in_batches, whole
from alc_tui.model.device import Compute, copy_to_device

SHARE_OF_FREE_MEMORY = 0.5
"""Images that take less than this share of the GPU's free memory are kept there."""
UPLOADED = 256
"""Images at a time, which are read and pinned while those before are copied to the GPU."""


class Kept:
    """The images that were last copied to each device: the rounds of a replay, and the jobs of a suite that one process
    does, use them again."""

    def __init__(self) -> None:
        self._images: dict[torch.device, tuple[bytes, Tensor]] = {}

    def get(self, device: torch.device, content: bytes | None) -> Tensor | None:
        """Images uint8[n, S', S', 3] of this content. Others are forgotten, so that their memory is free."""
        known, images = self._images.get(device, (None, None))
        if content is not None and content == known:
            return images
        self._images.pop(device, None)
        return None

    def put(self, device: torch.device, content: bytes | None, images: Tensor) -> None:
        """Keep images, unless what they contain is unknown."""
        if content is not None:
            self._images[device] = (content, images)


KEPT = Kept()


def content_of(pixels: NDArray[np.uint8], rows: Positions) -> bytes | None:
    """What rows of a file mapped into memory contain: equal for the same rows of the same file, to which others may
    have been added. None for other arrays, which may change."""
    if not isinstance(pixels, np.memmap) or pixels.filename is None:
        return None
    file = Path(pixels.filename).stat()
    about = (str(pixels.filename), file.st_dev, file.st_ino, pixels.shape[1:])
    return blake2b(repr(about).encode() + rows.tobytes()).digest()


class Tensors:
    """Float tensors [n, …] in memory as a batch source: features or normalized images, used unchanged.

    They are moved to the device once, in single precision; nothing is augmented.
    """

    def __init__(self, values: Tensor, compute: Compute) -> None:
        self._values, self._device = values.float().to(compute.device), compute.device

    def __len__(self) -> int:
        return len(self._values)

    def training(
        self,
        batches: Sequence[Positions],
        rng: np.random.Generator,  # noqa: ARG002
        part: Part = whole,
    ) -> Iterator[Tensor]:
        """See `BatchSource.training`; nothing is drawn from `rng`."""
        return self.scoring(batches, part)

    def scoring(self, batches: Sequence[Positions], part: Part = whole) -> Iterator[Tensor]:
        """See `BatchSource.scoring`."""
        for batch in parts_of(batches, part):
            yield self._values[copy_to_device(torch.from_numpy(batch), self._device)]


class Views:
    """Features of n samples in V views as a batch source: of a random view for training, of view 0 for scoring.

    views: float32[V, n, D], V ≥ 1. They are moved to the device once.
    """

    def __init__(self, views: Tensor, compute: Compute) -> None:
        self._count, self._samples, _ = views.shape
        self._stacked = Tensors(views.reshape(self._count * self._samples, -1), compute)

    def __len__(self) -> int:
        return self._samples

    def training(self, batches: Sequence[Positions], rng: np.random.Generator, part: Part = whole) -> Iterator[Tensor]:
        """See `BatchSource.training`."""
        drawn = rng.integers(self._count, size=sum(map(len, batches))) * self._samples
        starts = np.cumsum([0, *map(len, batches)])
        return self._stacked.scoring(
            [batch + drawn[start : start + len(batch)] for batch, start in zip(batches, starts, strict=False)], part
        )

    def scoring(self, batches: Sequence[Positions], part: Part = whole) -> Iterator[Tensor]:
        """See `BatchSource.scoring`."""
        return self._stacked.scoring(batches, part)


class Augmented:
    """A source whose samples are also augmented for scoring, with new random parameters each time."""

    def __init__(self, source: BatchSource, rng: np.random.Generator) -> None:
        self._source, self._rng = source, rng

    def __len__(self) -> int:
        return len(self._source)

    def training(self, batches: Sequence[Positions], rng: np.random.Generator, part: Part = whole) -> Iterator[Tensor]:
        """See `BatchSource.training`."""
        return self._source.training(batches, rng, part)

    def scoring(self, batches: Sequence[Positions], part: Part = whole) -> Iterator[Tensor]:
        """See `BatchSource.scoring`."""
        return self._source.training(batches, self._rng, part)


class Images:
    """Decoded images as a batch source.

    pixels: uint8[M, S', S', 3], the decoded cache. rows: int64[n], the row of each sample.
    image_size: the side S of the network's input; crops of S are taken from the stored S'. rotates_crop: see
    `augment.augment`. share: of the GPU's free memory, below which the images are kept there; 0 to stream them.
    """

    def __init__(
        self,
        pixels: NDArray[np.uint8],
        rows: Positions,
        image_size: int,
        compute: Compute,
        rotates_crop: bool = False,
        share: float = SHARE_OF_FREE_MEMORY,
    ) -> None:
        self._rotates_crop = rotates_crop
        self._pixels, self._rows, self._size, self._compute = pixels, rows, image_size, compute
        self._resident = self._keep_on_device(share) if compute.device.type == "cuda" and share > 0 else None

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def resident(self) -> bool:
        """Whether the whole data set is in device memory."""
        return self._resident is not None

    def training(self, batches: Sequence[Positions], rng: np.random.Generator, part: Part = whole) -> Iterator[Tensor]:
        """See `BatchSource.training`."""
        parameters = augment.draw_parameters(sum(map(len, batches)), rng)
        start = 0
        for batch, images in zip(batches, self._uint8(parts_of(batches, part)), strict=True):
            own = part(len(batch))
            yield self._augmented(images, parameters.rows(start + own.start, start + own.stop))
            start += len(batch)

    def scoring(self, batches: Sequence[Positions], part: Part = whole) -> Iterator[Tensor]:
        """See `BatchSource.scoring`."""
        for images in self._uint8(parts_of(batches, part)):
            yield augment.resize_and_normalize(images, self._size)

    def _augmented(self, images: Tensor, parameters: augment.AugmentationParameters) -> Tensor:
        compiler = self._compute.compiler
        if compiler is not None and compiler.takes(images) and not self._rotates_crop:
            return compiler.augment(images, parameters, self._size)
        return augment.augment(images, parameters, self._size, self._rotates_crop)

    def _keep_on_device(self, share: float) -> Tensor | None:
        """All images, None if they would take a larger share of the free memory, or if others take it meanwhile."""
        device = self._compute.device
        content = content_of(self._pixels, self._rows)
        kept = KEPT.get(device, content)
        if kept is None:
            torch.cuda.empty_cache()
            free, _ = torch.cuda.mem_get_info(device)
            if len(self._rows) * self._pixels[0].nbytes < share * free:
                with suppress(torch.cuda.OutOfMemoryError):
                    kept = self._on_device()
                    KEPT.put(device, content, kept)
        return kept

    def _on_device(self) -> Tensor:
        shape = (len(self._rows), *self._pixels.shape[1:])
        stored = torch.empty(shape, dtype=torch.uint8, device=self._compute.device)
        start, batches = 0, in_batches(self._rows, UPLOADED)
        for host in prefetched(self._from_cache, ReadAhead(self._pixels).over(batches)):
            stored[start : start + len(host)].copy_(host, non_blocking=True)
            start += len(host)
        return stored

    def _uint8(self, batches: Sequence[Positions]) -> Iterator[Tensor]:
        """uint8[B, 3, S', S'] per batch, on the device, channels-last in memory."""
        if self._resident is not None:
            for batch in batches:
                yield self._resident[copy_to_device(torch.from_numpy(batch), self._compute.device)].permute(0, 3, 1, 2)
            return
        for host in prefetched(self._from_cache, ReadAhead(self._pixels).over([self._rows[each] for each in batches])):
            yield copy_to_device(host, self._compute.device).permute(0, 3, 1, 2)

    def _from_cache(self, rows: Positions) -> Tensor:
        host = torch.from_numpy(self._pixels[rows])
        if self._compute.device.type != "cuda":
            return host
        with torch.cuda.device(self._compute.device):
            return host.pin_memory()


def parts_of(batches: Sequence[Positions], part: Part) -> list[Positions]:
    """A part of each batch."""
    return [batch[part(len(batch))] for batch in batches]


def prefetched(load: Callable[[Positions], Tensor], batches: Iterable[Positions]) -> Iterator[Tensor]:
    """Load each batch in order, prefetching the next one while the current one is used."""
    waiting = iter(batches)
    with ThreadPoolExecutor(1) as pool:
        following = [pool.submit(load, batch) for batch in islice(waiting, 1)]
        while following:
            current = following.pop()
            following += [pool.submit(load, batch) for batch in islice(waiting, 1)]
            yield current.result()
