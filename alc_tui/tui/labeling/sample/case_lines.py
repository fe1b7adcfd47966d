"""The case data of a sample in a few lines."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from alc_tui.session.labeling.facts import Fact
from alc_tui.text.format import plain, shorten

MAX_LINES = 3
_BETWEEN = " · "


def case_lines(facts: Sequence[Fact], width: int) -> list[str]:
    """The values, as many to a line as fit, with the names of those that are numbers; at most `MAX_LINES` lines."""
    lines: list[str] = []
    for fact in facts:
        text = plain(_phrase(fact))
        longer = lines[-1] + _BETWEEN + text if lines else text
        if lines and cell_len(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(text)
    if len(lines) > MAX_LINES:
        lines = [*lines[: MAX_LINES - 1], _BETWEEN.join(lines[MAX_LINES - 1 :])]
    return [shorten(line, width) for line in lines]


def _phrase(fact: Fact) -> str:
    """The value; a number or a yes or no means nothing without the name of its column."""
    is_clear = any(letter.isalpha() for letter in fact.value) and fact.value.casefold() not in _ANSWERS
    return fact.value if is_clear else f"{fact.name.replace('_', ' ')} {fact.value}"


_ANSWERS = frozenset({"yes", "no", "true", "false", "y", "n"})
