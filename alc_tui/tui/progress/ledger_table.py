"""The ledger: the labeling cost of each round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.text import Text
from textual.widgets import DataTable

from alc_tui.session.store.ledger import Ledger, total
from alc_tui.text.format import plain
from alc_tui.text.ledger import counts, times


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
        ledgers, focus = [ledger for _, ledger in columns], list[tuple[str, ...]]()
        if self._focus:
            classes = [self._focus.get(title.partition(" ")[0], "–") for title, _ in self._rounds]
            focus = [("focus class", *map(plain, classes), "")]
        for words, *cells in (*counts(ledgers), *focus, *times(ledgers)):
            self.add_row(Text(words), *(Text(cell, justify="right") for cell in cells))
