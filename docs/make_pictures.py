"""Make the pictures of the documentation, and `first-session.txt`, from a session on the demo data.

Trains, labels two rounds with the true labels, takes screenshots on the way, and records what the commands print. Takes
about three minutes on two cores. Needs no terminal.

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
from alc_tui.session.store.journal import FLAG, LABEL, SKIP, Verdict
from alc_tui.tui.app import AlcApp
from benchmarks import small

SIZE = (100, 30)
EPOCH = 14
SECONDS = 2.4
"""Seconds that each decision takes, as the pictures show it."""


def main() -> None:
    """Run the session, take the pictures on the way and record what is printed."""
    os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    os.environ.pop("NO_COLOR", None)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", type=Path, default=Path(__file__).parent, help="the folder of the pictures")
    parser.add_argument("--pause", type=float, default=2.0, help="seconds before each picture")
    parser.add_argument("--small", action="store_true", help="the smallest size, to check that the script works")
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
            take_screenshot(folder, asked.pause, asked.to / "training.svg")
            text.append(typed("train", training.communicate()[1]))
        decide(folder, part=0.4)
        take_screenshot(folder, asked.pause, asked.to / "label.svg")
        take_screenshot(folder, asked.pause, asked.to / "grid.svg", "g")
        text.append("$ alc session label        # 90 images, one key each, then the retraining; see label.svg\n")
        decide(folder, part=1.0)
        run("train")
        text.append(take_screenshot(folder, asked.pause, None, "p", size=(100, 22)))
        decide(folder, part=1.0)
        run("train")
        take_screenshot(folder, asked.pause, asked.to / "progress.svg", "p", size=(140, 36))
        text += [run("show"), run("export", "--to", "cleaned.csv", cwd=place)]
    (asked.to / "first-session.txt").write_text("\n".join(text), encoding="utf-8")


def command(name: str, *options: str) -> list[str]:
    """`alc session …`."""
    return [sys.executable, "-m", "alc_tui", "session", name, *options]


def typed(line: str, printed: str) -> str:
    """A command line, and what it prints below."""
    return f"$ alc session {line}\n{printed}"


def run(name: str, *options: str, cwd: str | None = None) -> str:
    """Run a command to its end; returns its line and what it printed."""
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
    """Decide the first part of the round with the true labels; skip and flag a few."""
    with SessionService(folder, "anna", write=True) as service:
        truth = service.truth()
        for place, sample in enumerate(service.queue[: round(part * len(service.queue))]):
            if service.verdict(sample) is None:
                kind = {9: SKIP, 17: FLAG}.get(place % 20, LABEL)
                service.decide(sample, Verdict(kind, truth[sample] if kind == LABEL else None, SECONDS))


def take_screenshot(
    folder: SessionFolder, pause: float, picture: Path | None, *keys: str, size: tuple[int, int] = SIZE
) -> str:
    """Press some keys in the app and save what it shows to `picture`, if there is one; returns the screen as text."""
    return asyncio.run(_take_screenshot(folder, pause, picture, keys, size))


async def _take_screenshot(
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
