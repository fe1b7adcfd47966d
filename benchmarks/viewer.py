"""The viewer: milliseconds from a key at the terminal to the next image in the browser, on loopback.

In a pseudo-terminal, with a simulated session over 1,024 × 1,024 JPEG files drawn for this purpose, and a headless
Chromium (`apt-get install chromium chromium-driver`, and the package selenium). `key_to_browser` is from the key's byte
being sent to the frame that follows the drawing of the image at full resolution. Without Chromium, `key_to_bytes` is
until an HTTP client has the message and the whole image. Keys alternate; the next one is pressed `--pause` seconds
after the last. `keys_without` counts keys that brought no image before the next one. Prints one JSON line.

    python -m benchmarks.viewer
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from math import inf
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import numpy as np
from PIL import Image

from benchmarks.label_terminal import app_on, machine, make, spread
from tests.terminal import Terminal
from tests.viewer.chromium import chromium, is_installed
from tests.visibility import number_in

SIDE, FILES = 1024, 40
WINDOW = (1600, 1000)
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/[\w-]+/")
_RECORD_FRAMES = """
window.frames_drawn = [];
const draw = CanvasRenderingContext2D.prototype.drawImage;
CanvasRenderingContext2D.prototype.drawImage = function (...values) {
  draw.apply(this, values);
  requestAnimationFrame(() => requestAnimationFrame(
    () => window.frames_drawn.push(performance.timeOrigin + performance.now())));
};
"""

Times = Callable[[], list[float]]
"""When images were there (monotonic)."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--decisions", type=int, default=200)
    parser.add_argument("--pause", type=float, default=1.0, help="seconds between two keys")
    parser.add_argument("--small", action="store_true", help="the smallest size, to see whether the script works")
    asked = parser.parse_args()
    side, files = (64, 8) if asked.small else (SIDE, FILES)
    decisions = 4 if asked.small else asked.decisions
    watch = in_browser if is_installed() else by_http
    with tempfile.TemporaryDirectory() as place:
        images = draw(Path(place) / "images", files, side)
        bytes_per_image = round(sum(path.stat().st_size for path in images) / files)
        folder = make(Path(place) / "viewed", images, 3 * decisions + 60, queued=decisions + 1)
        with Terminal([*app_on(folder), "--viewer"], (120, 36)) as terminal:
            found = _ADDRESS.search(terminal.until(_ADDRESS.search))
            assert found is not None
            terminal.send(b"\r")
            terminal.until(number_in)
            with watch(found[0]) as times:
                terminal.rests(1.0)
                pressed = []
                for key in islice(cycle("12345678"), decisions):
                    pressed.append(terminal.send(key.encode()))
                    time.sleep(asked.pause)
                seen = times()
    print(
        json.dumps(
            {
                **machine(),
                "image": f"{side} × {side} JPEG",
                "bytes": bytes_per_image,
                "decisions": decisions,
                "key_to_browser" if watch is in_browser else "key_to_bytes": delays(pressed, seen),
            }
        )
    )


@contextmanager
def in_browser(address: str) -> Iterator[Times]:
    """Watch the page in Chromium."""
    ahead = 1000 * (time.time() - time.monotonic())
    with chromium(*WINDOW) as window:
        window.get(address)
        time.sleep(1.0)
        window.execute_script(_RECORD_FRAMES)

        def times() -> list[float]:
            return [(at - ahead) / 1000 for at in window.execute_script("return window.frames_drawn")]

        yield times


@contextmanager
def by_http(address: str) -> Iterator[Times]:
    """Fetch each image as soon as its message comes."""
    found: list[float] = []

    def follow() -> None:
        with urlopen(address + "events") as events:
            for line in events:
                if line.startswith(b"data: ") and (name := json.loads(line[6:])["image"]) is not None:
                    with urlopen(f"{address}image/{name}") as image:
                        image.read()
                    found.append(time.monotonic())

    threading.Thread(target=follow, daemon=True).start()
    yield lambda: list(found)


def delays(pressed: list[float], seen: list[float]) -> dict[str, float]:
    """Milliseconds from each key to the last image before the next key, and how many keys brought none."""
    found = []
    for at, end in zip(pressed, [*pressed[1:], inf], strict=True):
        found += [1000 * (one - at) for one in seen if at < one < end][-1:]
    return {**spread(found, "ms", 1), "keys_without": len(pressed) - len(found)}


def draw(folder: Path, count: int, side: int) -> list[Path]:
    """JPEG files of clouds and grain, each different, about as large as photographs."""
    folder.mkdir()
    files: list[Path] = []
    for number in range(count):
        rng = np.random.default_rng(number)
        clouds = Image.fromarray(rng.integers(256, size=(24, 24, 3), dtype=np.uint8)).resize((side, side))
        grain = rng.normal(0, 6, size=(side, side, 1))
        pixels: np.ndarray[Any, np.dtype[np.uint8]] = np.clip(np.asarray(clouds) + grain, 0, 255).astype(np.uint8)
        files.append(folder / f"{number}.jpg")
        Image.fromarray(pixels).save(files[-1], quality=90)
    return files


if __name__ == "__main__":
    main()
