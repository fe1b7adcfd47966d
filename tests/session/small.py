"""Small sessions that really train, in seconds on one core, and what two of them are compared by."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from tinydb import TinyDB

from alc_tui.session import create
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.probe import DeviceProbe
from alc_tui.session.settings.config import Config
from alc_tui.session.settings.resolution import resolve
from alc_tui.session.store.arrays import load_round, load_samples, save
from alc_tui.session.store.document import Document
from alc_tui.session.store.events import Epoch, Event
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Verdict
from alc_tui.session.store.records import RoundRecord

if TYPE_CHECKING:
    from alc_tui.model.networks import Network
    from alc_tui.session.training.workspace import Workspace

COLORS = {"blue": (70, 70, 190), "green": (70, 190, 70), "red": (190, 70, 70)}
PER_CLASS = 24
SETTINGS: dict[str, Any] = {
    "noise": 0.4,
    "backbone": "small",
    "weights": "none",
    "device": "cpu",
    "image_size": 16,
    "epochs": 3,
    "round_epochs": 2,
    "batch_size": 16,
    "lr": 0.05,
    "rounds": 2,
    "budget": 5,
    "warmup": 1,
    "vog_window": 2,
}
"""With 72 images: 50 to train on, of which 50 − ⌊0.6·50⌋ = 20 or a few more end in the noisy set."""


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Decoded images go into a folder of the tests; child processes use one core, with which they finish sooner."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ALC_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("OMP_NUM_THREADS", "1")
        yield


@pytest.fixture(autouse=True)
def own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No setting comes from where, or by whom, the tests are run; the weights of a test do not pile up."""
    for name in [name for name in os.environ if name.startswith("ALC_") and name != "ALC_CACHE"]:
        monkeypatch.delenv(name)
    place = tmp_path / "here"
    place.mkdir()
    monkeypatch.chdir(place)
    yield
    for weights in tmp_path.rglob("*.safetensors"):
        weights.unlink()


@pytest.fixture(scope="session")
def colors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 24 images for each of three colors."""
    return draw_colors(tmp_path_factory.mktemp("images") / "colors")


@pytest.fixture(scope="session")
def untrained(colors: Path, tmp_path_factory: pytest.TempPathFactory) -> SessionFolder:
    """A session of the colors before LNL; not to be written to."""
    return make(colors, tmp_path_factory.mktemp("store"), "small")


@pytest.fixture(scope="session")
def trained(untrained: SessionFolder, tmp_path_factory: pytest.TempPathFactory) -> SessionFolder:
    """The same session after LNL, never disturbed; not to be written to."""
    folder = copy(untrained, tmp_path_factory.mktemp("store"))
    advance(folder)
    return folder


@pytest.fixture(scope="session")
def split(trained: SessionFolder, tmp_path_factory: pytest.TempPathFactory) -> SessionFolder:
    """The trained session, split as in `split_by_hand`; not to be written to."""
    folder = copy(trained, tmp_path_factory.mktemp("store"))
    split_by_hand(folder)
    return folder


def draw_colors(root: Path, per_class: int = PER_CLASS) -> Path:
    """PNG files of 20 × 20 pixels in a folder per color, each with noise of its own."""
    rng = np.random.default_rng(1)
    for name, color in COLORS.items():
        (root / name).mkdir(parents=True)
        for number in range(per_class):
            pixels = np.clip(np.array(color) + rng.normal(0, 25, (20, 20, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(root / name / f"{number:02d}.png")
    return root


def make(images: Path, store: Path, name: str, **changes: Any) -> SessionFolder:
    """A session of an image folder in the store, without asking torch for the device."""
    options = {"dataset": f"folder:{images}", **SETTINGS, **changes}
    config, origins = resolve(options, {}, store)
    return create.write(create.check(config, origins, device=DeviceProbe("cpu", None)), store, name)


def options(images: Path, **changes: Any) -> list[str]:
    """The same settings as `make` uses, as a person types them."""
    settings = {"dataset": f"folder:{images}", **SETTINGS, **changes}
    del settings["vog_window"]  # no option; ALC_VOG_WINDOW
    return [word for name, value in settings.items() for word in (f"--{name.replace('_', '-')}", str(value))]


def copy(folder: SessionFolder, store: Path, name: str | None = None) -> SessionFolder:
    """A copy to be written to; weights, which are replaced whole and never written into, are shared."""
    there = SessionFolder(store / (name or folder.name))
    shutil.copytree(folder.path, there.path, copy_function=_share_weights)
    return there


def _share_weights(source: str, target: str) -> None:
    if source.endswith(".safetensors"):
        os.link(source, target)
    else:
        shutil.copy2(source, target)


def advance(folder: SessionFolder) -> None:
    """What the worker does next, in this process and on one core, as its children have it."""
    import torch

    from alc_tui.session.training import advance as training

    torch.set_num_threads(1)
    training.advance(folder, lambda _event: None)


def answer_truly(folder: SessionFolder, but_for: int = 0) -> list[str]:
    """Decide the queue with the truth, skipping the last ones; returns the queue."""
    with SessionService(folder, "anna", write=True) as service:
        truth = service.truth()
        for place, sample in enumerate(service.queue):
            is_skipped = place >= len(service.queue) - but_for
            service.decide(sample, Verdict("skip" if is_skipped else "label", None if is_skipped else truth[sample]))
        return service.queue


def stop_after(folder: SessionFolder, epoch: int) -> None:
    """Train until an epoch is done, and no further."""

    def interrupt(event: Event) -> None:
        if isinstance(event, Epoch) and event.epoch == epoch:
            raise KeyboardInterrupt

    import torch

    from alc_tui.session.training import advance as training

    torch.set_num_threads(1)
    with pytest.raises(KeyboardInterrupt):
        training.advance(folder, interrupt)


WRONG_PICKS = 4


def split_by_hand(folder: SessionFolder) -> None:
    """Let the outcome of LNL be a clean set of 28 with WRONG_PICKS wrong labels, whatever the peers have learned.

    The queue is the first five samples of the noisy set.
    """
    samples, path = load_samples(folder.samples), folder.round_arrays(0)
    right = (samples.given == samples.truth)[samples.train]
    clean = np.zeros(len(right), dtype=np.bool_)
    clean[np.flatnonzero(~right)[:WRONG_PICKS]] = True
    clean[np.flatnonzero(right)[: 28 - WRONG_PICKS]] = True
    ranking, neighbors = np.flatnonzero(~clean)[:5], np.tile(np.flatnonzero(clean)[:4], (5, 1))
    scores, clusters = np.arange(5.0, 0.0, -1.0), np.zeros(5, dtype=np.int64)
    before = load_round(path)
    save(
        path,
        replace(before, clean=clean, ranking=ranking, scores=scores, neighbors=neighbors, clusters=clusters),
    )
    with TinyDB(folder.document) as database:
        database.table("rounds").update({"queued": 5})


def undecided_peer(workspace: Workspace) -> Network:
    """A peer as it came, with a head whose logits have mean 0 and standard deviation 1 over the training samples, so
    that no class is certain, whatever was learned."""
    import torch

    from alc_tui.session.training.scoring import outputs_of

    network = workspace.network(0)
    features = torch.from_numpy(outputs_of(workspace, network).features)
    with torch.no_grad():
        logits = features @ network.head.weight.T
        network.head.weight /= logits.std(0)[:, None]
        network.head.bias.copy_(-logits.mean(0) / logits.std(0))
    return network


def outcome(folder: SessionFolder) -> dict[str, Any]:
    """All numbers of a session's rounds but how long they took: metrics, validation curves, arrays and weights."""
    rounds = Document(folder.document).rounds
    numbers: dict[str, Any] = {"rounds": [without_time(record) for record in rounds]}
    for record in rounds:
        with np.load(folder.round_arrays(record.round)) as arrays:
            numbers |= {f"{record.round} {name}": (arrays[name].shape, arrays[name].tobytes()) for name in arrays}
        numbers[f"{record.round} weights"] = hashlib.sha256(folder.weights(record.round).read_bytes()).hexdigest()
    return numbers


def without_time(record: RoundRecord) -> RoundRecord:
    """A round without how long it and its labels took."""
    return replace(record, seconds=0.0, ledger=replace(record.ledger, label_seconds=0.0))


def config(**changes: Any) -> Config:
    """A configuration by hand."""
    return Config(**{"dataset": "demo", **changes})
