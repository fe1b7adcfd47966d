"""Folders and tables with hostile names, links, loops and cells: `alc dataset info` says what it found or why not.

No image from outside is counted, none is counted twice, and no file of the folder goes unmentioned.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from PIL import Image

from tests.campaign.child import Ended, run
from tests.campaign.findings import Findings, Trials

SECONDS = 20.0
"""How long a command may take."""
NAMES = (
    *(
        "A",
        "B",
        "MEL",
        "mel",
        "MEL ",
        "nai\u0308ve",
        "na\xefve",
        "1",
        "1.0",
        "01",
        "nan",
        "None",
        "#N/A",
        "NULL",
        " ",
        "-rf",
    ),
    *(
        "--help",
        "$(reboot)",
        "*",
        "%s%n",
        "{0}",
        "\\",
        "a\\b",
        "a\nb",
        "a\tb",
        "\x1b[2J\x1b[31m",
        "\x07",
        "\u202egnp.exe",
    ),
    *("\udcff\udcfe", "\N{PILE OF POO}", "\ufeff", "x" * 200, "..a", "...", "~", "C:", "con", "'\"", "a,b;c", "[red]x"),
    *("train", "Training", "test", "Testing", "val", "validation", "dev", "images", "dataset", "masks", "data_root"),
    *("@eaDir", "#recycle", ".hidden", "__MACOSX", "lost+found", "$RECYCLE.BIN", ".DS_Store", "Thumbs.db", "a_mask"),
)
ENDINGS = (".png", ".PNG", ".png", ".png", ".jpg", "_mask.png", ".dcm", ".txt", ".nii.gz", "", ".csv")
CELLS = (
    *(
        "",
        " ",
        "nan",
        "None",
        "x",
        "X",
        "x ",
        "y",
        "1",
        "1.0",
        "#N/A",
        "=cmd()",
        "\x00",
        "\x1b[2J",
        "a\nb",
        '"',
        "\udcff",
    ),
    *("train", "validation", "test", "later", "kept", "exclude", "\N{PILE OF POO}", "9" * 400, "1e999"),
)
HEADERS = (
    *("image,label", "Image,LABEL", "image;label", "image\tlabel", "image,label,split", "image,label,truth,group"),
    *(
        "image_id,dx,lesion_id",
        "id,given,final,status,who,when,round",
        "image",
        "label,image,,",
        ",image,label",
        "",
        "a,b",
    ),
)
PATHS = (
    "/etc/passwd",
    "../secret/s.png",
    "a/../../secret/s.png",
    "..\\secret\\s.png",
    "C:\\a.png",
    "/",
    ".",
    "~",
    "a//b.png",
)
_IMAGE_COLUMNS = ("image", "image_id", "id")
_MINE = hasattr(os, "geteuid") and os.geteuid() == 0
"""Whether links of somebody else can be made."""


@dataclass(frozen=True)
class Ground:
    """A folder for one trial. root: the data. owned: outside, may be linked to. secret: outside, only links of somebody
    else lead there."""

    random: Random
    root: Path
    owned: Path
    secret: Path

    def put_image(self, path: Path) -> None:
        """An image that no other one equals, if a file can have this name."""
        file = io.BytesIO()
        Image.frombytes("RGB", (3, 3), self.random.randbytes(27)).save(file, "PNG")
        with suppress(OSError, ValueError):
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                path.write_bytes(file.getvalue())


def hostile_folders(trials: Trials) -> Findings:
    """See the module."""
    findings, random = Findings(), trials.random
    os.environ["ALC_CACHE"] = str(trials.folder / "cache")
    _import_what_the_commands_import()
    number = 0
    while number < len(KINDS) or trials.has_time():
        kind = list(KINDS)[number] if number < len(KINDS) else random.choice(list(KINDS))
        number += 1
        place = trials.folder / f"{number}"
        ground = Ground(random, place / "data", place / "owned", place / "secret")
        for folder in (ground.root, ground.owned, ground.secret):
            folder.mkdir(parents=True)
        for name in ("s.png", "deep/t.png"):
            ground.put_image(ground.owned / name)
            ground.put_image(ground.secret / name)
        findings.count(kind)
        broken = _tried(KINDS[kind](ground), ground, trials.folder)
        for each in broken:
            findings.violated(f"{kind} in {place} (kept): {each}")
        if not broken:
            shutil.rmtree(place)
    return findings


def _names(ground: Ground) -> str:
    random = ground.random
    for label in random.sample(NAMES, random.randint(2, 8)):
        for _ in range(random.randint(0, 4)):
            ground.put_image(ground.root / label / f"{random.choice(NAMES)}{random.choice(ENDINGS)}")
    return f"folder:{ground.root}"


def _layouts(ground: Ground) -> str:
    random = ground.random
    tops = random.sample(NAMES, random.randint(1, 3))
    for top in tops:
        for label in random.sample(NAMES, 3):
            for _ in range(random.randint(0, 2)):
                parts = [top, label, *random.sample(NAMES, random.randint(0, 2))]
                ground.put_image(ground.root.joinpath(*parts, f"{random.randrange(99)}.png"))
    return f"folder:{ground.root}"


def _links(ground: Ground) -> str:
    random = ground.random
    _names(ground)
    folders = [ground.root, *(path for path in ground.root.rglob("*") if path.is_dir() and not path.is_symlink())]
    for _ in range(random.randint(1, 12)):
        link = random.choice(folders) / f"{random.choice(NAMES)}{random.choice(ENDINGS)}"
        inside = list(ground.root.rglob("*"))
        others = _MINE and random.random() < 0.4
        targets = [*inside, ground.root, link, link.parent, Path("/nowhere"), Path("..")]
        targets += [ground.secret, ground.secret / "s.png"] if others else [ground.owned, ground.owned / "s.png"]
        with suppress(OSError, ValueError):
            link.symlink_to(random.choice(targets))
            if others:
                os.lchown(link, 12345, 12345)
    return f"folder:{ground.root}"


def _odd_entries(ground: Ground) -> str:
    random = ground.random
    _names(ground)
    folders = [ground.root, *(path for path in ground.root.rglob("*") if path.is_dir())]
    for _ in range(random.randint(1, 6)):
        path = random.choice(folders) / f"{random.choice(NAMES)}.png"
        with suppress(OSError, ValueError):
            random.choice((os.mkfifo, os.mkdir, Path.touch))(path)
    here = os.open(random.choice(folders), os.O_RDONLY)
    for _ in range(random.choice((0, 5, 30))):
        with suppress(FileExistsError):
            os.mkdir("d" * 150, dir_fd=here)
        inner = os.open("d" * 150, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    return f"folder:{ground.root}"


def _tables(ground: Ground) -> str:
    random = ground.random
    _links(ground)
    images = [path.relative_to(ground.root).as_posix() for path in ground.root.rglob("*.png")]
    images = [random.choice((image, image, str(ground.root / image), image.replace("/", "\\"))) for image in images]
    header = random.choice(HEADERS)
    delimiter = next((mark for mark in ",;\t" if mark in header), ",")
    named = [image for image in images if image.isprintable()]
    random.shuffle(named)
    columns = [column.casefold() for column in header.split(delimiter)]
    others = {"split": ["train", "val"], "": [""]}
    rare = random.choice((0.0, 0.05, 0.3))
    lines = [header]
    for _ in range(random.randint(0, 12)):
        image = named.pop() if named else "a.png"
        row = [
            image if column in _IMAGE_COLUMNS else random.choice(others.get(column, ["x", "y"])) for column in columns
        ]
        row = [random.choice((*CELLS, *PATHS)) if random.random() < rare else cell for cell in row]
        lines.append(delimiter.join(row[:1] if random.random() < rare / 5 else row))
    content = random.choice(("\n", "\r\n", "\r")).join(lines).encode("utf-8", "surrogateescape")
    if random.random() < rare / 3:
        content = bytes(random.choices(content, k=len(content)) if content else b"")
    table = ground.root / random.choice(("labels.csv", "a b.csv", "\x1b[2J.csv"))
    table.write_bytes(content)
    return f"csv:{table}"


def _isic(ground: Ground) -> str:
    from alc_tui.data.sources.isic import CLASSES, IMAGES, LABELS, METADATA

    random = ground.random
    lines = [random.choice((f"image,{','.join(CLASSES)},UNK", f"Image;{';'.join(CLASSES)}"))]
    mark = ";" if ";" in lines[0] else ","
    folder = ground.root / random.choice(("", IMAGES, f"{IMAGES}/{IMAGES}"))
    rare = random.choice((0.0, 0.02, 0.2))
    for number in range(random.randint(0, 12)):
        name = f"ISIC_{number}"
        ground.put_image(folder / f"{name}.png")
        cells = ["0"] * len(CLASSES)
        cells[random.randrange(len(CLASSES))] = "1.0"
        row = [random.choice((name, f"{name}.jpg")), *cells, *["0"] * (mark == ",")]
        lines.append(mark.join(random.choice((*CELLS, *PATHS)) if random.random() < rare else cell for cell in row))
    (ground.root / LABELS).write_bytes("\n".join(lines).encode("utf-8", "surrogateescape"))
    if random.random() < 0.5:
        (ground.root / METADATA).write_text(f"image,lesion_id\nISIC_0,{random.choice(('L', 'nan', ''))}\n")
    return "isic"


KINDS: dict[str, Callable[[Ground], str]] = {
    "names": _names,
    "layouts": _layouts,
    "links": _links,
    "odd entries": _odd_entries,
    "tables": _tables,
    "isic": _isic,
}


def _tried(spec: str, ground: Ground, folder: Path) -> list[str]:
    """The promises that are broken for a data set."""
    merges = ground.random.random() < 0.5
    options = ["--merge-alike"] if merges else []
    words = ["dataset", "info", spec, "--data-root", str(ground.root), "--image-size", "8", *options]
    opened = run(lambda: _print_opened(spec, ground.root, merges), folder, SECONDS)
    as_text = run(lambda: _type(words), folder, SECONDS)
    as_json = run(lambda: _type([*words, "--json"]), folder, SECONDS)
    if opened.code != 0:
        return [f"opening ends with code {opened.code}: {opened.err[-300:]}"]
    found = json.loads(opened.out)
    broken = [*_of_command(as_text), *_of_command(as_json), *_of_images(found, ground)]
    if spec.startswith("folder:") and "error" not in found:
        broken += _unmentioned(found, ground.root)
    if "error" in found and (as_text.code, as_json.code) != (2, 2):
        broken.append(f"exit codes {as_text.code} and {as_json.code} for {found['error']}")
    if as_json.code == 0 and not broken:
        broken += _of_counts(json.loads(as_json.out), found)
    return broken


def _import_what_the_commands_import() -> None:
    """So that the children do not."""
    from alc_tui.data.images import extensions

    for name in ("cli.main", "data.catalog", "data.cache.pixels", "data.report", "data.random_streams"):
        importlib.import_module(f"alc_tui.{name}")
    extensions()


def _type(words: list[str]) -> None:
    from alc_tui.cli.main import run as run_alc

    sys.argv = ["alc", *words]
    run_alc()


def _print_opened(spec: str, root: Path, merges: bool) -> None:
    from alc_tui.data.catalog import open_dataset
    from alc_tui.errors import UsageError

    try:
        data = open_dataset(spec, root, merges)
    except UsageError as error:
        print(json.dumps({"error": str(error)}))
        return
    inventory = data.inventory
    said: dict[str, Any] = {
        "root": str(data.root),
        "is_table": spec.startswith("csv:"),
        "images": [data.images.locator(index) for index in range(len(data))],
        "links": [link.path for link in inventory.links],
        "left_out": [omission.path for omission in inventory.omissions],
        "problems": [problem.path for problem in inventory.problems],
    }
    print(json.dumps(said))


def _of_command(ended: Ended) -> list[str]:
    last = (ended.err.strip().splitlines() or [""])[-1]
    if ended.code not in (0, 2) or "Traceback" in ended.err:
        return [f"exit code {ended.code}: {ended.err[-300:]}"]
    if ended.code and not re.fullmatch(r"Error: .*[.!?]", last):
        return [f"exit code 2 without a sentence: {last!r}"]
    errors = [line for line in ended.err.splitlines() if line.startswith("Error: ")]
    if len(errors) != (ended.code == 2):
        return [f"{len(errors)} sentences instead of one: {ended.err[-300:]!r}"]
    if re.search(r"[\x00-\x08\x0b-\x1f\x7f\x9b]", ended.out + ended.err.replace("\r", "")):
        return ["control characters in what it prints"]
    return []


def _of_images(found: dict[str, Any], ground: Ground) -> list[str]:
    if "error" in found:
        return []
    real = [os.path.realpath(os.path.join(found["root"], image)) for image in found["images"]]  # noqa: PTH118
    allowed = tuple(f"{os.path.realpath(folder)}/" for folder in (ground.root, ground.owned))
    outside = [path for path in real if os.path.isfile(path) and not path.startswith(allowed)]  # noqa: PTH113
    broken = [f"{path!r} is outside" for path in outside]
    if len(set(real)) < len(real) and not found["is_table"]:
        broken.append("an image is counted twice")
    return broken


def _unmentioned(found: dict[str, Any], root: Path) -> list[str]:
    """Files and links of the folder that are neither images nor followed, left out or a problem."""
    said = {*found["images"], *found["links"], *found["left_out"], *found["problems"]}
    forgotten = []
    for parent, folders, files in os.walk(root):
        for name in (
            *files,
            *(each for each in folders if os.path.islink(os.path.join(parent, each))),  # noqa: PTH114, PTH118
        ):
            path = Path(parent, name).relative_to(root)
            if not any(str(each) in said for each in (path, *path.parents)):
                forgotten.append(str(path))
    return [f"{path!r} is not mentioned" for path in forgotten]


def _of_counts(told: dict[str, Any], found: dict[str, Any]) -> list[str]:
    counted = sum(sum(parts.values()) for parts in told["counts"].values())
    inventory = told["inventory"]
    pairs = (
        ("samples", counted, told["samples"]),
        ("images", inventory["images"], len(found["images"])),
        ("left out", sum(inventory["left_out"].values()), len(found["left_out"])),
        ("problems", len(inventory["problems"]), len(found["problems"])),
    )
    return [f"{what}: {one} is not {other}" for what, one, other in pairs if one != other]
