"""The context of every computation on a session: its files, image batches, device, and networks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from alc_tui.data.random_streams import stream_seed
from alc_tui.model.batches import BatchSource
from alc_tui.model.device import (
    Compute,
    make_deterministic,
    select_device,
    use_fastest_algorithms,
    use_one_thread,
)
from alc_tui.model.forward import move_to_device
from alc_tui.model.frozen.heads import build_head
from alc_tui.model.frozen.together import dismiss
from alc_tui.model.networks import Network, build, with_suitable_precision
from alc_tui.model.parallel.batch_norm import synchronize_statistics
from alc_tui.model.parallel.group import ALONE, Group
from alc_tui.model.sources import Images, Views
from alc_tui.session.settings.config import Config
from alc_tui.session.settings.names import HIDDEN, SYNCHRONIZED
from alc_tui.session.store.arrays import RoundArrays, Samples, load_round, load_samples
from alc_tui.session.store.document import Document
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.training.compiler import choose_compiler
from alc_tui.session.training.inputs.sources import Emit, StoredImages, frozen_components
from alc_tui.session.training.weights.checkpoint import fitting, load_weights


@dataclass(frozen=True)
class Workspace:
    """An open session: n training samples among all its samples, and C classes.

    source: the images or frozen features of all samples, by position. emit: receives the events of the computation.
    dimensions: of the inputs of heads on frozen features; None for images.
    """

    folder: SessionFolder
    document: Document
    config: Config
    classes: tuple[str, ...]
    samples: Samples
    compute: Compute
    source: BatchSource
    emit: Emit
    dimensions: int | None = None

    @cached_property
    def train(self) -> NDArray[np.int64]:
        """Positions of the training samples, int64[n]."""
        return self.samples.train

    @cached_property
    def given(self) -> NDArray[np.int64]:
        """Given labels of the training samples, int64[n]."""
        return self.samples.given[self.train]

    @property
    def group(self) -> Group:
        """The processes that train together."""
        return self.compute.group

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
        """The device, and where the inputs are, or how many threads compute."""
        if self.compute.device.type == "cuda":
            is_streamed = isinstance(self.source, Images) and not self.source.resident
            what = "images" if self.dimensions is None else "features"
            return f"{self.compute.describe()}, {what} {'streamed' if is_streamed else 'on the device'}"
        threads = torch.get_num_threads()
        return f"{self.compute.describe()}, {threads} {'thread' if threads == 1 else 'threads'}"

    def network(self, peer: int) -> Network:
        """A fresh peer with the configured weights and its own seed."""
        return self._build(self.config.weights, stream_seed(self.config.seed, "peer", peer))

    def trained(self, path: Path) -> Network:
        """A network with weights saved by this session, on the device."""
        network = self._build("none", 0)
        with fitting(path):
            network.load_state_dict(load_weights(path))
        return move_to_device(network, self.compute)

    def trained_peers(self, number: int) -> tuple[Network, ...]:
        """The networks that the round after `number` starts from: peer 1, or both peers if the rounds retrain both."""
        peers = (1, 2) if self.config.retrains_both else (1,)
        return tuple(self.trained(self.folder.weights(number, peer)) for peer in peers)

    def _build(self, weights: str, seed: int) -> Network:
        if self.dimensions is not None:
            return build_head(self.dimensions, self.config.head == HIDDEN, len(self.classes), seed)
        network = build(self.config.backbone, len(self.classes), weights, seed)
        if self.config.batch_norm == SYNCHRONIZED:
            synchronize_statistics(network, self.group)
        return network


def open_workspace(folder: SessionFolder, emit: Emit, group: Group = ALONE) -> Workspace:
    """Open a session for computation; requires its worker lock. Decodes images and computes frozen features that are
    not cached.

    group: the processes that train together. Heads on frozen features learn so fast that the first process trains them
    alone. Raises UsageError if the device is not available or an image can no longer be read.
    """
    if group.is_first:
        folder.clear_abandoned()
    document = Document(folder.document)
    session = document.session
    config, samples = session.config, load_samples(folder.samples, len(session.classes))
    compute = select_device(config.device, group)
    make_deterministic(compute.device)
    if config.fast:
        use_fastest_algorithms(compute.device)
    if config.is_frozen:
        compute = replace(compute, bf16=False)
        components = frozen_components(folder, session, samples, compute, emit)
        dismiss(group)
        compute = replace(compute, group=ALONE)
        use_one_thread()
        source, dimensions = Views(components, compute), components.shape[2]
        return Workspace(folder, document, config, session.classes, samples, compute, source, emit, dimensions)
    compute = with_suitable_precision(compute, build(config.backbone, 2, "none", seed=0))
    compute = replace(compute, compiler=choose_compiler(config, compute, len(samples.train)))
    images = group.after_first(lambda: StoredImages(session, samples, folder.owner.name, emit))
    return Workspace(folder, document, config, session.classes, samples, compute, images.source(compute), emit)
