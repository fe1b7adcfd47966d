"""Makes the pictures of the README and `first-session.txt` from a session on the demo data.

Learns, labels two rounds by its truth, photographs and writes down what was printed.

Takes about three minutes on two cores. Needs no terminal.

    python -m docs.make_pictures
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.events import Epoch, EventReader
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import FLAG, LABEL, SKIP
from alc_tui.tui.app import AlcApp
from benchmarks import small

SIZE = (100, 30)
EPOCH = 14
SECONDS = 2.4
"""What a person takes for one image, in the pictures."""


def main() -> None:
    """Run the session, take the pictures on the way and write down what was printed."""
    os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    os.environ.pop("NO_COLOR", None)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", type=Path, default=Path(__file__).parent, help="the folder of the pictures")
    parser.add_argument("--pause", type=float, default=2.0, help="seconds before each picture")
    parser.add_argument("--small", action="store_true", help="the smallest size, to see whether the script works")
    asked = parser.parse_args()
    settings, epoch = ["--dataset", "demo"], EPOCH
    with tempfile.TemporaryDirectory() as place:
        os.environ["ALC_SESSIONS"] = place
        if asked.small:
            settings = [*small.dataset(Path(place)), *small.SETTINGS, "--rounds", "2", "--budget", "5"]
            epoch, asked.pause = 1, 0.3
        folder = SessionFolder(Path(place) / "demo")
        text = [run("new", *settings, "--noise", "0.5", "--name", "demo", "--no-train")]
        with subprocess.Popen(command("train"), stderr=subprocess.PIPE, text=True) as training:
            wait_for_epoch(folder, epoch)
            photograph(folder, asked.pause, asked.to / "training.svg")
            text.append(typed("train", training.communicate()[1]))
        decide(folder, part=0.4)
        photograph(folder, asked.pause, asked.to / "label.svg")
        photograph(folder, asked.pause, asked.to / "grid.svg", "g")
        text.append("$ alc session label        # 90 images, one key each, then the retraining; see label.svg\n")
        decide(folder, part=1.0)
        run("train")
        text.append(photograph(folder, asked.pause, None, "p", size=(100, 22)))
        decide(folder, part=1.0)
        run("train")
        photograph(folder, asked.pause, asked.to / "progress.svg", "p", size=(140, 36))
        text += [run("show"), run("export", "--to", "cleaned.csv", cwd=place)]
    (asked.to / "first-session.txt").write_text("\n".join(text), encoding="utf-8")


def command(name: str, *options: str) -> list[str]:
    """`alc session …`."""
    return [sys.executable, "-m", "alc_tui", "session", name, *options]


def typed(line: str, printed: str) -> str:
    """What a person types, and what is printed below it."""
    return f"$ alc session {line}\n{printed}"


def run(name: str, *options: str, cwd: str | None = None) -> str:
    """Run it to its end; what was typed and printed."""
    done = subprocess.run(
        command(name, *options), cwd=cwd, check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    return typed(" ".join((name, *options)), done.stdout)


def wait_for_epoch(folder: SessionFolder, number: int) -> None:
    """Wait until the worker has finished that epoch."""
    reader = EventReader(folder.events)
    while not any(isinstance(event, Epoch) and event.epoch >= number for event in reader.poll()):
        time.sleep(0.2)


def decide(folder: SessionFolder, part: float) -> None:
    """Decide the first part of the round by its truth; skip and flag a few."""
    with SessionService(folder, "anna", write=True) as service:
        truth = service.truth()
        for place, sample in enumerate(service.queue[: round(part * len(service.queue))]):
            if service.verdict(sample) is None:
                kind = {9: SKIP, 17: FLAG}.get(place % 20, LABEL)
                service.decide(sample, kind, truth[sample] if kind == LABEL else None, SECONDS)


def photograph(
    folder: SessionFolder, pause: float, picture: Path | None, *keys: str, size: tuple[int, int] = SIZE
) -> str:
    """Save what the app shows of the session after some keys, if a picture is wanted; returns it as text."""
    return asyncio.run(_photograph(folder, pause, picture, keys, size))


async def _photograph(
    folder: SessionFolder, pause: float, picture: Path | None, keys: tuple[str, ...], size: tuple[int, int]
) -> str:
    with SessionService(folder, "anna", write=True) as service:
        app = AlcApp(folder.path.parent, service)
        async with app.run_test(size=size) as pilot:
            for key in ("", *keys):
                if key:
                    await pilot.press(key)
                await asyncio.sleep(pause)
            if picture is not None:
                app.save_screenshot(str(picture))
            lines = app.screen._compositor.render_strips()
            return "".join("".join(segment.text for segment in line).rstrip() + "\n" for line in lines)


if __name__ == "__main__":
    main()
