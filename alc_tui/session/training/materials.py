"""What every computation of a session starts from: its samples, its images as batches, its networks, its device."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from alc_tui.data.cache.pixels import PixelCache
from alc_tui.data.catalog import open_images
from alc_tui.data.random_streams import random_stream, stream_seed
from alc_tui.errors import UsageError
from alc_tui.model.batches import BatchSource
from alc_tui.model.device import Compute, be_repeatable, choose
from alc_tui.model.dropout import in_train_mode, under_dropout
from alc_tui.model.forward import predict, to_device
from alc_tui.model.learner import seed_layers
from alc_tui.model.metrics import softmax
from alc_tui.model.networks import Network, build, suited
from alc_tui.model.optimization import TrainingPlan
from alc_tui.model.sizes import stored_size
from alc_tui.model.sources import Augmented, Images
from alc_tui.session.settings.config import Config
from alc_tui.session.settings.departures import AUGMENTED_RANKING
from alc_tui.session.store.arrays import Samples, load_samples
from alc_tui.session.store.document import Document
from alc_tui.session.store.events import Event, Notice, Step
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.training.checkpoint import load_weights

Emit = Callable[[Event], None]


@dataclass
class Materials:
    """What every computation of a session starts from."""

    folder: SessionFolder
    document: Document
    config: Config
    classes: tuple[str, ...]
    samples: Samples
    compute: Compute
    source: Images
    emit: Emit
    train: NDArray[np.int64] = field(init=False)
    given: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        self.train = self.samples.train
        self.given = self.samples.given[self.train]

    @property
    def truth(self) -> NDArray[np.int64]:
        """True labels of the training samples; read for selection metrics, and by the ceiling `clean`."""
        return self.samples.truth[self.train]

    @property
    def test_labels(self) -> NDArray[np.int64]:
        """What test answers are scored by."""
        return self.samples.labels_to_score[self.samples.test]

    def where(self) -> str:
        """The device, and where the images are."""
        images = "images on the device" if self.source.resident else "images streamed"
        return self.compute.describe() + (f", {images}" if self.compute.device.type == "cuda" else "")

    def hear(self, notices: tuple[str, ...]) -> None:
        """Pass on what a person should know of an epoch."""
        for notice in notices:
            self.emit(Notice(notice))

    def plan(self, epochs: int) -> TrainingPlan:
        """The configuration's way of learning, for a phase of some epochs."""
        return TrainingPlan(epochs, self.config.batch_size, self.config.lr)

    def network(self, peer: int) -> Network:
        """A fresh peer, from the configured weights and a seed of its own."""
        config = self.config
        return build(config.backbone, len(self.classes), config.weights, stream_seed(config.seed, "peer", peer))

    def trained(self, path: Path) -> Network:
        """A network with weights this session wrote."""
        network = build(self.config.backbone, len(self.classes), "none", 0)
        network.load_state_dict(load_weights(path))
        return to_device(network, self.compute)

    def outputs(
        self, network: Network, source: BatchSource | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Logits float32[n, C] and features float32[n, D] of the training samples, eval mode, not augmented.

        source: where they are seen otherwise, such as `augmented`.
        """
        seen = self.source if source is None else source
        logits, features = predict((network,), seen, self.train, self.compute, self.config.batch_size)
        return logits[0], features

    def augmented(self, number: int) -> BatchSource:
        """The images randomly augmented, by the draws of round `number`."""
        return Augmented(self.source, random_stream(self.config.seed, "augmented ranking", number))

    def peer2_probabilities(self) -> NDArray[np.float32]:
        """Peer 2's class probabilities of the training samples, float32[n, C], eval mode, not augmented.

        Phase 2 carries on with peer 1 alone: in every round, peer 2 is what LNL left.
        """
        return softmax(self.outputs(self.trained(self.folder.peer2_weights))[0])

    def under_dropout(self, peer1: Network, features: NDArray[np.float32], number: int) -> NDArray[np.float32]:
        """Peer 1's class probabilities after round `number` in T passes with dropout, float32[T, n, C].

        features: float32[n, D], its own.
        """
        generator = torch.Generator().manual_seed(stream_seed(self.config.seed, "dropout", number))
        return under_dropout(features, peer1.head.weight, peer1.head.bias, generator)

    def in_train_mode(self, peer1: Network, candidates: NDArray[np.bool_], number: int) -> NDArray[np.float32]:
        """What the authors' code takes for `under_dropout`; 0 for training samples that are no candidates, bool[n]."""
        source = self.augmented(number) if self.config.departs(AUGMENTED_RANKING) else self.source
        seed_layers(self.config.seed, number, 0)
        asked = in_train_mode(peer1, source, self.train[candidates], self.compute, self.config.batch_size)
        answers = np.zeros((len(asked), len(candidates), len(self.classes)), dtype=np.float32)
        answers[:, candidates] = asked
        return answers


def gather(folder: SessionFolder, emit: Emit) -> Materials:
    """Open a session for computing, with its worker lock held; decodes what the image cache lacks."""
    for path in folder.leftovers():
        path.unlink()
    document = Document(folder.document)
    config, samples = document.config, load_samples(folder.samples)
    session = document.session
    compute = suited(choose(config.device), build(config.backbone, 2, "none", seed=0))
    be_repeatable(compute.device)
    images = open_images(config.dataset, Path(session.dataset.root), samples.locators.tolist())
    cache = PixelCache(stored_size(config.image_size))
    prepared = cache.prepare(images, _decoding(emit))
    if prepared.bad:
        first = prepared.bad[0]
        raise UsageError(
            f"{len(prepared.bad)} images of session {folder.name!r} can no longer be read (first {first.locator}: "
            f"{first.reason}); bring them back to {session.dataset.root}."
        )
    source = Images(cache.pixels(), prepared.rows, config.image_size, compute)
    return Materials(folder, document, config, session.classes, samples, compute, source, emit)


def _decoding(emit: Emit) -> Callable[[int, int], None]:
    """Progress of decoding as events, five a second at most."""
    said = 0.0

    def hear(done: int, total: int) -> None:
        nonlocal said
        if done == total or time.monotonic() - said > 0.2:
            said = time.monotonic()
            emit(Step("decoding images", done, total))

    return hear
