"""The ledger: the labeling cost of each round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.text import Text
from textual.widgets import DataTable

from alc_tui.session.store.ledger import Ledger, total
from alc_tui.text.format import plain

_COUNTS = {
    "shown": "shown",
    "confirmed": "confirmed",
    "changed": "changed",
    "skipped": "skipped",
    "flagged": "flagged",
    "excluded": "excluded",
    "undone": "undone",
    "repeated": "repeated",
    "reviewed": "reviewed",
    "free_corrections": "free corrections",
}


class LedgerTable(DataTable[Text]):
    """One column per round plus a total; the names are fixed when scrolling."""

    def __init__(self, rounds: Sequence[tuple[str, Ledger]], focus: Mapping[str, str], id: str | None = None) -> None:
        """rounds: title and ledger of each. focus: the focus class of rounds that were ranked with one, by number."""
        super().__init__(cursor_type="none", fixed_columns=1, id=id)
        self.can_focus = False
        self._rounds, self._focus = list(rounds), focus

    def on_mount(self) -> None:
        """Fill the table once: the ledger does not change while it is shown."""
        columns = [*self._rounds, ("total", total(ledger for _, ledger in self._rounds))]
        self.add_column(Text("round"))
        for title, _ in columns:
            self.add_column(Text(title, justify="right"))
        for name, words in _COUNTS.items():
            self.add_row(Text(words), *(_right(f"{getattr(ledger, name):,}") for _, ledger in columns))
        if self._focus:
            classes = [self._focus.get(title.partition(" ")[0], "–") for title, _ in self._rounds]
            self.add_row(Text("focus class"), *(_right(plain(name)) for name in [*classes, ""]))
        self.add_row(Text("minutes"), *(_right(f"{ledger.label_seconds / 60:.1f}") for _, ledger in columns))
        self.add_row(Text("seconds per verdict"), *(_right(_pace(ledger)) for _, ledger in columns))


def _pace(ledger: Ledger) -> str:
    """Seconds per current verdict; time spent on undone verdicts counts toward their replacements."""
    verdicts = ledger.shown + ledger.repeated + ledger.reviewed
    return f"{ledger.label_seconds / verdicts:.1f}" if verdicts > 0 else "–"


def _right(text: str) -> Text:
    return Text(text, justify="right")
