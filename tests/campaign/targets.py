"""The files that `damaged_files` damages, and the commands that read them."""

from __future__ import annotations

import json
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from alc_tui.data.cache.pixels import PixelCache
from alc_tui.data.catalog import open_dataset
from tests.campaign import damage
from tests.campaign.child import run
from tests.campaign.damage import Damage
from tests.data.images.samples import png, tiff

OLD = Path(__file__).parent.parent / "fixtures" / "store-0.3"
IMAGE_KINDS = ("png", "jpg", "tif", "gif", "webp", "bmp", "ppm", "tga", "jp2", "ico", "avif")
PREPARATION_SECONDS = 120.0
STORED_SIZE = 9
"""The side of the images in the cache for an image size of 8."""

Words = Sequence[str]
Command = Words | Callable[[], object]


@dataclass(frozen=True)
class Target:
    """A file to damage. damages: besides those of its bytes. commands: those that read it, one of which is run: the
    words of a command line, or a function."""

    kind: str
    path: Path
    damages: tuple[Damage, ...]
    commands: tuple[Command, ...]


def make_targets(folder: Path) -> list[Target]:
    """A store with two sessions, a suite with results, tables, settings, images and their cache, below a folder."""
    from tests.session.small import draw_colors

    store, images = folder / "store", draw_colors(folder / "colors", per_class=24)
    for name in ("labeled", "other"):
        shutil.copytree(OLD / "labeled", store / name)
        for document in (store / name).rglob("session.json"):
            document.write_text(document.read_text().replace("IMAGES", str(images)))
    shutil.copytree(OLD / "bench", store / "bench")
    return [
        *_session_targets(store),
        *_weight_targets(store),
        *_bench_targets(store),
        *_table_targets(folder, images),
        *_image_targets(folder),
    ]


def _session_targets(store: Path) -> list[Target]:
    labeled = store / "labeled"
    at = ("--store", str(store))
    commands: tuple[Command, ...] = (
        ("session", "list", *at),
        ("session", "list", "--json", *at),
        ("session", "show", "labeled", *at),
        ("session", "show", "labeled", "--json", *at),
        ("session", "show", "labeled", "--origin", *at),
        ("session", "export", "labeled", "--dry-run", "--json", *at),
        ("session", "export", "labeled", "--to", str(store / "labels.csv"), *at),
        ("session", "agreement", "labeled", *at),
        ("session", "agreement", "labeled", "--json", *at),
        ("session", "merge", "other", "labeled", "--dry-run", "--json", *at),
        ("session", "merge", "labeled", "other", "--dry-run", "--json", *at),
        ("session", "attach", "labeled", *at),
        _opens_the_app_and_reads_everything(store),
    )
    damages: dict[str, tuple[Damage, ...]] = {
        "session.json": (damage.json_value,) * 3,
        "journal.jsonl": (damage.json_line,) * 3 + (damage.lines,),
        "events.jsonl": (damage.json_line,) * 3 + (damage.lines,),
        "samples.npz": (damage.array,) * 3,
        "round-00.npz": (damage.array,) * 3,
        "round-01.npz": (damage.array,) * 3,
        "lock": (damage.json_value,),
        "worker.lock": (damage.json_value,),
    }
    for name in ("lock", "worker.lock"):
        (labeled / name).write_text(json.dumps({"pid": 1, "host": socket.gethostname(), "user": "anna"}))
    own = [Target(name, labeled / name, damages[name], commands) for name in damages]
    replay = next((labeled / "replays").iterdir())
    lists = (*commands[:2], commands[-1])
    return own + [Target(f"a replay's {name}", replay / name, damages[name], lists) for name in list(damages)[:3]]


def _opens_the_app_and_reads_everything(store: Path) -> Callable[[], object]:
    def what_the_app_reads() -> None:
        from alc_tui.errors import AlcError
        from alc_tui.session.labeling.service import SessionService
        from alc_tui.session.store import lock
        from alc_tui.session.store.folder import SessionFolder
        from alc_tui.tui.sessions.rows import StoreRows, details

        assert "other" in {row.folder.name for row in StoreRows(store).read()}
        try:
            folder = SessionFolder(store / "labeled")
            details(folder)
            print(lock.holder(folder.worker_lock), lock.holder_pid(folder.label_lock))
            service = SessionService(SessionFolder(store / "labeled"))
            for place in range(len(service.queue)):
                assert service.item(place).margin <= 1
            service.progress(), service.flow(), service.agreement(), service.truth(), service.state, service.images()
        except (AlcError, OSError) as error:
            print(error)

    return what_the_app_reads


def _weight_targets(store: Path) -> list[Target]:
    """Weights and the checkpoint of a session that is being retrained."""
    session = store / "labeled"
    decided = Path(shutil.copytree(session, store / "decided", ignore=shutil.ignore_patterns("replays", "*lock")))
    _in_a_process(lambda: _prepare_retraining(decided))

    def retraining() -> None:
        from alc_tui.session import worker

        with tempfile.TemporaryDirectory() as place:
            sys.exit(worker.main(shutil.copytree(decided, f"{place}/session", symlinks=True)))

    files = [decided / "weights" / "round-01.safetensors", decided / "weights" / "checkpoint.safetensors"]
    return [Target(path.name, path, (damage.tensor,) * 4, (retraining,)) for path in files]


def _prepare_retraining(session: Path) -> None:
    """Decide the queue, and train until the first epoch is saved."""
    import torch

    from alc_tui.model.networks import build
    from alc_tui.session.store.folder import SessionFolder
    from alc_tui.session.training.weights.checkpoint import save_weights
    from tests.session.small import answer_truly, stop_after

    torch.set_num_threads(1)
    folder = SessionFolder(session)
    for path in (folder.weights(0), folder.weights(1), folder.weights(0, peer=2)):
        save_weights(path, build("small", 3, "none", seed=0).state_dict())
    answer_truly(folder)
    stop_after(folder, 1)


def _in_a_process(call: Callable[[], object]) -> None:
    """Run a function in a child, so that its threads do not end up in others."""
    with tempfile.TemporaryDirectory() as place:
        ended = run(call, Path(place), PREPARATION_SECONDS)
    assert ended.code == 0, ended.err


def _bench_targets(store: Path) -> list[Target]:
    results, suite = store / "bench" / "old" / "results.jsonl", store / "bench" / "old.toml"
    reports: tuple[Words, ...] = (
        ("bench", "report", str(results), "--json"),
        ("bench", "report", str(results)),
        ("bench", "plot", str(results), "--terminal"),
        ("bench", "report", str(suite), "--json", "--store", str(store)),
    )
    return [
        Target("results.jsonl", results, (damage.json_line,) * 4 + (damage.lines,), reports),
        Target("a suite", suite, (damage.toml_line,) * 4, reports[-1:]),
    ]


def _table_targets(folder: Path, images: Path) -> list[Target]:
    table, matrix, settings = folder / "images.csv", folder / "matrix.csv", folder / "alc.toml"
    rows = [f"{path.relative_to(folder)},{path.parent.name},{path.parent.name}" for path in images.rglob("*.png")]
    table.write_text("\n".join(["image,label,truth", *rows[::4]]) + "\n")
    matrix.write_text(",blue,green,red\nblue,0.8,0.1,0.1\ngreen,0,1,0\nred,0.25,0.25,0.5\n")
    settings.write_text('[session]\nnoise = 0.5\nlr = 0.1\n\n[app]\ntheme = "alc-dark"\n\n[keys]\n"label.undo" = "z"\n')

    def noise_matrix() -> None:
        from alc_tui.data.noise.injection import read_matrix
        from alc_tui.errors import AlcError

        try:
            read_matrix(matrix, ("blue", "green", "red"))
        except AlcError as error:
            print(error)

    def app_settings() -> None:
        from alc_tui.errors import AlcError
        from alc_tui.tui import preferences

        try:
            preferences.read(folder)
        except AlcError as error:
            print(error)

    new = ("session", "new", "--dataset", "folder:/nowhere")
    return [
        Target("a table", table, (damage.csv_cell,) * 3, (("dataset", "info", f"csv:{table}", "--json"),)),
        Target("a noise matrix", matrix, (damage.csv_cell,) * 3, (noise_matrix,)),
        Target("alc.toml", settings, (damage.toml_line,) * 3, (new, app_settings)),
    ]


def _image_targets(folder: Path) -> list[Target]:
    pictures, random = folder / "pictures", np.random.default_rng(0)
    commands: tuple[Words, ...] = tuple(
        ("dataset", "info", f"folder:{pictures}", "--image-size", "8", *more) for more in ((), ("--json",))
    )
    found = []
    for place, kind in enumerate(IMAGE_KINDS):
        label = pictures / ("a", "b")[place % 2]
        label.mkdir(parents=True, exist_ok=True)
        pixels = random.integers(0, 256, (20, 20, 3), dtype=np.uint8)
        path = label / f"{place}.{kind}"
        Image.fromarray(pixels).save(path)
        found.append(Target(f"an image .{kind}", path, (), commands))
    for bits in ("I;16", "F"):
        path = pictures / "a" / f"{bits[0]}.tif"
        Image.new(bits, (20, 20), 7).save(path)
        found.append(Target(f"an image of mode {bits}", path, (), commands))
    deep = random.integers(0, 4096, (20, 20, 3), dtype=np.uint16)
    for name, content in (("16.png", png(deep)), ("16.tif", tiff(deep)), ("planes.tif", tiff(deep, in_planes=True))):
        path = pictures / "b" / name
        path.write_bytes(content)
        found.append(Target(f"an image of 16 bits, {name}", path, (), commands))
    cache = PixelCache(STORED_SIZE)
    _in_a_process(lambda: cache.prepare(open_dataset(f"folder:{pictures}", None).images))
    for name in (f"index-{STORED_SIZE}.sqlite", f"pixels-{STORED_SIZE}.u8"):
        found.append(Target(name, cache.folder / name, (), commands))
    return found
