"""Damaged and odd DICOM files: commands and images end with a sentence, and no patient's name is in what they leave.

Every file of the folder is an image, bad or left out, and what looks at an image agrees with what counts it.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from unittest import mock

from tests.campaign import damage
from tests.campaign.child import Ended, run
from tests.campaign.findings import Findings, NotPossibleError, Trials
from tests.campaign.medical_samples import ODD, samples_by_kind

SECONDS = 20.0
"""How long a command may take."""
MEGABYTES = 2500.0
"""How much memory a command may take, the interpreter included."""
PER_CLASS = 6
CLASSES = ("A", "B")
LOOKS = 20
"""How many files are looked at in each trial."""
ATTRIBUTES = ("PatientAge", "Modality", "PatientSex")
_TWICE = 0.3
NAMES = (b"Jane", "Jane".encode("utf-16-le"), "Jane".encode("utf-32-le"))
"""A part of the patient's name as files may hold it."""


@dataclass(frozen=True)
class Ground:
    """The data of a campaign: healthy images of two classes, and a place for the attacked file.

    data: the folder of the images. table: names all of them, and a frame of the attacked one. looks: the folder of
    further attacked files, which are only looked at.
    """

    folder: Path
    data: Path
    attacked: Path
    table: Path
    looks: Path

    @property
    def written(self) -> list[Path]:
        """What the commands have written."""
        return [path for name in ("cache", "store") for path in (self.folder / name).rglob("*") if path.is_file()]


def medical_files(trials: Trials) -> Findings:
    """See the module."""
    from alc_tui.data.images.dicom.decoding import reads_dicom

    if not reads_dicom():
        raise NotPossibleError("the extra dicom is not installed")
    with mock.patch.dict(os.environ, {"ALC_CACHE": str(trials.folder / "cache"), "ALC_SESSIONS": str(trials.folder)}):
        return _damage_and_read(trials)


def _damage_and_read(trials: Trials) -> Findings:
    findings, random = Findings(), trials.random
    _import_what_the_commands_import()
    samples = samples_by_kind()
    ground = _prepared(trials.folder, samples["windows"])
    damages = (*damage.BYTES, *ODD)
    first = [(kind, random.choice(damages)) for kind in samples]
    first += [(random.choice(list(samples)), one) for one in damages]

    def attack(path: Path) -> None:
        kind, one = first.pop() if first else (random.choice(list(samples)), random.choice(damages))
        content = one(random, samples[kind])
        if content and random.random() < _TWICE:
            content = random.choice(damages)(random, content)
        path.write_bytes(content)
        findings.count(f"{kind}: {one.__name__}")

    while first or trials.has_time():
        attack(ground.attacked)
        for number in range(LOOKS):
            attack(ground.looks / f"{number}.dcm")
        broken = _tried(ground, random)
        if broken:
            kept = _keep(ground)
            for each in broken:
                findings.violated(f"{each} (kept in {kept})")
            shutil.rmtree(ground.folder / "cache", ignore_errors=True)
        shutil.rmtree(ground.folder / "store", ignore_errors=True)
    return findings


def _prepared(folder: Path, content: bytes) -> Ground:
    from tests.data.images.dicoms import pydicom

    data = folder / "data"
    rows = ["image,label"]
    for label in CLASSES:
        (data / label).mkdir(parents=True)
        for number in range(PER_CLASS):
            path = data / label / f"{number}.dcm"
            path.write_bytes(content)
            dataset = pydicom.dcmread(path)
            dataset.PixelData = dataset.PixelData[2 * number :] + dataset.PixelData[: 2 * number]
            dataset.save_as(path)
            rows.append(f"{label}/{path.name},{label}")
    table = data / "labels.csv"
    table.write_text("\n".join([*rows, "A/attacked.dcm,A", "A/attacked.dcm#2,B"]) + "\n")
    looks = folder / "looks"
    looks.mkdir()
    return Ground(folder, data, data / "A" / "attacked.dcm", table, looks)


def _keep(ground: Ground) -> Path:
    """Keep the damaged files where they outlive the campaign."""
    kept = Path(tempfile.mkdtemp(prefix="alc-medical-"))
    for path in (ground.attacked, *ground.looks.iterdir()):
        shutil.copyfile(path, kept / path.name)
    return kept


def _tried(ground: Ground, random: Random) -> list[str]:
    """The promises that are broken for the attacked files."""
    folder, table = f"folder:{ground.data}", f"csv:{ground.table}"
    size = ("--image-size", "8")
    info: dict[str, Callable[[], object]] = {
        "alc dataset info": lambda: _type("dataset", "info", folder, *size),
        "alc dataset info of the table": lambda: _type("dataset", "info", table, *size, "--json"),
        "alc dataset prepare": lambda: _type("dataset", "prepare", folder, *size),
        "a new session": lambda: _make_session(ground, folder),
        "a new session of the table": lambda: _make_session(ground, table),
    }
    name = random.choice(list(info))
    ended = run(info[name], ground.folder, SECONDS)
    broken = [f"{name}: {each}" for each in _of_command(ended)]
    files = [ground.attacked, *sorted(ground.looks.iterdir())]
    looked = run(lambda: _look_at(files), ground.folder, SECONDS)
    counted = run(lambda: _type("dataset", "info", folder, *size, "--json"), ground.folder, SECONDS)
    broken += [f"looking at it: {each}" for each in _of_command(looked)]
    broken += [f"alc dataset info --json: {each}" for each in _of_command(counted)]
    if looked.code == counted.code == 0:
        broken += _of_counts(json.loads(looked.out)[ground.attacked.name], json.loads(counted.out))
    return broken + _names_in(ground)


def _import_what_the_commands_import() -> None:
    """So that not every child does."""
    for name in ("cli.main", "cli.dataset.output", "session.create", "data.report", "viewer.images"):
        importlib.import_module(f"alc_tui.{name}")
    for name in ("alc_tui.tui.pictures.drawing", "tests.session.small", "pydicom.pixels.decoders"):
        importlib.import_module(name)
    from alc_tui.data.images import formats
    from alc_tui.data.images.dicom.decoding import library

    formats()
    library()


def _type(*words: str) -> None:
    from alc_tui.cli.main import run as run_alc

    sys.argv = ["alc", *words]
    run_alc()


def _make_session(ground: Ground, dataset: str) -> None:
    """What `alc session new` does, but for measuring the machine."""
    from alc_tui.errors import AlcError
    from tests.session.small import make

    store = ground.folder / "store"
    store.mkdir(exist_ok=True)
    try:
        make(
            ground.data,
            store,
            "made",
            dataset=dataset,
            show=",".join(ATTRIBUTES),
            skip_bad=True,
            image_size=8,
            budget=1,
        )
    except AlcError as error:
        print(f"Error: {error}", file=sys.stderr)
        raise SystemExit(error.exit_code) from error


def _look_at(paths: list[Path]) -> None:
    """Look at the files, and print what is said of which."""
    said = {}
    for path in paths:
        try:
            said[path.name] = _look(path)
        except Exception:
            print(f"{path.name}:", file=sys.stderr)
            raise
    print(json.dumps(said))


def _look(path: Path) -> dict[str, str]:
    """Look at a file in every window and in two frames, at the terminal and in the viewer; returns why one cannot be
    shown. Print its attributes and the names of its windows."""
    from alc_tui.data.images import BadImageError, FileImages
    from alc_tui.data.images.dicom.attributes import read_attributes
    from alc_tui.text.format import plain
    from alc_tui.tui.pictures.drawing import draw, error_picture
    from alc_tui.viewer.images import full_image, thumbnail

    content = path.read_bytes()
    print(*map(plain, read_attributes(content, ATTRIBUTES)), sep="\n", file=sys.stderr)
    images = FileImages(path.parent, [path.name, f"{path.name}#2"])
    said: dict[str, str] = {}
    for index in range(len(images)):
        try:
            shown = images.read_in_window(index, "lung")
            for name in shown.windows:
                draw(images.read_in_window(index, name).image, (8, 4))
                print(plain(name), file=sys.stderr)
                full_image(images, index, name)
            assert images.read(index).tobytes() == images.read_in_window(index, "").image.tobytes()
            thumbnail(images, index)
        except BadImageError as error:
            lines = error_picture(error, (60, 6)).lines
            print("\n".join(line.text for line in lines), file=sys.stderr)
            said[str(index)] = str(error)
    return said


def _of_command(ended: Ended) -> list[str]:
    last = (ended.err.strip().splitlines() or [""])[-1]
    broken = []
    if ended.code is None:
        broken.append(f"it does not end within {SECONDS:g} s")
    elif "Traceback" in ended.err or ended.code not in (0, 2):
        broken.append(f"a traceback, exit code {ended.code}: {ended.err[-600:]}")
    elif ended.code and not re.fullmatch(r"Error: .*[.!?]", last):
        broken.append(f"exit code {ended.code} without a sentence: {last[:200]!r}")
    if "Warning" in ended.err:
        broken.append(f"a warning: {ended.err[-300:]}")
    if ended.megabytes > MEGABYTES:
        broken.append(f"it takes {ended.megabytes:.0f} MB")
    if re.search(r"[\x00-\x08\x0b-\x1f\x7f\x9b]", ended.out + ended.err.replace("\r", "")):
        broken.append("control characters in what it prints")
    if "Jane" in ended.out + ended.err:
        broken.append("the patient's name in what it prints")
    return broken


def _of_counts(said: dict[str, str], told: dict[str, object]) -> list[str]:
    """Whether the file is counted as what it looks like."""
    bad = {each["locator"]: each["reason"] for each in told["bad"]}  # type: ignore[attr-defined]
    inventory = told["inventory"]
    left_out = sum(inventory["left_out"].values())  # type: ignore[index]
    broken = []
    if told["samples"] + left_out != 2 * PER_CLASS + 2:  # type: ignore[operator]
        broken.append(f"{told['samples']} samples and {left_out} left out of {2 * PER_CLASS + 2} files")
    if told["samples"] == 2 * PER_CLASS + 1 and bad.get("A/attacked.dcm") != said.get("0"):
        broken.append(f"it is counted as {bad.get('A/attacked.dcm')}, and looks {said.get('0')}")
    if set(bad) - {"A/attacked.dcm"}:
        broken.append(f"other images are bad: {bad}")
    return broken


def _names_in(ground: Ground) -> list[str]:
    found = []
    for path in ground.written:
        with suppress(OSError):
            content = path.read_bytes()
            if any(name in content for name in NAMES):
                found.append(f"the patient's name in {path.relative_to(ground.folder)}")
    return found
