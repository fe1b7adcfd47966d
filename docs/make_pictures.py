"""Makes the pictures of the README from a session on the demo data: learn, label two rounds by its truth, photograph.

Takes about three minutes on two cores. Needs no terminal.

    python docs/make_pictures.py
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from alc_tui.session.events import Epoch, EventReader
from alc_tui.session.folder import SessionFolder
from alc_tui.session.journal import FLAG, LABEL, SKIP
from alc_tui.session.service import SessionService
from alc_tui.tui.app import AlcApp

HERE = Path(__file__).parent
SIZE = (100, 30)
EPOCH = 14
SECONDS = 2.4
"""What a person takes for one image, in the pictures."""


def main() -> None:
    """Run the session and take the pictures on the way."""
    os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    os.environ.pop("NO_COLOR", None)
    with tempfile.TemporaryDirectory() as store:
        folder = SessionFolder(Path(store) / "demo")
        options = ["--dataset", "demo", "--noise", "0.5", "--name", "demo", "--no-train"]
        alc("new", *options, store=store)
        with subprocess.Popen(command("train", "demo", store=store)) as training:
            wait_for_epoch(folder, EPOCH)
            photograph(folder, "training")
            training.wait()
        decide(folder, part=0.4)
        photograph(folder, "label")
        photograph(folder, "grid", "g")
        for _ in range(2):
            decide(folder, part=1.0)
            alc("train", "demo", store=store)
        photograph(folder, "progress", "p", size=(140, 36))


def command(*arguments: str, store: str) -> list[str]:
    """`alc session …` on the store."""
    return [sys.executable, "-m", "alc_tui", "session", *arguments, "--store", store]


def alc(*arguments: str, store: str) -> None:
    """Run it to its end."""
    subprocess.run(command(*arguments, store=store), check=True)


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


def photograph(folder: SessionFolder, name: str, *keys: str, size: tuple[int, int] = SIZE) -> None:
    """Save what the app shows of the session after some keys."""
    asyncio.run(_photograph(folder, name, keys, size))


async def _photograph(folder: SessionFolder, name: str, keys: tuple[str, ...], size: tuple[int, int]) -> None:
    with SessionService(folder, "anna", write=True) as service:
        app = AlcApp(folder.path.parent, service)
        async with app.run_test(size=size) as pilot:
            for key in ("", *keys):
                if key:
                    await pilot.press(key)
                await asyncio.sleep(2.0)
            app.save_screenshot(str(HERE / f"{name}.svg"))


if __name__ == "__main__":
    main()
