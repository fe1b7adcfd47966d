"""The features of a data set of which no session was created."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from alc_tui.data.cache.pixels import OnProgress, PixelCache
from alc_tui.data.cache.sizes import stored_size
from alc_tui.data.dataset import Dataset
from alc_tui.model.device import make_deterministic, select_device, use_free_threads
from alc_tui.model.networks import own_image_size
from alc_tui.model.probing.backbone import check_image_size
from alc_tui.session.settings.config import Config
from alc_tui.session.training.inputs.sources import compute_features, initial_backbone


class DatasetFeatures:
    """Computes the features that a session with `--freeze` would use, in one view, and shares the cache with it.

    config: frozen, with one view; its image size is that of the backbone if `has_own_size`, which only models of timm
    have. Raises UsageError for an invalid backbone, weights, device, or image size.
    """

    def __init__(self, config: Config, has_own_size: bool) -> None:
        use_free_threads()
        self._compute = replace(select_device(config.device), bf16=False)
        make_deterministic(self._compute.device)
        self._network = initial_backbone(config)
        own = own_image_size(self._network) if has_own_size else None
        self._config = config if own is None else replace(config, image_size=own)
        check_image_size(self._network, config.backbone, self.image_size)

    @property
    def image_size(self) -> int:
        """Of the network's input, in pixels."""
        return self._config.image_size

    def of(self, dataset: Dataset, on_progress: OnProgress | None = None) -> NDArray[np.float32]:
        """float32[n, D], of a data set whose images are in the cache. on_progress: called with (images done, total)."""
        cache = PixelCache(stored_size(self.image_size))
        images, rows = dataset.images, cache.rows(dataset.images)
        (features,) = compute_features(
            self._network,
            self._config,
            cache,
            images,
            rows,
            self._compute,
            lambda _what: on_progress,
            np.empty(0, np.int64),
        )
        return np.asarray(features)
