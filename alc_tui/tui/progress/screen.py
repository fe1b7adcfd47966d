"""Progress: what the rounds brought, how sure that is, and what it cost. Shown after each retraining and any time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import ContentSwitcher, Footer, Static

from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.ledger import Ledger
from alc_tui.session.store.records import RoundRecord
from alc_tui.session.store.state import State
from alc_tui.text import agreement as agreement_lines
from alc_tui.text import scores
from alc_tui.text.format import duration, percent
from alc_tui.tui.commands import footer_command, help_command
from alc_tui.tui.messages import ScoresRead
from alc_tui.tui.progress.agreement_panel import AgreementPanel
from alc_tui.tui.progress.class_scores import ClassScores
from alc_tui.tui.progress.confusion import Confusion
from alc_tui.tui.progress.label_flow import LabelFlow
from alc_tui.tui.progress.ledger_table import LedgerTable
from alc_tui.tui.progress.section_bar import SectionBar
from alc_tui.tui.widgets.heading import Heading
from alc_tui.tui.widgets.plot import Plot, Series
from alc_tui.tui.widgets.status_line import StatusLine

BREADTHS = [(0, "-narrow"), (120, "-wide")]
HEIGHTS = [(0, "-low"), (30, "-high")]

SECTIONS = {
    "classes": "F1 per class, and its change: 95 % for all classes together (bootstrap over the test set).",
    "curve": "Macro-F1 against the labels spent, with 95 % intervals (bootstrap over the test set).",
    "confusion": "Which class the model took for which, on the test set.",
    "labels": "What became of the given labels.",
    "ledger": "What the labels of each round cost.",
    "agreement": "How far verdicts agree: blind and open, with themselves, between annotators.",
}


def _section_keys() -> list[BindingType]:
    return [
        help_command(str(number), f"show('{name}')", f"progress.{name}", tooltip)
        for number, (name, tooltip) in enumerate(SECTIONS.items(), start=1)
    ]


def _scroll_keys() -> list[BindingType]:
    moves = {
        "up": ("scroll(0, -1)", "Scroll up."),
        "down": ("scroll(0, 1)", "Scroll down."),
        "left": ("scroll(-4, 0)", "Scroll to the left."),
        "right": ("scroll(4, 0)", "Scroll to the right."),
        "pageup": ("scroll_page(-1)", "A page up."),
        "pagedown": ("scroll_page(1)", "A page down."),
    }
    return [help_command(key, action, f"progress.{key}", tooltip) for key, (action, tooltip) in moves.items()]


class ProgressScreen(Screen[None]):
    """Shows the finished rounds. After a retraining Enter says `ScoresRead`; over another screen Escape goes back."""

    AUTO_FOCUS = ""
    CSS_PATH = "screen.tcss"
    HORIZONTAL_BREAKPOINTS = BREADTHS
    VERTICAL_BREAKPOINTS = HEIGHTS
    BINDINGS: ClassVar[list[BindingType]] = [
        footer_command("enter", "go_on", "Next round", "progress.go_on", "Go on with the next round."),
        footer_command("escape", "back", "Back", "progress.back", "Back to the screen before."),
        footer_command(
            "t", "toggle_shares", "Counts or %", "progress.toggle_shares", "Counts, or percent of each row."
        ),
        help_command("tab", "next(1)", "progress.next", "The next section."),
        help_command("shift+tab", "next(-1)", "progress.previous", "The section before."),
        *_section_keys(),
        *_scroll_keys(),
        footer_command("question_mark", "app.help", "Help", "progress.help", "These keys."),
        footer_command("q", "app.quit", "Quit", "progress.quit", "Leave; a training goes on by itself."),
    ]

    def __init__(self, service: SessionService, over: bool = False) -> None:
        """over: whether it was opened from another screen, to which Escape goes back."""
        super().__init__()
        self._service, self._over = service, over
        self._is_done = service.state == State.DONE
        self._rounds = service.rounds

    def compose(self) -> ComposeResult:
        """Heading, the verdict in a sentence, the sections, what comes next, keys."""
        yield Heading()
        if self._rounds:
            yield Static(scores.of_macro_f1(self._rounds[-1], self._before), markup=False, id="verdict")
            yield Static(self._facts(), markup=False, id="facts")
            yield SectionBar(list(SECTIONS))
            with ContentSwitcher(initial="classes"):
                yield from self._sections()
            yield Static(scores.left_out(self._rounds[-1]), markup=False, id="left-out")
        else:
            yield Static("No round has been scored yet: the first one is when LNL is done.", id="verdict")
        yield StatusLine()
        yield Footer(compact=True)

    def on_mount(self) -> None:
        """Say which round this is, and draw the curve, here and beside the classes."""
        number, rounds = len(self._rounds) - 1, self._service.config.rounds
        title = f"round {number} of {rounds}, retrained" if number > 0 else "learned with noisy labels"
        self.query_one(Heading).show((self._service.folder.name, title if self._rounds else "not trained yet"))
        self.query_one(StatusLine).say(self._next())
        for plot in self.query(Plot):
            plot.show(_curve(self._rounds))

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool:
        """After the last round there is no next one; back only where something was before."""
        if action == "go_on":
            return bool(self._rounds) and not self._over and not self._is_done
        if action == "back":
            return self._over
        if action == "toggle_shares":
            return self._section == "confusion"
        return True

    def action_go_on(self) -> None:
        """On to the next round."""
        self.post_message(ScoresRead())

    def action_back(self) -> None:
        """Back to the screen that this one was opened from."""
        self.dismiss()

    def action_show(self, section: str) -> None:
        """Show a section."""
        if self._rounds:
            self.query_one(ContentSwitcher).current = section
            self.query_one(SectionBar).show(section)
            self.refresh_bindings()

    def action_next(self, step: int) -> None:
        """The next section, or the one before."""
        names = list(SECTIONS)
        self.action_show(names[(names.index(self._section) + step) % len(names)])

    def action_toggle_shares(self) -> None:
        """Counts of the confusion matrix, or shares."""
        self.query_one(Confusion).toggle_shares()

    def action_scroll(self, columns: int, rows: int) -> None:
        """Scroll the section."""
        for target in self._scrolling():
            target.scroll_relative(columns, rows, animate=False)

    def action_scroll_page(self, pages: int) -> None:
        """Scroll the section by its height."""
        for target in self._scrolling():
            target.scroll_relative(0, pages * max(1, target.size.height - 1), animate=False)

    @property
    def _before(self) -> RoundRecord | None:
        return self._rounds[-2] if len(self._rounds) > 1 else None

    @property
    def _section(self) -> str:
        return next((shown.current or "" for shown in self.query(ContentSwitcher)), "classes")

    def _scrolling(self) -> list[Widget]:
        return [widget for widget in self.query("DataTable, VerticalScroll") if widget.is_on_screen]

    def _sections(self) -> list[Widget]:
        """What `SECTIONS` name, in their order."""
        service, entry = self._service, self._rounds[-1]
        classes = service.classes
        return [
            Horizontal(ClassScores(classes, self._rounds), Plot(self._curve_title()), id="classes"),
            Plot(self._curve_title(), id="curve"),
            Confusion(classes, entry.scores.best.confusion, id="confusion"),
            VerticalScroll(LabelFlow(classes, service.flow()), can_focus=False, id="labels"),
            LedgerTable(self._ledgers(), id="ledger"),
            VerticalScroll(AgreementPanel(agreement_lines.lines(service.agreement())), can_focus=False, id="agreement"),
        ]

    def _ledgers(self) -> list[tuple[str, Ledger]]:
        ledgers = [(str(entry.round), entry.ledger) for entry in self._rounds[1:]]
        now = self._service.progress().ledger
        if now != Ledger():
            ledgers.append((f"{self._service.round} (now)", now))
        return ledgers

    def _curve_title(self) -> str:
        bars = ", │ 95 % interval" if any(entry.interval is not None for entry in self._rounds) else ""
        return f"macro-F1 by labels spent: 0, 1 … the round{bars}, × last epoch"

    def _facts(self) -> str:
        entry, before = self._rounds[-1], self._before
        grown = "" if before is None else f" ({entry.clean_size - before.clean_size:+,})"
        learned = (
            f"clean set {entry.clean_size:,}{grown}   best epoch {entry.best_epoch + 1}, "
            f"last epoch {entry.macro_f1.last:.3f}   took {duration(entry.seconds)}"
        )
        cost = _cost(entry.ledger) if entry.round else _selection(entry)
        return f"{learned}\n{cost}" if cost else learned

    def _next(self) -> str:
        if self._over:
            return "Escape goes back."
        if not self._is_done:
            return f"Enter goes on with round {self._service.round}." if self._rounds else ""
        name = self._service.folder.name
        rounds = self._service.config.rounds
        all_done = len(self._rounds) > rounds
        what = f"All {rounds} rounds are done." if all_done else "There is nothing left to label."
        return f"{what} `alc session export {name}` writes the cleaned labels."


def _curve(rounds: Sequence[RoundRecord]) -> list[Series]:
    spent = [entry.decided_total for entry in rounds]
    intervals = [None if entry.interval is None else entry.interval.macro_f1 for entry in rounds]
    best = [entry.macro_f1.best for entry in rounds]
    last = [entry.macro_f1.last for entry in rounds]
    digits = "".join(str(entry.round)[-1] for entry in rounds)
    return [
        Series(spent, last, marks="×", color="faint"),
        Series(spent, best, marks=digits, intervals=intervals, has_line=True),
    ]


def _cost(ledger: Ledger) -> str:
    free = f"; {ledger.free_corrections} corrected for free" if ledger.free_corrections else ""
    return (
        f"{ledger.shown} shown: {ledger.changed} changed, {ledger.confirmed} confirmed, {ledger.skipped} skipped, "
        f"{ledger.flagged} flagged, {ledger.excluded} excluded{free}"
    )


def _selection(entry: RoundRecord) -> str:
    selection = entry.selection
    if selection is None:
        return ""
    precision, recall = (percent(share).strip() for share in (selection.precision, selection.recall))
    return f"{precision} of the clean set is truly clean (precision); it holds {recall} of all that is (recall)"
