"""Networks are exported as plain state dicts that load without alc."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import safetensors
import safetensors.torch
import torch
from torchvision import models

from alc_tui.errors import UsageError
from alc_tui.model.networks import build, plain_state
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.training.weights.plain_weights import export_weights
from tests.session.small import copy

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("backbone", ["resnet18", "mobilenet_v2", "vit_b_16"])
def test_the_state_loads_into_torchvisions_own_model_and_gives_the_same_logits(backbone: str) -> None:
    network = build(backbone, 4, "none", seed=3).eval()
    plain = models.get_model(backbone, weights=None, num_classes=4).eval()
    plain.load_state_dict(plain_state(network, backbone))
    images = torch.rand(2, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.allclose(plain(images), network(images)[0], atol=1e-5)


@pytest.mark.parametrize("kind", ["best", "last"])
def test_the_file_has_the_weights_of_the_round_and_the_names_of_its_classes(
    trained: SessionFolder, tmp_path: Path, kind: str
) -> None:
    (path,) = export_weights(trained, kind, tmp_path / "out" / "model.safetensors")
    stored = safetensors.torch.load_file(trained.weights(0, best=kind == "best"))
    state = safetensors.torch.load_file(path)
    assert torch.equal(state["fc.weight"], stored["head.weight"])
    assert torch.equal(state["conv1.weight"], stored["body.conv1.weight"]) and len(state) == len(stored)
    with safetensors.safe_open(path, "pt") as file:
        metadata = file.metadata()
    assert json.loads(metadata["classes"]) == ["blue", "green", "red"]
    assert (metadata["backbone"], metadata["image_size"], metadata["round"]) == ("small", "16", "0")


def test_nothing_is_overwritten_and_missing_weights_are_named(trained: SessionFolder, tmp_path: Path) -> None:
    folder, path = copy(trained, tmp_path), tmp_path / "model.safetensors"
    path.write_bytes(b"mine")
    with pytest.raises(UsageError, match=r"model\.safetensors exists; specify another --to, or replace"):
        export_weights(folder, "last", path)
    export_weights(folder, "last", path, force=True)
    folder.weights(0, best=True).unlink()
    with pytest.raises(UsageError, match="has no best weights of peer 1: it was trained by"):
        export_weights(folder, "best", tmp_path / "other.safetensors")


def test_an_untrained_session_has_no_network(untrained: SessionFolder, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has not been trained yet"):
        export_weights(untrained, "best", tmp_path / "model.safetensors")
