"""Damaged files of every kind: the commands that read them end with a sentence, and show the rest of the store."""

from __future__ import annotations

import importlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from unittest import mock

import numpy as np
from PIL import Image

from tests.campaign import damage
from tests.campaign.child import Ended, run
from tests.campaign.damage import Damage
from tests.campaign.findings import Findings, Trials

SECONDS = 20.0
"""How long a command may take."""
MEGABYTES = 2500.0
"""How much memory a command may take, the interpreter included."""
OLD = Path(__file__).parent.parent / "fixtures" / "store-0.3"
IMAGE_KINDS = ("png", "jpg", "tif", "gif", "webp", "bmp", "ppm", "tga", "jp2", "ico", "avif")
_IN_A_PROCESS_OF_ITS_OWN = 0.01

Words = Sequence[str]


@dataclass(frozen=True)
class Target:
    """A file to damage. damages: besides those of its bytes. commands: those that read it, one of which is run."""

    kind: str
    path: Path
    damages: tuple[Damage, ...]
    commands: tuple[Words | Callable[[], object], ...]


def damaged_files(trials: Trials) -> Findings:
    """See the module."""
    with mock.patch.dict(os.environ, {"ALC_CACHE": str(trials.folder / "cache")}):
        return _damage_and_read(trials)


def _damage_and_read(trials: Trials) -> Findings:
    findings, random = Findings(), trials.random
    _import_what_the_commands_import()
    targets = _targets(trials.folder)
    for target in targets:
        for one in (*target.damages, *damage.BYTES, None):
            _try(random, target, one, trials.folder, findings)
    while trials.has_time():
        target = random.choice(targets)
        one = random.choice((*target.damages, *target.damages, *damage.BYTES, None))
        _try(random, target, one, trials.folder, findings)
    return findings


def _try(random: Random, target: Target, one: Damage | None, folder: Path, findings: Findings) -> None:
    content, times = target.path.read_bytes(), target.path.stat()
    what = damage.put_no_file(random, target.path) if one is None else one.__name__
    if one is not None:
        target.path.write_bytes(one(random, content))
        os.utime(target.path, ns=(times.st_atime_ns, times.st_mtime_ns + random.randrange(10**9)))
    findings.count(f"{target.kind}: {what}")
    command = random.choice(target.commands)
    alone = not callable(command) and random.random() < _IN_A_PROCESS_OF_ITS_OWN
    ended = _run_alone(command, folder) if alone else run(_call(command), folder, SECONDS)
    wrong = list(_broken_promises(command, ended))
    kept = folder / "violations"
    if wrong:
        kept.mkdir(exist_ok=True)
        copy = kept / f"{len(findings.violations)}-{target.path.name}"
        if target.path.is_file() and not target.path.is_symlink():
            shutil.copyfile(target.path, copy)
    for each in wrong:
        findings.violated(f"{_named(command)} with {target.kind} ({what}): {each}")
    if target.path.is_dir() and not target.path.is_symlink():
        target.path.rmdir()
    target.path.unlink(missing_ok=True)
    target.path.write_bytes(content)


def _call(command: Words | Callable[[], object]) -> Callable[[], object]:
    if callable(command):
        return command

    def call() -> None:
        from alc_tui.cli.main import run as run_alc

        sys.argv = ["alc", *command]
        run_alc()

    return call


def _run_alone(command: Words | Callable[[], object], folder: Path) -> Ended:
    assert not callable(command)
    done = subprocess.run(
        [sys.executable, "-m", "alc_tui", *command],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=4 * SECONDS,
    )
    return Ended(done.returncode, done.stdout, done.stderr, 0.0)


def _broken_promises(command: Words | Callable[[], object], ended: Ended) -> list[str]:
    words: Words = () if callable(command) else command
    last = (ended.err.strip().splitlines() or [""])[-1]
    broken = []
    if ended.code is None:
        broken.append(f"it does not end within {SECONDS:g} s")
    elif "Traceback" in ended.err or ended.code not in range(5):
        broken.append(f"a traceback, exit code {ended.code}: {last[:200]}")
    elif ended.code and not re.fullmatch(r"Error: .*[.!?]", last) and words:
        broken.append(f"exit code {ended.code} without a sentence: {last[:200]!r}")
    if ended.megabytes > MEGABYTES:
        broken.append(f"it takes {ended.megabytes:.0f} MB")
    if re.search(r"[\x00-\x08\x0b-\x1f\x7f\x9b]", ended.out + ended.err.replace("\r", "")):
        broken.append("control characters in what it prints")
    if "--json" in words and ended.code == 0 and not _is_json(ended.out):
        broken.append(f"what it prints is no JSON: {ended.out[:200]!r}")
    if "list" in words and ended.code == 0 and "other" not in ended.out:
        broken.append("the other session of the store is not listed")
    if "list" in words and ended.code:
        broken.append(f"the other sessions of the store are not listed: {last[:200]}")
    return broken


def _is_json(text: str) -> bool:
    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        json.loads(text, parse_constant=refuse)
    except ValueError:
        return False
    return True


def _named(command: Words | Callable[[], object]) -> str:
    return command.__name__.strip("_") if callable(command) else f"alc {' '.join(command)}"


def _import_what_the_commands_import() -> None:
    """So that not every child does."""
    for name in (
        "cli.main",
        "cli.next_step",
        "cli.session_output",
        "session.create",
        "session.labeling.export",
        "session.labeling.merge",
        "bench.report.rendering",
        "bench.report.sections",
        "bench.result_sets",
        "bench.plots.terminal",
        "data.report",
        "tui.sessions.rows",
        "tui.preferences",
        "text.agreement",
    ):
        importlib.import_module(f"alc_tui.{name}")
    from alc_tui.data.images import formats

    formats()
    with suppress(SystemExit), redirect_stdout(io.StringIO()):
        _call(("dataset", "list"))()


def _targets(folder: Path) -> list[Target]:
    from tests.session.small import draw_colors

    store, images = folder / "store", draw_colors(folder / "colors", per_class=24)
    for name in ("labeled", "other"):
        shutil.copytree(OLD / "labeled", store / name)
        for document in (store / name).rglob("session.json"):
            document.write_text(document.read_text().replace("IMAGES", str(images)))
    shutil.copytree(OLD / "bench", store / "bench")
    return [*_session_targets(store), *_bench_targets(store), *_table_targets(folder, images), *_image_targets(folder)]


def _session_targets(store: Path) -> list[Target]:
    labeled = store / "labeled"
    at = ("--store", str(store))
    commands: tuple[Words | Callable[[], object], ...] = (
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
    }
    own = [Target(name, labeled / name, damages[name], commands) for name in damages]
    replay = next((labeled / "replays").iterdir())
    lists = (*commands[:2], commands[-1])
    return own + [Target(f"a replay's {name}", replay / name, damages[name], lists) for name in list(damages)[:3]]


def _opens_the_app_and_reads_everything(store: Path) -> Callable[[], object]:
    def what_the_app_reads() -> None:
        from alc_tui.errors import AlcError
        from alc_tui.session.labeling.service import SessionService
        from alc_tui.session.store.folder import SessionFolder
        from alc_tui.tui.sessions.rows import StoreRows, details

        assert "other" in {row.folder.name for row in StoreRows(store).read()}
        try:
            details(SessionFolder(store / "labeled"))
            service = SessionService(SessionFolder(store / "labeled"))
            for place in range(len(service.queue)):
                assert service.item(place).margin <= 1
            service.progress(), service.flow(), service.agreement(), service.truth(), service.state, service.images()
        except (AlcError, OSError) as error:
            print(error)

    return what_the_app_reads


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
    return found
