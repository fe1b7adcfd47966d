"""The ledger: what the labels of each round cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text
from textual.widgets import DataTable

_COUNTS = {
    "shown": "shown",
    "confirmed": "confirmed",
    "changed": "changed",
    "skipped": "skipped",
    "flagged": "flagged",
    "excluded": "excluded",
    "undone": "undone",
    "repeated": "shown again",
    "reviewed": "reviewed",
    "free_corrections": "corrected for free",
}


class LedgerTable(DataTable[Text]):
    """One column per round and one for all of them; names stay when the rounds scroll."""

    def __init__(self, rounds: Sequence[tuple[str, Mapping[str, Any]]], id: str | None = None) -> None:
        """rounds: title and ledger of each; counts that a ledger does not have were not kept at its time."""
        super().__init__(cursor_type="none", fixed_columns=1, id=id)
        self.can_focus = False
        self._rounds = list(rounds)

    def on_mount(self) -> None:
        """The ledger does not change while it is looked at."""
        ledgers = [ledger for _, ledger in self._rounds]
        everything = {name: sum(ledger.get(name, 0) for ledger in ledgers) for name in (*_COUNTS, "label_seconds")}
        columns = [*self._rounds, ("all", everything)]
        self.add_column(Text("round"))
        for title, _ in columns:
            self.add_column(Text(title, justify="right"))
        for name, said in _COUNTS.items():
            self.add_row(Text(said), *(_right(f"{ledger.get(name, 0):,}") for _, ledger in columns))
        self.add_row(Text("minutes"), *(_right(f"{_seconds(ledger) / 60:.1f}") for _, ledger in columns))
        self.add_row(Text("seconds per verdict"), *(_right(_pace(ledger)) for _, ledger in columns))


def _pace(ledger: Mapping[str, Any]) -> str:
    """A person's time over the verdicts that stand; that of those taken back was spent on what stands instead."""
    verdicts = sum(ledger.get(name, 0) for name in ("shown", "repeated", "reviewed"))
    return f"{_seconds(ledger) / verdicts:.1f}" if verdicts > 0 else "–"


def _seconds(ledger: Mapping[str, Any]) -> float:
    return float(ledger.get("label_seconds", 0.0))


def _right(text: str) -> Text:
    return Text(text, justify="right")
