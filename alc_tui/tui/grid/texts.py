"""Texts of the grid: why deciding is not possible, which keys decide, and how much is shown."""

from __future__ import annotations

from collections.abc import Mapping

from alc_tui.session.labeling.service import SessionService
from alc_tui.text.format import plain
from alc_tui.tui.keys import display_key
from alc_tui.tui.labeling.texts import WATCHING

WELCOME = "Mark images with Space or *, then press the key of a class to label them."
UNMARKED = "Mark images with Space first."
UNPAINTED = "That image has not appeared yet. Mark it once you see it."
NO_MARKS = "No images marked."
NOTHING_TO_UNDO = "Nothing has been decided since the grid was opened."


def refusal(service: SessionService, is_blind: bool) -> str:
    """Why deciding is not possible in the grid; empty if it is."""
    if not service.is_writable:
        return WATCHING
    if service.frozen:
        return f"Round {service.round} is being retrained. You can browse; to change verdicts, use Review."
    if is_blind:
        return "Blind mode is on. Press Enter to enlarge an image and decide it alone."
    return ""


def deciding_keys(classes: Mapping[str, str]) -> str:
    """The keys that decide the marked images. classes: by key."""
    names = [f"{display_key(key)} {plain(name)}" for key, name in classes.items()]
    return f"Decide marked images:  {'  '.join(names)}  s skip  f flag  x exclude  / find a class"


def undone(count: int) -> str:
    """How many verdicts were undone."""
    return "Undone: the last verdict." if count == 1 else f"Undone: the last {count:,} verdicts."


def heading(
    service: SessionService, title: str, shown: int, marked: int, page: tuple[int, int]
) -> tuple[tuple[str, str], tuple[str, str]]:
    """Two lines, each with a left and a right end.

    title: of the `shown` samples. page: the number of the current page, from 1, and the number of pages.
    """
    of_queue = f"{title}: {shown:,} of {len(service.queue):,}   decided {service.progress().decided:,}"
    marks = f"{marked:,} marked   " if marked else ""
    return (
        (service.folder.name, f"grid of round {service.round} of {service.config.rounds}"),
        (of_queue, f"{marks}page {page[0]:,} of {page[1]:,}"),
    )
