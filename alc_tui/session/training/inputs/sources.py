"""What a session's networks take as input: its images, or frozen features of them, computed here or elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from alc_tui.data.cache.features import FeatureCache
from alc_tui.data.cache.pixels import OnProgress, PixelCache
from alc_tui.data.cache.sizes import stored_size
from alc_tui.data.dataset import ImageSource
from alc_tui.data.paths import location
from alc_tui.data.random_streams import stream_seed
from alc_tui.data.sources.features import load_features
from alc_tui.errors import AlcError, UsageError
from alc_tui.model.device import Compute, use_one_thread
from alc_tui.model.forward import move_to_device
from alc_tui.model.frozen.extractor import FeatureExtractor
from alc_tui.model.frozen.heads import Projection, principal_components
from alc_tui.model.frozen.together import Request, compute_together, serve
from alc_tui.model.networks import Network, build
from alc_tui.model.parallel.group import Group
from alc_tui.model.sources import Images
from alc_tui.session.relocation import open_stored_images
from alc_tui.session.settings.config import Config
from alc_tui.session.settings.departures import ROTATION
from alc_tui.session.store.arrays import Samples
from alc_tui.session.store.events import Event, Step
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.records import SessionRecord
from alc_tui.session.training.weights.checkpoint import fitting, load_weights, save_weights

Emit = Callable[[Event], None]
SECONDS_BETWEEN_EVENTS = 0.2


class StoredImages:
    """The decoded images of a session's samples. Decodes those that are not cached; raises UsageError if one can no
    longer be read."""

    def __init__(self, session: SessionRecord, samples: Samples, name: str, emit: Emit) -> None:
        config, root = session.config, location(session.dataset.root)
        self._config = config
        self._images: ImageSource = open_stored_images(config.dataset, root, samples.locators, name)
        self._cache = PixelCache(stored_size(config.image_size))
        prepared = self._cache.prepare(self._images, report_steps(emit, "decoding images"))
        if prepared.bad:
            first = prepared.bad[0]
            raise UsageError(
                f"{len(prepared.bad)} images of session {name!r} can no longer be read in {root} (the first is "
                f"{first.locator}: {first.reason}); restore them, or specify the folder that holds them now with "
                "--data-root."
            )
        self._rows, self._training = prepared.rows, samples.train

    def source(self, compute: Compute) -> Images:
        """The images as inputs."""
        rotates = self._config.has_departure(ROTATION)
        return Images(self._cache.pixels(), self._rows, self._config.image_size, compute, rotates_crop=rotates)

    def extractor(self, network: Network, compute: Compute) -> FeatureExtractor:
        """See `extractor_of`."""
        digests = self._cache.digests(self._images)
        return extractor_of(network, self._config, self._cache, self._rows, digests, compute)

    def features(self, network: Network, compute: Compute, emit: Emit) -> NDArray[np.float32]:
        """See `compute_features`."""
        return compute_features(
            network,
            self._config,
            self._cache,
            self._images,
            self._rows,
            compute,
            partial(report_steps, emit),
            self._training,
        )


def compute_features(
    network: Network,
    config: Config,
    cache: PixelCache,
    images: ImageSource,
    rows: NDArray[np.int64],
    compute: Compute,
    progress: Callable[[str], OnProgress | None],
    training: NDArray[np.int64],
) -> NDArray[np.float32]:
    """The features of n images by a network, in all views, float32[V, n, D]; computes those not cached, together with
    the other processes of the group, if it has any.

    cache: holds the images. rows: int64[n], theirs. progress: from what is done, makes what is called with (images
    done, total images). training: positions of those that networks learn from; others have view 0 in all views, because
    only augmentation needs the others.
    """
    digests = cache.digests(images)
    features = np.empty((config.views, len(digests), network.dimensions), dtype=np.float32)
    extractor = extractor_of(network, config, cache, rows, digests, compute)
    for view in range(config.views):
        what = f"computing features, view {view + 1} of {config.views}, image"
        feature_cache = FeatureCache(extractor.key(view), network.dimensions)
        needed = np.arange(len(digests)) if view == 0 else training
        compute_needed = partial(_features_among, extractor, compute.group, view, needed)
        features[view] = features[0]
        features[view, needed] = feature_cache.prepare(
            digests[needed], compute_needed, progress(what), compute.group.size
        )
    return features


def extractor_of(
    network: Network,
    config: Config,
    cache: PixelCache,
    rows: NDArray[np.int64],
    digests: NDArray[np.uint8],
    compute: Compute,
) -> FeatureExtractor:
    """What computes the features of images in the cache. digests: uint8[n, 16], of their contents; see
    `compute_features` for the other arguments."""
    return FeatureExtractor(
        move_to_device(network, compute),
        config.backbone,
        cache.pixels(),
        rows,
        digests,
        config.image_size,
        compute,
        rotates_crop=config.has_departure(ROTATION),
    )


def _features_among(
    extractor: FeatureExtractor, group: Group, view: int, needed: NDArray[np.int64], positions: NDArray[np.int64]
) -> NDArray[np.float32]:
    return compute_together(extractor, group, Request(view, needed[positions]))


def frozen_components(
    folder: SessionFolder, session: SessionRecord, samples: Samples, compute: Compute, emit: Emit
) -> Tensor:
    """The principal components of the features of all samples, float32[V, n, K]. Those of the training samples in view
    0 determine the directions. They are computed once, and again if their file is damaged."""
    path = folder.owner.components
    with suppress(AlcError):
        components, _ = load_components(path)
        if components.shape[1] == len(samples.ids):
            return components
    features = frozen_features(folder, session, samples, compute, emit)
    use_one_thread()
    projection = principal_components(features[0, samples.train])
    components = torch.stack([projection.components(view) for view in features])
    if folder.owner == folder:
        save_weights(path, {"components": components, **vars(projection)})
    return components


def load_components(path: Path) -> tuple[Tensor, Projection]:
    """The components float32[V, n, K] and the projection in a file; raises AlcError if it is missing or damaged."""
    state = load_weights(path)
    with fitting(path):
        components, projection = state["components"], Projection(state["mean"], state["directions"])
        if components.shape[2] != projection.directions.shape[1] or not components.isfinite().all():
            raise ValueError("the components do not fit their directions")
    return components, projection


def serve_features(folder: SessionFolder, session: SessionRecord, samples: Samples, compute: Compute) -> None:
    """In a process that is not the first of its group: compute parts of the features that the first one needs."""

    def open_extractor() -> FeatureExtractor:
        images = StoredImages(session, samples, folder.owner.name, lambda _event: None)
        return images.extractor(frozen_backbone(folder, session.config), compute)

    serve(open_extractor, compute.group)


def frozen_features(
    folder: SessionFolder, session: SessionRecord, samples: Samples, compute: Compute, emit: Emit
) -> NDArray[np.float32]:
    """The features of all samples of a session, float32[V, n, D]: of the frozen backbone, or from the session's file.

    Computes those that are not cached; if it is interrupted, those computed so far remain in the cache.
    """
    if session.config.features is not None:
        return load_features(folder.owner.features, len(samples.ids))[None]
    images = StoredImages(session, samples, folder.owner.name, emit)
    return images.features(frozen_backbone(folder, session.config), compute, emit)


def frozen_backbone(folder: SessionFolder, config: Config) -> Network:
    """The backbone of a session that does not train it; the session keeps its weights, so that it does not depend on
    the file that they came from."""
    path = folder.owner.backbone
    if path.exists():
        network = build(config.backbone, 2, "none", seed=0, is_frozen=True)
        with fitting(path):
            network.body.load_state_dict(load_weights(path))
        return network
    network = initial_backbone(config)
    if folder.owner == folder:
        save_weights(path, network.body.state_dict())
    return network


def initial_backbone(config: Config) -> Network:
    """The backbone with the weights that the configuration names, or drawn from its seed."""
    return build(config.backbone, 2, config.weights, stream_seed(config.seed, "peer", 0), is_frozen=True)


def report_steps(emit: Emit, what: str) -> Callable[[int, int], None]:
    """Emit progress as events, at most five per second."""
    last = 0.0

    def report(done: int, total: int) -> None:
        nonlocal last
        if done == total or time.monotonic() - last > SECONDS_BETWEEN_EVENTS:
            last = time.monotonic()
            emit(Step(what, done, total))

    return report
