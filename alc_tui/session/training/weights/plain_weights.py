"""Exports the networks of a session as plain state dicts of their backbone, for use without alc."""

from __future__ import annotations

import json
from pathlib import Path

import safetensors.torch

from alc_tui.data.files.atomic import write_whole
from alc_tui.errors import UsageError
from alc_tui.model.frozen.heads import build_head, folded
from alc_tui.model.networks import Network, build, is_plain, own_normalization, plain_state
from alc_tui.session.settings.config import Config
from alc_tui.session.settings.names import HIDDEN, MEAN
from alc_tui.session.store.document import Document
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.training.inputs.sources import frozen_backbone, load_components
from alc_tui.session.training.weights.checkpoint import fitting, load_weights


def export_weights(
    folder: SessionFolder, kind: str, path: Path, force: bool = False, dry_run: bool = False
) -> list[Path]:
    """Write the networks of the last finished round to safetensors files, or with `dry_run` only check that this is
    possible; returns their paths.

    kind: `best` (the epoch of best validation macro-F1, whose score is reported) or `last`. path: of peer 1, or of the
    only network; peer 2 gets `-peer-2` in its name if both predict. Each file holds a state dict of the backbone, and
    as metadata the class names (JSON, in the order of the outputs), backbone, image size, and normalization. Raises
    UsageError if no round is finished, if the round has no such weights, or if a file exists, unless `force`.
    """
    document = Document(folder.document)
    config, rounds = document.config, document.rounds
    if not rounds:
        raise UsageError(f"Session {folder.name!r} has not been trained yet; run `alc session train {folder.name}`.")
    number, classes = rounds[-1].round, document.session.classes
    if config.is_frozen:
        _check_exportable(folder, config, number)
    peers = {1: path}
    if config.prediction == MEAN:
        peers[2] = path.with_name(f"{path.stem}-peer-2{path.suffix}")
    metadata = {
        "classes": json.dumps(list(classes)),
        "backbone": config.backbone,
        "image_size": str(config.image_size),
        "session": folder.name,
        "round": str(number),
        "weights": kind,
    }
    for peer, target in peers.items():
        if not folder.weights(number, peer, best=kind == "best").exists():
            raise UsageError(
                f"Round {number} of session {folder.name!r} has no {kind} weights of peer {peer}: it was trained by "
                "version 0.4 or earlier, or its networks were deleted; use --weights last, or a new session."
            )
        if target.exists() and not force:
            raise UsageError(f"{target} exists; specify another --to, or replace it with --force.")
    if dry_run:
        return list(peers.values())
    for peer, target in peers.items():
        source = folder.weights(number, peer, best=kind == "best")
        network = _network(folder, config, len(classes), source)
        mean, std = own_normalization(network)
        facts = metadata | {"mean": json.dumps(mean), "std": json.dumps(std)}
        state = {name: value.contiguous() for name, value in plain_state(network, config.backbone).items()}
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, safetensors.torch.save(state, facts))
    return list(peers.values())


def _check_exportable(folder: SessionFolder, config: Config, number: int) -> None:
    """Raise UsageError for a head on frozen features that no plain classifier has."""
    advice = f"read the head from {folder.weights(number)}, or export the labels with `alc session export`"
    if config.features is not None:
        raise UsageError(
            f"Session {folder.name!r} trains a head on features of a file and has no backbone to export; {advice}."
        )
    if config.head == HIDDEN:
        raise UsageError(
            f"Session {folder.name!r} trains a head with a hidden layer, which {config.backbone} does not have; "
            f"{advice}. Sessions with `--freeze --head linear` export a whole network."
        )
    if not is_plain(frozen_backbone(folder, config)):
        raise UsageError(f"{config.backbone} does not end in one linear layer, which a head could replace; {advice}.")


def _network(folder: SessionFolder, config: Config, classes: int, source: Path) -> Network:
    """The whole network with the weights in a file; of a frozen session, its backbone with the trained head."""
    if not config.is_frozen:
        network = build(config.backbone, classes, "none", seed=0)
        with fitting(source):
            network.load_state_dict(load_weights(source))
        return network
    backbone = frozen_backbone(folder, config)
    _, projection = load_components(folder.owner.components)
    head = build_head(projection.directions.shape[1], False, classes, seed=0)
    with fitting(source):
        head.load_state_dict(load_weights(source))
    return Network(backbone.body, folded(head.head, projection))
