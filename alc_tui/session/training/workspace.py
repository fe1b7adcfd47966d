"""The context of every computation on a session: its files, image batches, device, and networks."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from alc_tui.data.cache.pixels import PixelCache
from alc_tui.data.cache.sizes import stored_size
from alc_tui.data.random_streams import stream_seed
from alc_tui.errors import UsageError
from alc_tui.model.device import Compute, make_deterministic, select_device
from alc_tui.model.forward import move_to_device
from alc_tui.model.networks import Network, build, with_suitable_precision
from alc_tui.model.sources import Images
from alc_tui.session.relocation import open_stored_images
from alc_tui.session.settings.config import Config
from alc_tui.session.settings.departures import ROTATION
from alc_tui.session.store.arrays import RoundArrays, Samples, load_round, load_samples
from alc_tui.session.store.document import Document
from alc_tui.session.store.events import Event, Step
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.training.checkpoint import fitting, load_weights

Emit = Callable[[Event], None]
SECONDS_BETWEEN_EVENTS = 0.2


@dataclass(frozen=True)
class Workspace:
    """An open session: n training samples among all its samples, and C classes.

    source: the images of all samples, by position. emit: receives the events of the computation.
    """

    folder: SessionFolder
    document: Document
    config: Config
    classes: tuple[str, ...]
    samples: Samples
    compute: Compute
    source: Images
    emit: Emit

    @cached_property
    def train(self) -> NDArray[np.int64]:
        """Positions of the training samples, int64[n]."""
        return self.samples.train

    @cached_property
    def given(self) -> NDArray[np.int64]:
        """Given labels of the training samples, int64[n]."""
        return self.samples.given[self.train]

    @property
    def truth(self) -> NDArray[np.int64]:
        """True labels of the training samples, int64[n]; for selection scores, free corrections and the method
        `clean`."""
        return self.samples.truth[self.train]

    @property
    def test_labels(self) -> NDArray[np.int64]:
        """The labels that test predictions are scored by."""
        return self.samples.labels_to_score[self.samples.test]

    def round_arrays(self, number: int) -> RoundArrays:
        """The arrays of a finished round; raises AlcError if they are missing or damaged."""
        return load_round(self.folder.round_arrays(number), self.samples, len(self.classes))

    def describe_device(self) -> str:
        """The device, and where the images are, or how many threads compute."""
        if self.compute.device.type == "cuda":
            images = "images on the device" if self.source.resident else "images streamed"
            return f"{self.compute.describe()}, {images}"
        threads = torch.get_num_threads()
        return f"{self.compute.describe()}, {threads} {'thread' if threads == 1 else 'threads'}"

    def network(self, peer: int) -> Network:
        """A fresh peer with the configured weights and its own seed."""
        config = self.config
        return build(config.backbone, len(self.classes), config.weights, stream_seed(config.seed, "peer", peer))

    def trained(self, path: Path) -> Network:
        """A network with weights saved by this session, on the device."""
        network = build(self.config.backbone, len(self.classes), "none", 0)
        with fitting(path):
            network.load_state_dict(load_weights(path))
        return move_to_device(network, self.compute)


def open_workspace(folder: SessionFolder, emit: Emit) -> Workspace:
    """Open a session for computation; requires its worker lock. Decodes images that are not cached.

    Raises UsageError if the device is not available or an image can no longer be read.
    """
    folder.clear_abandoned()
    document = Document(folder.document)
    session = document.session
    config, samples = session.config, load_samples(folder.samples, len(session.classes))
    compute = with_suitable_precision(select_device(config.device), build(config.backbone, 2, "none", seed=0))
    make_deterministic(compute.device)
    name, root = folder.owner.name, Path(session.dataset.root)
    images = open_stored_images(config.dataset, root, samples.locators.tolist(), name)
    cache = PixelCache(stored_size(config.image_size))
    prepared = cache.prepare(images, _decoding(emit))
    if prepared.bad:
        first = prepared.bad[0]
        raise UsageError(
            f"{len(prepared.bad)} images of session {name!r} can no longer be read in {root} (the first is "
            f"{first.locator}: {first.reason}); restore them, or specify the folder that holds them now with "
            "--data-root."
        )
    source = Images(
        cache.pixels(), prepared.rows, config.image_size, compute, rotates_crop=config.has_departure(ROTATION)
    )
    return Workspace(folder, document, config, session.classes, samples, compute, source, emit)


def _decoding(emit: Emit) -> Callable[[int, int], None]:
    """Emit decoding progress as events, at most five per second."""
    last = 0.0

    def report(done: int, total: int) -> None:
        nonlocal last
        if done == total or time.monotonic() - last > SECONDS_BETWEEN_EVENTS:
            last = time.monotonic()
            emit(Step("decoding images", done, total))

    return report
