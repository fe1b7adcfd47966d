"""The case data of a sample in a few lines."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from alc_tui.session.labeling.facts import Fact
from alc_tui.text.format import plain, shorten

MAX_LINES = 3
_BETWEEN = " · "


def case_lines(facts: Sequence[Fact], width: int) -> list[str]:
    """The values in as few lines as they need, about equally long, with the names of those that are numbers; at most
    `MAX_LINES` lines."""
    phrases = [plain(_phrase(fact)) for fact in facts]
    lines = _filled(phrases, width)
    for narrower in range(width - 1, 0, -1):
        balanced = _filled(phrases, narrower)
        if len(balanced) > len(lines) or len(lines) > MAX_LINES:
            break
        lines = balanced
    if len(lines) > MAX_LINES:
        lines = [*lines[: MAX_LINES - 1], _BETWEEN.join(lines[MAX_LINES - 1 :])]
    return [shorten(line, width) for line in lines]


def _filled(phrases: Sequence[str], width: int) -> list[str]:
    """As many to a line as fit."""
    lines: list[str] = []
    for phrase in phrases:
        longer = lines[-1] + _BETWEEN + phrase if lines else phrase
        if lines and cell_len(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(phrase)
    return lines


def _phrase(fact: Fact) -> str:
    """The value; a number or a yes or no means nothing without the name of its column."""
    is_clear = any(letter.isalpha() for letter in fact.value) and fact.value.casefold() not in _ANSWERS
    return fact.text if is_clear else f"{fact.title} {fact.text}"


_ANSWERS = frozenset({"yes", "no", "true", "false", "y", "n"})
