"""The table that `alc session list` prints."""

from __future__ import annotations

from collections.abc import Sequence

from alc_tui.cli.output import number, table
from alc_tui.session.store.state import Overview


def list_text(overviews: Sequence[Overview]) -> str:
    """`list` as text."""
    head = ("name", "dataset", "noise", "state", "round", "labels", "F1 best")
    return table(head, [_list_row(row) for row in overviews])


def _list_row(row: Overview) -> tuple[str, ...]:
    return (
        row.name,
        row.dataset,
        number(row.noise, 2),
        row.state,
        f"{row.round}/{row.rounds}",
        f"{row.decided_total}/{row.budget_total}",
        number(row.macro_f1_best),
    )
