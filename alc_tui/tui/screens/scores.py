"""What a round brought: macro-F1, F1 per class with the change, and what it cost."""

from __future__ import annotations

from typing import Any, ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Footer, Static

from alc_tui.session.service import SessionService
from alc_tui.session.state import DONE
from alc_tui.tui.messages import ScoresRead
from alc_tui.tui.text import change, duration, percent
from alc_tui.tui.widgets.heading import Heading
from alc_tui.tui.widgets.scores_table import scores_table


class ScoresScreen(Screen[None]):
    """Shows the last finished round; Enter says `ScoresRead`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go_on", "Next round", id="scores.go_on"),
        Binding("q", "app.quit", "Quit", id="scores.quit"),
    ]

    def __init__(self, service: SessionService) -> None:
        super().__init__()
        self._service = service
        self._is_done = service.state == DONE
        self._entry: dict[str, Any] = service.rounds[-1]
        self._before: dict[str, Any] | None = service.rounds[-2] if len(service.rounds) > 1 else None

    def compose(self) -> ComposeResult:
        """Heading, figures, table, what comes next, keys."""
        yield Heading()
        yield Static(self._summary(), markup=False, id="summary")
        with VerticalScroll():
            yield Static(self._table(), markup=False)
        yield Static(self._next(), markup=False, id="said")
        yield Footer(compact=True)

    def on_mount(self) -> None:
        """Say which round this is."""
        number, rounds = self._entry["round"], self._service.config.rounds
        title = "learned with noisy labels" if number == 0 else f"round {number} of {rounds}, retrained"
        self.query_one(Heading).show((self._service.folder.name, title))

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool:
        """After the last round there is no next one."""
        return action != "go_on" or not self._is_done

    def action_go_on(self) -> None:
        """On to the next round."""
        self.post_message(ScoresRead())

    def _table(self) -> Table:
        return scores_table(self._service.classes, self._entry, self._before)

    def _summary(self) -> Text:
        entry, before = self._entry, self._before
        text = Text()
        for which, where in (("best", f"best, epoch {entry['best_epoch'] + 1}"), ("last", "last epoch")):
            f1 = entry["macro_f1"][which]
            moved = change(f1, None if before is None else before["macro_f1"][which])
            text.append(f"macro-F1 {f1:.3f}", style="bold" if which == "best" else "")
            text.append(f" {moved}" if moved else "").append(f" ({where})   ")
        grown = "" if before is None else f" ({entry['clean_size'] - before['clean_size']:+,})"
        text.append(f"\nclean set {entry['clean_size']:,}{grown}   trained in {duration(entry['seconds'])}\n")
        text.append(self._ledger() if entry["round"] else self._selection())
        return text

    def _ledger(self) -> str:
        entry = self._entry
        counts = ", ".join(
            f"{entry[name]} {name}" for name in ("changed", "confirmed", "skipped", "flagged", "excluded")
        )
        pace = f" in {duration(entry['label_seconds'])}" if entry.get("label_seconds") else ""
        return f"{entry['shown']} shown{pace}: {counts}; {entry['free_corrections']} corrected for free"

    def _selection(self) -> str:
        selection = self._entry.get("selection")
        if not selection:
            return ""
        precision, recall = (percent(selection[name]).strip() for name in ("precision", "recall"))
        return f"{precision} of the clean set is truly clean (precision); it holds {recall} of all that is (recall)"

    def _next(self) -> str:
        if not self._is_done:
            return f"Enter goes on with round {self._service.round}."
        name = self._service.folder.name
        rounds = self._service.config.rounds
        all_done = len(self._service.rounds) > rounds
        what = f"All {rounds} rounds are done." if all_done else "There is nothing left to label."
        return f"{what} `alc session export {name}` writes the cleaned labels."
