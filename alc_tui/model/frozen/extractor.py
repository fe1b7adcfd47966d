"""Features of images by a backbone that is not trained: of the image as it is (view 0), and of augmented views of it.

The augmentation of a view depends on the image's content and the number of the view alone, so that features can be
computed once and shared.
"""

from __future__ import annotations

from dataclasses import fields, replace
from functools import cached_property, partial
from hashlib import blake2b

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from alc_tui.data.cache.read_ahead import ReadAhead
from alc_tui.data.random_streams import random_stream
from alc_tui.errors import TrainingFailed
from alc_tui.model.augment import AugmentationParameters, augment, draw_parameters, resize_and_normalize
from alc_tui.model.device import Compute
from alc_tui.model.forward import MicroBatches, forward
from alc_tui.model.frozen.fusion import fused
from alc_tui.model.networks import Network

VERSION = 2
"""Of the computation; a change of its results needs a new one."""
BATCH = 32


class FeatureExtractor:
    """Computes the features of images in their views, in float32.

    network: on the device. backbone: its name. pixels: uint8[M, S', S', 3]. rows: int64[n], the row of each image.
    digests: uint8[n, 16], of the contents. image_size: of the network's input. rotates_crop: see `augment.augment`.
    """

    def __init__(
        self,
        network: Network,
        backbone: str,
        pixels: NDArray[np.uint8],
        rows: NDArray[np.int64],
        digests: NDArray[np.uint8],
        image_size: int,
        compute: Compute,
        rotates_crop: bool = False,
    ) -> None:
        self._network, self._backbone = network.eval(), backbone
        self._pixels, self._rows, self._digests = pixels, rows, digests
        self._image_size, self._rotates_crop = image_size, rotates_crop
        self._compute = replace(compute, bf16=False)
        self._memory = MicroBatches()
        self._faster: Network | None = None

    def key(self, view: int) -> str:
        """Identifies what the features in a view depend on besides the image: backbone, weights, size, and view."""
        how = f"{VERSION} {self._backbone} {self._image_size} {view} {self._rotates_crop and view > 0}"
        return blake2b(self._weights + how.encode(), digest_size=16).hexdigest()

    @torch.no_grad()
    def features(self, view: int, positions: NDArray[np.int64]) -> NDArray[np.float32]:
        """float32[b, D] of the images at `positions` int64[b]; raises TrainingFailed if they are not finite."""
        if not len(positions):
            return np.empty((0, self._network.dimensions), dtype=np.float32)
        ReadAhead(self._pixels).announce(self._rows[positions])
        parts = [self._of_batch(view, positions[start : start + BATCH]) for start in range(0, len(positions), BATCH)]
        features = torch.cat(parts).cpu().numpy()
        if not np.isfinite(features).all():
            raise TrainingFailed(
                f"The backbone {self._backbone} computes features that are not finite; specify other --weights."
            )
        return features

    @cached_property
    def _weights(self) -> bytes:
        return digest_of(self._network.body)

    def _of_batch(self, view: int, positions: NDArray[np.int64]) -> Tensor:
        images = torch.from_numpy(self._pixels[self._rows[positions]]).to(self._compute.device).permute(0, 3, 1, 2)
        if view == 0:
            inputs = resize_and_normalize(images, self._image_size)
        else:
            parameters = _joined([draw_view(self._digests[each], view) for each in positions])
            inputs = augment(images, parameters, self._image_size, self._rotates_crop)
        return torch.cat(self._memory.run(partial(self._forward, inputs), len(inputs)))

    def _forward(self, inputs: Tensor, slices: list[slice]) -> list[Tensor]:
        if self._faster is None:
            self._faster = fused(self._network, inputs[:2], self._compute)
        return [forward(self._faster, inputs[part], self._compute)[1] for part in slices]


def draw_view(digest: NDArray[np.uint8], view: int) -> AugmentationParameters:
    """The augmentation of one image in a view. digest: uint8[16], of its content."""
    return draw_parameters(1, random_stream(int.from_bytes(digest.tobytes()), "view", view))


def digest_of(body: nn.Module) -> bytes:
    """16 bytes that identify the weights of a module, wherever they are."""
    digest = blake2b(digest_size=16)
    for name, value in body.state_dict().items():
        digest.update(f"{name} {value.dtype} {tuple(value.shape)} ".encode())
        digest.update(value.detach().cpu().contiguous().numpy().tobytes())
    return digest.digest()


def _joined(parameters: list[AugmentationParameters]) -> AugmentationParameters:
    columns = [[getattr(each, field.name) for each in parameters] for field in fields(AugmentationParameters)]
    return AugmentationParameters(*map(np.concatenate, columns))
