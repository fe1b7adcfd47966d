"""What lies in a store, and what somebody does in its list."""

from __future__ import annotations

import shutil
from pathlib import Path

from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import LABEL, Verdict
from alc_tui.tui.sessions.table import SessionsTable
from tests.app.desk import Guest
from tests.made_sessions import make_session


def decide(folder: SessionFolder, annotator: str, count: int) -> None:
    with SessionService(folder, annotator, write=True) as service:
        for _ in range(count):
            item = service.next_item()
            assert item is not None
            service.decide(item.sample, Verdict(LABEL, service.classes[0]))


def order(guest: Guest, *names: str) -> list[str]:
    """The names in the order in which the table shows them."""
    lines = guest.sees.splitlines()
    place = {name: next(n for n, line in enumerate(lines) if line.lstrip(" └").startswith(name)) for name in names}
    return sorted(names, key=place.__getitem__)


def make_replay(session: SessionFolder, name: str) -> SessionFolder:
    return SessionFolder(
        Path(shutil.copytree(make_session(session.path.parents[1] / name).path, session.replay(name).path))
    )


async def goes_to(guest: Guest, name: str) -> None:
    def is_there() -> bool:
        row = guest.app.screen.query_one(SessionsTable).row
        return row is not None and row.folder.name == name

    await guest.sees_text(name)
    for _ in range(20):
        if is_there():
            return
        await guest.pilot.press("down")
    raise AssertionError(guest.sees)
