"""What the grid says in words: why nothing can be decided, what decides, and how much is shown."""

from __future__ import annotations

from collections.abc import Mapping

from alc_tui.session.labeling.service import SessionService
from alc_tui.text.format import plain
from alc_tui.tui import keys

WELCOME = "Mark images with space or *; then a class's key decides them, after a question."
UNMARKED = "Mark images first (space): a key alone decides nothing here."
UNPAINTED = "That image is not painted yet: wait for it, then mark it."


def refusal(service: SessionService, is_blind: bool) -> str:
    """Why nothing can be decided in the grid; nothing if it can."""
    if not service.is_writable:
        return "You are watching: only the one who labels can decide."
    if service.frozen:
        return f"Round {service.round} is being retrained: look around; Review changes verdicts."
    if is_blind:
        return "You label blind: Enter shows an image large, to be decided by itself."
    return ""


def what_decides(classes: Mapping[str, str]) -> str:
    """The keys of classes (by key), as far as the line is long."""
    names = [f"{keys.shown(key)} {plain(name)}" for key, name in classes.items()]
    return f"Decide what is marked:  {'  '.join(names)}  s skip  f flag  x exclude  / find a class"


def heading(
    service: SessionService, title: str, shown: int, marked: int, page: tuple[int, int]
) -> tuple[tuple[str, str], tuple[str, str]]:
    """Two lines. title: of the `shown` samples. page: the one that is shown, from 1, and how many there are."""
    of_queue = f"{title}: {shown:,} of {len(service.queue):,}   decided {service.progress().decided:,}"
    marks = f"{marked:,} marked   " if marked else ""
    return (
        (service.folder.name, f"grid of round {service.round} of {service.config.rounds}"),
        (of_queue, f"{marks}page {page[0]:,} of {page[1]:,}"),
    )
