"""Make the pictures of the documentation, and `first-session.txt`, from a session on the demo data.

Trains, labels two rounds with the true labels, takes screenshots on the way, and records what the commands print. Takes
about three minutes on two cores. Needs no terminal; the picture of the viewer needs Chromium and its driver.

    python -m docs.make_pictures                      # all
    python -m docs.make_pictures --only viewer.png    # one of them
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store import journal
from alc_tui.session.store.events import Epoch, EventReader
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Verdict
from alc_tui.tui.app import AlcApp
from benchmarks import small

VIEWER = "viewer.png"
TRAINING, LABEL, GRID, PROGRESS, TRANSCRIPT = OF_SESSION = (
    "training.svg",
    "label.svg",
    "grid.svg",
    "progress.svg",
    "first-session.txt",
)
SIZE = (100, 30)
EPOCH = 14
SECONDS = 2.4
"""Seconds that each decision takes, as the pictures show it."""


def main() -> None:
    """Make all pictures, or one of them, in a temporary folder, then put them in place."""
    os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    os.environ.pop("NO_COLOR", None)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", type=Path, default=Path(__file__).parent, help="the folder of the pictures")
    parser.add_argument("--only", choices=(VIEWER, *OF_SESSION), help="make only this one")
    parser.add_argument("--pause", type=float, default=2.0, help="seconds before each picture")
    parser.add_argument("--small", action="store_true", help="the smallest size, to check that the script works")
    asked = parser.parse_args()
    wanted = (VIEWER, *OF_SESSION) if asked.only is None else (asked.only,)
    with tempfile.TemporaryDirectory() as place:
        made = Path(place) / "made"
        made.mkdir()
        if VIEWER in wanted:
            take_viewer_picture(made / VIEWER)
        if any(name in wanted for name in OF_SESSION):
            for name in follow_session(Path(place), made, 0.3 if asked.small else asked.pause, asked.small):
                if name == asked.only:
                    break
        for name in wanted:
            if (made / name).exists():
                shutil.copyfile(made / name, asked.to / name)


def take_viewer_picture(path: Path) -> None:
    """Save the viewer's page, if there is a browser."""
    from tests.viewer import chromium

    if not chromium.is_installed():
        sys.stderr.write(f"{path.name} is left out: {chromium.MISSING}.\n")
        return
    from docs import viewer_picture

    viewer_picture.take_viewer_picture(path)


def follow_session(place: Path, made: Path, pause: float, is_small: bool) -> Iterator[str]:
    """Run a session in `place`, take the pictures on the way and record what is printed; yields each name in
    `OF_SESSION` once it is in `made`."""
    settings, epoch = ["--dataset", "demo"], EPOCH
    os.environ["ALC_SESSIONS"] = str(place)
    if is_small:
        settings = [*small.dataset(place), *small.SETTINGS, "--rounds", "2", "--budget", "5"]
        epoch = 1
    folder = SessionFolder(place / "demo")
    text = [run("new", *settings, "--noise", "0.5", "--name", "demo", "--no-train")]
    with subprocess.Popen(command("train"), stderr=subprocess.PIPE, text=True) as training:
        wait_for_epoch(folder, epoch)
        take_screenshot(folder, pause, made / TRAINING)
        yield TRAINING
        text.append(typed("train", training.communicate()[1]))
    decide(folder, part=0.4)
    take_screenshot(folder, pause, made / LABEL)
    yield LABEL
    take_screenshot(folder, pause, made / GRID, "g")
    yield GRID
    text.append("$ alc session label        # 90 images, one key each, then the retraining; see label.svg\n")
    decide(folder, part=1.0)
    run("train")
    text.append(take_screenshot(folder, pause, None, "p", size=(100, 22)))
    decide(folder, part=1.0)
    run("train")
    take_screenshot(folder, pause, made / PROGRESS, "p", size=(140, 36))
    yield PROGRESS
    text += [run("show"), run("export", "--to", "cleaned.csv", cwd=str(place))]
    (made / TRANSCRIPT).write_text("\n".join(text), encoding="utf-8")
    yield TRANSCRIPT


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
                kind = {9: journal.SKIP, 17: journal.FLAG}.get(place % 20, journal.LABEL)
                label = truth[sample] if kind == journal.LABEL else None
                service.decide(sample, Verdict(kind, label, SECONDS))


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
