"""Sessions on frozen features: heads are trained, and everything else is as in any session."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch

from alc_tui.data.cache import features as feature_cache
from alc_tui.data.similarity.comparison import compare
from alc_tui.errors import UsageError
from alc_tui.model.device import select_device
from alc_tui.model.forward import predict
from alc_tui.model.networks import build
from alc_tui.session import replay
from alc_tui.session.labeling.oracles import GroundTruth
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.arrays import load_samples, load_similarity
from alc_tui.session.store.document import Document
from alc_tui.session.store.events import Event, Notice, Step
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.training import advance as training
from alc_tui.session.training.inputs.sources import StoredImages, frozen_features, load_components
from alc_tui.session.training.similarity import compare_samples
from alc_tui.session.training.weights.checkpoint import load_weights
from alc_tui.session.training.weights.plain_weights import export_weights
from alc_tui.session.training.workspace import open_workspace
from tests.session.small import advance, answer_truly, copy, make, outcome, stop_after

FROZEN: dict[str, Any] = {"freeze": True, "views": 3, "head": "linear"}


@pytest.fixture(scope="module")
def frozen(colors: Path, tmp_path_factory: pytest.TempPathFactory) -> SessionFolder:
    """A frozen session before LNL; not to be written to."""
    return make(colors, tmp_path_factory.mktemp("store"), "frozen", **FROZEN)


@pytest.fixture(scope="module")
def after_lnl(frozen: SessionFolder, tmp_path_factory: pytest.TempPathFactory) -> SessionFolder:
    """The same session after LNL; not to be written to."""
    folder = copy(frozen, tmp_path_factory.mktemp("store"))
    advance(folder)
    return folder


def is_step(event: Event) -> bool:
    return isinstance(event, Step) and event.what.startswith("computing features")


def test_only_heads_are_trained_and_the_backbone_is_kept_once(after_lnl: SessionFolder) -> None:
    weights = load_weights(after_lnl.weights(0))
    assert set(weights) == {"head.weight", "head.bias"}
    assert weights["head.weight"].shape == (3, 128)
    assert "conv1.weight" in load_weights(after_lnl.backbone)


def test_a_hidden_layer_lies_between_features_and_head(colors: Path, tmp_path: Path) -> None:
    folder = make(colors, tmp_path, "hidden", freeze=True, views=3)
    advance(folder)
    weights = load_weights(folder.weights(0))
    assert weights["body.0.weight"].shape == (256, 128) and weights["head.weight"].shape == (3, 256)


def test_rounds_go_on_with_the_heads_and_compute_no_features_again(after_lnl: SessionFolder, tmp_path: Path) -> None:
    folder, events = copy(after_lnl, tmp_path), list[Event]()
    for _ in range(2):
        answer_truly(folder)
        training.advance(folder, events.append)
    assert [record.decided_total for record in Document(folder.document).rounds] == [0, 5, 10]
    assert not any(is_step(event) for event in events)


@pytest.mark.parametrize("content", [None, b"", b"not tensors"])
def test_components_that_are_missing_or_damaged_are_computed_again(
    after_lnl: SessionFolder, tmp_path: Path, content: bytes | None
) -> None:
    folder, before = copy(after_lnl, tmp_path), load_components(after_lnl.components)
    folder.components.unlink()
    if content is not None:
        folder.components.write_bytes(content)
    open_workspace(folder, lambda _event: None)
    assert torch.allclose(load_components(folder.components)[0], before[0], atol=1e-4)


def test_the_same_settings_give_the_same_numbers(
    after_lnl: SessionFolder, frozen: SessionFolder, tmp_path: Path
) -> None:
    again = copy(frozen, tmp_path)
    advance(again)
    assert outcome(again) == outcome(after_lnl)


def test_a_training_that_was_stopped_ends_with_the_same_numbers(
    after_lnl: SessionFolder, frozen: SessionFolder, tmp_path: Path
) -> None:
    folder = copy(frozen, tmp_path)
    stop_after(folder, 2)
    advance(folder)
    assert outcome(folder) == outcome(after_lnl)


def test_features_that_were_interrupted_are_continued_and_end_with_the_same_numbers(
    after_lnl: SessionFolder, frozen: SessionFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(feature_cache, "IMAGES_PER_COMMIT", 32)
    folder, steps = copy(frozen, tmp_path), list[Step]()

    def stop(event: Event) -> None:
        if isinstance(event, Step) and is_step(event):
            steps.append(event)
            if event.done == 32:
                raise KeyboardInterrupt

    torch.set_num_threads(1)
    with pytest.raises(KeyboardInterrupt):
        training.advance(folder, stop)
    assert [(step.what, step.done, step.total) for step in steps] == [
        ("computing features, view 1 of 3, image", 32, 72)
    ]
    steps.clear()
    training.advance(folder, lambda event: steps.append(event) if isinstance(event, Step) and is_step(event) else None)
    assert [step.total for step in steps if step.done == step.total] == [40, 50, 50]
    assert outcome(folder) == outcome(after_lnl)


def test_view_0_is_the_image_as_it_is_and_the_others_differ(after_lnl: SessionFolder) -> None:
    workspace = open_workspace(after_lnl, lambda _event: None)
    positions = np.arange(8)
    (plain,) = workspace.source.scoring([positions])
    drawn = [next(iter(workspace.source.training([positions], np.random.default_rng(seed)))) for seed in range(20)]
    is_plain = torch.stack([(each == plain).all(1) for each in drawn]).float().mean()
    assert 0.15 < is_plain < 0.55  # a third of the draws
    assert torch.equal(plain, next(iter(workspace.source.scoring([positions]))))


def test_samples_are_compared_once_by_their_features_in_view_0(after_lnl: SessionFolder, tmp_path: Path) -> None:
    folder, events = copy(after_lnl, tmp_path), list[Event]()
    compare_samples(folder, events.append)
    count = len(load_samples(folder.samples).ids)
    assert Step("comparing samples", count, count) in events and not any(is_step(event) for event in events)
    session = Document(folder.document).session
    features = frozen_features(folder, session, load_samples(folder.samples), select_device("cpu"), lambda _event: None)
    found, expected = load_similarity(folder.similarity, count), compare(features[0])
    assert found is not None and found.group.tolist() == expected.group.tolist()
    assert found.nearest.tolist() == expected.nearest.tolist()
    assert found.outlier_scores == pytest.approx(expected.outlier_scores)
    written = folder.similarity.stat()
    compare_samples(folder, events.append)
    assert folder.similarity.stat() == written


def test_features_of_a_file_are_compared_too(colors: Path, frozen: SessionFolder, tmp_path: Path) -> None:
    folder = make(colors, tmp_path, "given", features=str(feature_file(frozen, tmp_path / "features.npz")))
    compare_samples(folder, lambda _event: None)
    found = load_similarity(folder.similarity, len(load_samples(folder.samples).ids))
    assert found is not None and len(found.outlier_scores) == len(load_samples(folder.samples).ids)


def test_too_many_samples_are_not_compared_which_is_said_before_the_first_training(
    frozen: SessionFolder, after_lnl: SessionFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alc_tui.session.training.similarity.MOST_SAMPLES", 71)  # of 72
    folders, told = [copy(frozen, tmp_path, "new"), copy(after_lnl, tmp_path, "trained")], list[list[Event]]()
    for folder in folders:
        folder.similarity.unlink(missing_ok=True)
        events = list[Event]()
        compare_samples(folder, events.append)
        assert not folder.similarity.exists()
        told.append(events)
    (notice,), nothing = told
    assert isinstance(notice, Notice) and nothing == []
    assert "of more than 71 samples" in notice.text
    command = f"alc dataset info {Document(folders[0].document).config.dataset} --features computed --backbone small"
    assert f"`{command} --weights none --image-size 16`" in notice.text


def test_sessions_that_train_whole_networks_compare_nothing(colors: Path, tmp_path: Path) -> None:
    folder = make(colors, tmp_path, "whole")
    compare_samples(folder, lambda _event: None)
    assert not folder.similarity.exists()


def test_the_session_no_longer_needs_the_file_of_its_weights(colors: Path, tmp_path: Path) -> None:
    file = tmp_path / "backbone.safetensors"
    safetensors.torch.save_file(build("small", 2, "none", 5).body.state_dict(), file)
    folder = make(colors, tmp_path / "store", "frozen", **FROZEN | {"weights": str(file)})
    advance(folder)
    file.unlink()
    answer_truly(folder)
    advance(folder)
    assert len(Document(folder.document).rounds) == 2


@pytest.mark.parametrize("method", ["ct", "ce", "elr", "dividemix", "alc-ct", "clean", "al"])
def test_every_method_learns_heads(method: str, colors: Path, tmp_path: Path) -> None:
    own = {"rounds": 0} if method == "clean" else {"sampler": "joint"} if method == "alc-ct" else {}
    folder = make(colors, tmp_path, "heads", **FROZEN, method=method, **own)
    advance(folder)
    assert len(Document(folder.document).rounds) == 1


@pytest.mark.parametrize("sampler", ["coreset", "bald", "badge", "peers", "rarity"])
def test_every_sampler_ranks_by_features(sampler: str, colors: Path, tmp_path: Path) -> None:
    folder = make(colors, tmp_path, "heads", **FROZEN, sampler=sampler)
    advance(folder)
    assert len(answer_truly(folder)) == 5


def feature_file(folder: SessionFolder, path: Path, surplus: tuple[str, ...] = ()) -> Path:
    """Features that tell the truth, and more ids than there are samples."""
    samples = load_samples(folder.samples, 3)
    rows = np.eye(3)[samples.truth] + np.random.default_rng(0).normal(0, 0.2, (len(samples.ids), 3))
    ids = [*samples.ids.tolist(), *surplus]
    np.savez(path, ids=np.array(ids), features=np.concatenate([rows, np.zeros((len(surplus), 3))]))
    return path


def test_features_of_a_file_are_learned_from_and_the_session_keeps_a_copy(
    frozen: SessionFolder, colors: Path, tmp_path: Path
) -> None:
    file = feature_file(frozen, tmp_path / "features.npz", ("another",))
    rows = np.load(file)["features"][:72].astype(np.float32)
    folder = make(colors, tmp_path, "given", features=str(file))
    file.unlink()
    advance(folder)
    answer_truly(folder)
    advance(folder)
    (learned,) = open_workspace(folder, lambda _event: None).source.scoring([np.arange(72)])
    distances, expected = torch.pdist(learned), torch.pdist(torch.from_numpy(rows))
    assert torch.allclose(distances / distances.mean(), expected / expected.mean(), atol=1e-3)
    assert load_weights(folder.weights(1))["body.0.weight"].shape == (256, 3)


def test_features_of_other_samples_are_refused_before_a_session_is_made(
    frozen: SessionFolder, tmp_path: Path, colors: Path
) -> None:
    file = tmp_path / "features.npz"
    np.savez(file, ids=np.array(["x"]), features=np.ones((1, 2)))
    with pytest.raises(UsageError, match="lacks the features of 72 of 72 samples"):
        make(colors, tmp_path / "store", "other", features=str(file))
    assert not (tmp_path / "store").exists()


def test_a_replay_goes_on_with_the_same_features(after_lnl: SessionFolder, tmp_path: Path) -> None:
    folder = copy(after_lnl, tmp_path)
    there = replay.prepare(folder, GroundTruth(SessionService(folder).truth()), {"rounds": 1}, lambda _event: None)
    replay.run(there, GroundTruth(SessionService(folder).truth()), lambda _event: None)
    assert len(Document(there.document).rounds) == 2
    assert not there.backbone.exists()


@pytest.mark.parametrize("kind", ["best", "last"])
def test_the_exported_network_is_the_backbone_with_the_trained_head(
    after_lnl: SessionFolder, tmp_path: Path, kind: str
) -> None:
    (path,) = export_weights(after_lnl, kind, tmp_path / "model.safetensors")
    workspace = open_workspace(after_lnl, lambda _event: None)
    head = workspace.trained(after_lnl.weights(0, best=kind == "best"))
    samples = np.arange(10)
    logits, _ = predict((head,), workspace.source, samples, workspace.compute, 16)
    images = StoredImages(Document(after_lnl.document).session, workspace.samples, "frozen", lambda _event: None)
    whole = build("small", 3, str(path), seed=0)
    state = load_weights(path)
    whole.head.load_state_dict({"weight": state["fc.weight"], "bias": state["fc.bias"]})
    expected, _ = predict((whole,), images.source(workspace.compute), samples, workspace.compute, 16)
    assert np.allclose(logits, expected, atol=1e-3)


def test_a_head_that_no_plain_network_has_is_not_exported(frozen: SessionFolder, colors: Path, tmp_path: Path) -> None:
    hidden = make(colors, tmp_path, "hidden", freeze=True, views=3)
    file = str(feature_file(frozen, tmp_path / "features.npz"))
    given = make(colors, tmp_path, "given", features=file)
    for folder, said in ((hidden, "a hidden layer, which small does not have"), (given, "has no backbone to export")):
        advance(folder)
        with pytest.raises(UsageError, match=f"{said}; read the head from .*round-00.safetensors"):
            export_weights(folder, "best", tmp_path / "model.safetensors")


def test_a_backbone_that_no_linear_head_completes_is_not_exported(
    after_lnl: SessionFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alc_tui.session.training.weights.plain_weights.is_plain", lambda _network: False)
    for dry_run in (True, False):
        with pytest.raises(
            UsageError, match=r"small does not end in one linear layer.*read the head from .*\.safetens"
        ):
            export_weights(after_lnl, "best", tmp_path / "model.safetensors", dry_run=dry_run)


def test_the_recipe_balanced_trains_scores_and_exports_both_heads(colors: Path, tmp_path: Path) -> None:
    folder = make(colors, tmp_path, "balanced", **FROZEN, recipe="balanced")
    advance(folder)
    answer_truly(folder)
    advance(folder)
    paths = export_weights(folder, "last", tmp_path / "model.safetensors")
    assert [path.name for path in paths] == ["model.safetensors", "model-peer-2.safetensors"]
    assert all(load_weights(path)["conv1.weight"].shape == (32, 3, 3, 3) for path in paths)
