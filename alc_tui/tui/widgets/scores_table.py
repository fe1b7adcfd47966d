"""Scores per class of one round, with what became of them since the round before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from alc_tui.tui import palette
from alc_tui.tui.text import change, percent, plain


def scores_table(classes: Sequence[str], entry: dict[str, Any], before: dict[str, Any] | None) -> Table:
    """One row per class. entry, before: documents of this round and the last (None for round 0).

    The paper's "guess %" is the share of a class's truly clean samples that the clean set holds.
    """
    guess = (entry.get("selection") or {}).get("guess")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, expand=False)
    table.add_column("class", overflow="fold")
    columns = ["F1", *(["change"] if before else []), "test images", *(["guess %"] if guess else [])]
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    for index, name in enumerate(classes):
        f1 = entry["f1"][name]
        row = [Text(plain(name)), Text(f"{f1:.3f}")]
        if before:
            moved = change(f1, before["f1"][name])
            row.append(Text(moved, style=_colour(moved)))
        row.append(Text(str(entry["scores"]["best"]["support"][index])))
        if guess:
            row.append(Text(percent(guess[name])))
        table.add_row(*row)
    return table


def _colour(moved: str) -> str:
    return {"+": palette.GOOD, "−": palette.BAD}.get(moved[:1], "")
