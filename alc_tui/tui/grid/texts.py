"""Texts of the grid: why deciding is not possible, which keys decide, and how much is shown."""

from __future__ import annotations

from alc_tui.session.labeling.service import SessionService
from alc_tui.text.format import counted, plain
from alc_tui.tui.grid.orders import RANK, SIMILARITY, SUGGESTION
from alc_tui.tui.labeling.texts import WATCHING

WELCOME = "Mark images with Space or *, or press Tab for groups; then press the key of a class to label them."
UNMARKED = "Mark images with Space first, or press Tab for an order with groups."
GROUP_DECIDED = "All images of this group are decided. Mark those that you want to change."
GROUP_LATER = "No undecided image of this group has appeared yet. Press the key once you see them."
NO_GROUPS = "There are no groups by rank. Press Tab for an order with groups."
SECRET_ORDER = "Blind mode: an order by suggestion would reveal the suggestions."
NO_CLUSTERS = "This round was ranked by an earlier version of alc, which did not look for similar images."
RENEWED = "The queue has just changed, so that key was ignored."
UNPAINTED = "That image has not appeared yet. Mark it once you see it."
PICK = "Which class do the marked images, or those of the group, show?"
PICK_FILTER = "Which class shall the grid show? Escape shows all."
NO_MARKS = "No images marked."


def refusal(service: SessionService, is_blind: bool) -> str:
    """Why deciding is not possible in the grid; empty if it is."""
    if not service.is_writable:
        return WATCHING
    if service.frozen:
        return f"Round {service.round} is being retrained. You can browse; to change verdicts, use Review."
    if is_blind:
        return "Blind mode is on. Press Enter to enlarge an image and decide it alone."
    return ""


OTHER_KEYS = {"grid.skip": "skip", "grid.flag": "flag", "grid.exclude": "exclude", "grid.pick": "find a class"}
"""What other keys than those of classes decide, by the ids of their commands."""
ORDERED_BY = {
    RANK: "By rank: what the sampler wants to be decided first comes first.",
    SUGGESTION: "By suggestion: a class key, s, f or x decides the group under the cursor.",
    SIMILARITY: "By similarity: a class key, s, f or x decides the group under the cursor.",
}
"""What an order means."""


def group_title(numbers: tuple[int, int, int] | None, name: str = "") -> str:
    """The group under the cursor. numbers: see `Arrangement.numbers`. name: its class, empty if it has none."""
    if numbers is None:
        return ""
    number, groups, size = numbers
    title = f"group {number:,} of {groups:,}"
    return f"{title}, {plain(name)}: {counted(size, 'image')}" if name else f"{title}: {counted(size, 'image')}"


def marks(count: int, later: int = 0) -> str:
    """How many images are marked. later: images of a group that could not be marked yet."""
    if not count:
        return GROUP_LATER if later else NO_MARKS
    rest = f" {later:,} more of the group have not appeared yet." if later > 1 else ""
    rest = " One more of the group has not appeared yet." if later == 1 else rest
    return f"{counted(count, 'image')} marked.{rest} A class key, s, f or x decides them."


def undone(count: int, outcome: str) -> str:
    """How many verdicts were undone, and what they were."""
    return f"Undone: {counted(count, 'image')} {outcome}."


def heading(
    service: SessionService, title: str, order: str, shown: int, marked: int, page: tuple[int, int]
) -> tuple[tuple[str, str], tuple[str, str]]:
    """Two lines, each with a left and a right end.

    title: of the `shown` samples. order: one of `ORDERS`. page: the number of the current page, from 1, and the number
    of pages.
    """
    of_queue = f"{title}: {shown:,} of {len(service.queue):,}   decided {service.progress().decided:,}"
    marks = f"{marked:,} marked   " if marked else ""
    return (
        (service.folder.name, f"grid of round {service.round} of {service.config.rounds}   by {order}"),
        (of_queue, f"{marks}page {page[0]:,} of {page[1]:,}"),
    )
