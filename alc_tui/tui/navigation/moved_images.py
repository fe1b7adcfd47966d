"""Asks where the images of a session are now, if they are missing."""

from __future__ import annotations

import asyncio
from pathlib import Path

from textual.app import App

from alc_tui.errors import AlcError
from alc_tui.session.relocation import missing_images, relocate
from alc_tui.session.store.folder import SessionFolder
from alc_tui.tui.dialogs.ask import AskScreen


async def ask_for_images(app: App[int], folder: SessionFolder) -> bool:
    """Ask until the images are found or the question is canceled; returns whether they were found elsewhere.

    Runs in a Textual worker. Nothing is asked if the images are where they were.
    """
    try:
        root = await asyncio.to_thread(missing_images, folder)
    except (AlcError, OSError):
        return False  # opening the session reports the damage
    place = None if root is None else str(root)
    while place is not None:
        question = f"The images of session {folder.owner.name} are not in {root}. In which folder are they now?"
        place = await app.push_screen_wait(AskScreen(question, place))
        if place is None:
            break
        try:
            relocation = await asyncio.to_thread(relocate, folder, Path(place))
        except (AlcError, OSError) as error:
            app.notify(str(error), severity="error", timeout=15, markup=False)
        else:
            app.notify(relocation.sentence(), timeout=15, markup=False)
            return True
    return False
