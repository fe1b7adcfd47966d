"""Labeling at a terminal: seconds from key to next image, bytes on the line, start-up, memory; on the real images.

In a pseudo-terminal, with simulated sessions (no training). An emulator at the other end says when the next image
stood there whole: `key_to_image` is from the key's byte being sent to that. On a line without delay, the terminal
answers at once where the cursor is, and images are limited to the `largest` size that a setting names: square ones
fill 48 × 24 cells, those of ISIC, 4 : 3, most of 134 × 50 (more cells than 120 × 50), with large neighbors beside
them. On a line of 150 ms and 1 Mbit/s, nothing limits them but the app: `bytes_per_decision` must stay below 60 KB.
Keys alternate, one 0.25 s after the line has gone quiet; `same_key` says what it costs that the app holds a key back
which is pressed again within 0.8 s, to see whether it is held down. `keys_without` counts keys that brought no image
before the next one: refused, or too slow; they are in no other figure. `compressed` is what ssh -C would send. `start`
is from the process's start to the first image (of ISIC), with the app's bytecode in place, as after a first start.
Memory is the process's: its peak, and the most of its proportional share that was seen, every 20 decisions. Every
session has 20,000 samples, which take the images in turn. Prints one JSON line; takes ten minutes.

    ALC_DATA=/path/to/data python -m benchmarks.label_terminal
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
import zlib
from collections.abc import Sequence
from compileall import compile_dir
from dataclasses import dataclass
from importlib.metadata import version
from itertools import cycle, islice
from math import inf
from pathlib import Path
from typing import Any

import numpy as np

import alc_tui
from alc_tui import __version__
from alc_tui.session.store.folder import SessionFolder
from benchmarks import small
from tests.made_sessions import make_session
from tests.terminal import COLORS_256, TRUECOLOR, Line, Terminal
from tests.visibility import VisibleImage, number_in, visible_images

CLASSES = ("MEL", "NV", "BCC", "AK", "BKL", "DF", "VASC", "SCC")
SQUARE, WIDE = "previews", "isic-2019-small/ISIC_2019_Training_Input"
COLORS = {"truecolor": TRUECOLOR, "256 colors": COLORS_256}
LOOK = 0.25
"""Seconds for which nothing came before the next key is pressed."""
PATIENCE = 2.0
"""Seconds within which a key brings something."""


FAST, SLOW = Line(), Line(0.15, 1e6)


@dataclass(frozen=True)
class Setting:
    """What is measured: which images, in a terminal of which size, in which colors. largest: columns and rows of an
    image, none for no limit. line: to the terminal."""

    images: str
    size: tuple[int, int]
    colors: str
    largest: str = ""
    line: Line = FAST


SETTINGS: tuple[Setting, ...] = (
    Setting(SQUARE, (100, 30), "truecolor", "48x24"),
    Setting(SQUARE, (100, 30), "256 colors", "48x24"),
    Setting(WIDE, (240, 56), "truecolor", "134x50"),
    Setting(WIDE, (240, 56), "256 colors", "134x50"),
    Setting(SQUARE, (100, 30), "truecolor", line=SLOW),
    Setting(SQUARE, (200, 60), "truecolor", line=SLOW),
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--decisions", type=int, default=200, help="per setting")
    parser.add_argument("--starts", type=int, default=10)
    parser.add_argument("--samples", type=int, default=20_000, help="in every session")
    parser.add_argument("--small", action="store_true", help="the smallest size, to see whether the script works")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        store, settings = Path(place), SETTINGS
        if asked.small:
            asked.decisions, asked.starts, asked.samples, settings = 20, 1, 120, SETTINGS[:1]
            images = dict.fromkeys((SQUARE, WIDE), small.images(store))
        else:
            images = {folder: real_images(folder) for folder in (SQUARE, WIDE)}
        measured = [
            label(setting, images[setting.images], asked.decisions, asked.samples, store) for setting in settings
        ]
        large = make(store / "large", images[WIDE], asked.samples, queued=asked.decisions)
        compile_dir(Path(alc_tui.__file__).parent, quiet=2)
        starts = [start(large) for _ in range(asked.starts)]
    print(
        json.dumps(
            {
                **machine(),
                "samples": asked.samples,
                "settings": measured,
                "start": {"starts": asked.starts, **spread(starts, "seconds", 3)},
            }
        )
    )


def label(setting: Setting, images: Sequence[Path], decisions: int, samples: int, store: Path) -> dict[str, Any]:
    """Decide so many samples with alternating keys, then some with one and the same."""
    repeats = max(10, decisions // 10)
    is_slow = setting.line == SLOW
    name = f"{Path(setting.images).name}-{setting.size[0]}-{setting.colors.replace(' ', '-')}{'-slow' * is_slow}"
    folder = make(store / name, images, samples, decisions + repeats + 1)
    config = store / f"{name}.toml"
    config.write_text(f'[app]\nlargest = "{setting.largest}"\n' if setting.largest else "")
    environment = {**COLORS[setting.colors], "ALC_CONFIG": str(config), "XDG_STATE_HOME": str(store)}
    memory: list[dict[str, int]] = []
    with Terminal(app_on(folder), setting.size, environment, setting.line, is_quick=True) as terminal:
        terminal.until(number_in)
        terminal.rests(1.0)
        first_chunk = len(terminal.chunks)
        alternating = []
        for number, key in enumerate(islice(cycle("12345678"), decisions), start=1):
            alternating.append(press(terminal, key))
            if number % 20 == 0:
                memory.append(memory_of(terminal.process.pid))
        last_chunk = len(terminal.chunks)
        same = []
        for _ in range(repeats):
            same.append(press(terminal, "1"))
    seen = visible_images(terminal.chunks, terminal.size)
    stream = [chunk.data for chunk in terminal.chunks[first_chunk:last_chunk]]
    return {
        "images": Path(setting.images).name,
        "size": "{}x{}".format(*setting.size),
        "colors": setting.colors,
        "largest": setting.largest or None,
        "bits_per_second": setting.line.bits_per_second,
        "decisions": decisions,
        "key_to_image": key_to_image(alternating, [*alternating[1:], same[0]], seen),
        "same_key": key_to_image(same[1:], [*same[2:], inf], seen),
        "bytes_per_decision": round(sum(map(len, stream)) / decisions),
        "compressed_bytes_per_decision": round(compressed(stream) / decisions),
        "memory_mb": {name: round(max(one[name] for one in memory) / 1e6, 1) for name in memory[0]},
    }


def press(terminal: Terminal, key: str) -> float:
    """Press a key, wait for what it brings, and look; returns when it was pressed."""
    before = len(terminal.chunks)
    at = terminal.send(key.encode())
    while len(terminal.chunks) == before and time.monotonic() - at < PATIENCE:
        time.sleep(0.005)
    terminal.rests(LOOK)
    return at


def key_to_image(
    pressed: Sequence[float], next_pressed: Sequence[float], seen: Sequence[VisibleImage]
) -> dict[str, float]:
    """From each key to the image that stood there before the next one, and how many keys brought none."""
    seconds = []
    for at, end in zip(pressed, next_pressed, strict=True):
        seconds += [image.since - at for image in seen if at < image.since < end][-1:]
    return {**spread([1000 * one for one in seconds], "ms", 1), "keys_without": len(pressed) - len(seconds)}


def start(folder: SessionFolder) -> float:
    """Seconds from the process's start to its first image."""
    with Terminal(app_on(folder), (100, 30), is_quick=True) as terminal:
        time.sleep(1.5)  # looking for the first image now would slow it down
        terminal.until(number_in)
        terminal.rests(0.5)
    first, *_ = visible_images(terminal.chunks, terminal.size)
    return first.since - terminal.started_at


def make(path: Path, images: Sequence[Path], samples: int, queued: int) -> SessionFolder:
    """A session over so many samples, which take the images in turn."""
    return make_session(path, CLASSES, images=list(islice(cycle(images), samples)), budget=queued, rounds=1)


def real_images(folder: str) -> list[Path]:
    """The images in a folder of ALC_DATA; ends the program if there are none."""
    root = Path(os.environ.get("ALC_DATA", "")) / folder
    found = sorted(root.glob("*.jpg")) if "ALC_DATA" in os.environ else []
    if not found:
        print(f"There are no images in {root}: set ALC_DATA to the folder that holds {folder}.", file=sys.stderr)
        sys.exit(2)
    return found


def app_on(folder: SessionFolder) -> list[str]:
    """The command that labels a session."""
    return [sys.executable, "-m", "alc_tui", "session", "label", folder.name, "--store", str(folder.path.parent)]


def memory_of(pid: int) -> dict[str, int]:
    """Bytes of a process: its peak in memory, and its share where pages are shared, now."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    shares = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    share = next(line.split()[1] for line in shares if line.startswith("Pss:"))
    return {"rss_peak": 1024 * int(status["VmHWM"].split()[0]), "pss": 1024 * int(share)}


def compressed(stream: Sequence[bytes]) -> int:
    """Bytes after compression chunk by chunk, as ssh does."""
    packer = zlib.compressobj(6)
    return sum(len(packer.compress(data)) + len(packer.flush(zlib.Z_SYNC_FLUSH)) for data in stream)


def spread(values: Sequence[float], unit: str, digits: int) -> dict[str, float]:
    """Median, 95th percentile and largest."""
    named = {"median": np.median(values), "p95": np.percentile(values, 95), "max": max(values)}
    return {f"{name}_{unit}": round(float(value), digits) for name, value in named.items()}


def machine() -> dict[str, Any]:
    """On what it was measured."""
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        **{name: version(name) for name in ("textual", "rich-pixels", "pillow")},
        "alc-tui": __version__,
    }


if __name__ == "__main__":
    main()
