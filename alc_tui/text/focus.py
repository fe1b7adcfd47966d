"""What is said about the focus class, of which later rounds show more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from alc_tui.session.store.records import RoundRecord
from alc_tui.text.format import plain

NONE = "There is no focus class."


def changed(name: str | None, first: int) -> str:
    """It was set or cleared. first: the first round that is ranked accordingly."""
    if name is None:
        return f"The focus class is cleared: from round {first} on, the sampler alone chooses."
    return (
        f"More of {plain(name)}: from round {first} on, every other place of a queue goes to samples that are probably "
        f"{plain(name)}."
    )


def now(name: str | None) -> str:
    """The focus class in one line."""
    return NONE if name is None else f"Focus class {plain(name)} ◆: every other place in queues that are ranked next."


def described(name: str | None, rounds: Mapping[str, str]) -> str:
    """The focus class, and the rounds that had one."""
    now = NONE if name is None else f"{plain(name)} (every other place in queues that are ranked from now on)"
    before = [f"round {number}: {plain(label)}" for number, label in rounds.items()]
    return f"{now}\nRanked with a focus class: {', '.join(before)}" if before else now


def rounds_by_focus(rounds: Sequence[RoundRecord]) -> dict[str, str]:
    """The focus class of each round whose queue was ranked with one, by the number of the round as text."""
    return {str(record.round + 1): record.focus for record in rounds if record.focus is not None}
