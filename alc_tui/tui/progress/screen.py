"""Progress: the results of the rounds, with uncertainty and cost. Shown after each retraining and on request."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import ClassVar

from textual import events, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import ContentSwitcher, DataTable, Static

from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.ledger import Ledger
from alc_tui.session.store.records import RoundRecord
from alc_tui.session.store.state import State
from alc_tui.text import agreement, scores
from alc_tui.text import focus as focus_texts
from alc_tui.text import forecast as forecast_texts
from alc_tui.text.focus import rounds_by_focus
from alc_tui.text.ledger import by_round
from alc_tui.tui.app_screen import AppScreen
from alc_tui.tui.keys import keys_of
from alc_tui.tui.messages import ContinueSession, ShowTestImages
from alc_tui.tui.progress import texts
from alc_tui.tui.progress.agreement_panel import AgreementPanel
from alc_tui.tui.progress.class_scores import ClassScores
from alc_tui.tui.progress.confusion import Confusion
from alc_tui.tui.progress.focus import toggle_focus
from alc_tui.tui.progress.forecast_lines import forecast_lines
from alc_tui.tui.progress.keys import KEYS, SECTIONS
from alc_tui.tui.progress.label_flow import LabelFlow
from alc_tui.tui.progress.ledger_table import LedgerTable
from alc_tui.tui.progress.section_bar import SectionBar
from alc_tui.tui.widgets.heading import Heading
from alc_tui.tui.widgets.key_bar import KeyBar
from alc_tui.tui.widgets.plot import Plot, Series
from alc_tui.tui.widgets.status_line import StatusLine

BREADTHS = [(0, "-narrow"), (120, "-wide")]
HEIGHTS = [(0, "-low"), (30, "-high")]


class ProgressScreen(AppScreen[None]):
    """Shows the finished rounds. After retraining, Enter posts `ContinueSession`; Escape goes back if `over`."""

    AUTO_FOCUS = ""
    CSS_PATH = "screen.tcss"
    HORIZONTAL_BREAKPOINTS = BREADTHS
    VERTICAL_BREAKPOINTS = HEIGHTS
    BINDINGS: ClassVar[list[BindingType]] = KEYS
    REFUSES_CLASS_KEYS = True

    def __init__(self, service: SessionService, over: bool = False) -> None:
        """over: on top of another screen, to which Escape returns."""
        super().__init__()
        self._service, self._over = service, over
        self._is_done = service.state == State.DONE
        self._rounds = service.rounds

    def compose(self) -> ComposeResult:
        """Heading, the result in a sentence, the sections, status line, keys."""
        yield Heading()
        if self._rounds:
            yield Static(scores.describe_macro_f1(self._rounds[-1], self._before), markup=False, id="verdict")
            yield Static(texts.facts(self._rounds[-1], self._before), markup=False, id="facts")
            yield Static(markup=False, id="forecast")
            yield Static(markup=False, id="focus")
            yield SectionBar(list(SECTIONS))
            with ContentSwitcher(initial="classes"):
                yield from self._sections()
            yield Static(scores.interval_note(self._rounds[-1]), markup=False, id="left-out")
        else:
            yield Static(texts.NOTHING_YET, id="verdict")
        yield StatusLine()
        yield KeyBar()

    def on_mount(self) -> None:
        """Show the round, and draw the curve in its section and beside the classes."""
        title = texts.title(len(self._rounds), self._service.config.rounds)
        self.query_one(Heading).show((self._service.folder.name, title))
        self.query_one(StatusLine).show_message(self._next())
        for plot in self.query(Plot):
            plot.show(_curve(self._rounds))
        if self._rounds:
            self._show_focus()
            self._show_forecast()

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool:
        """Which keys are active, depending on whether there is a next round and a previous screen."""
        if action == "continue":
            return bool(self._rounds) and not self._over and not self._is_done
        if action in ("back", "quit"):
            return self._over == (action == "back")
        if action in ("images", "more_of_these"):
            is_possible = action == "images" or self._service.is_writable
            return bool(self._rounds) and self._section in ("classes", "confusion") and is_possible
        return action != "toggle_shares" or self._section == "confusion"

    def why_not(self, event: events.Key) -> str:
        """Why a key has no effect now: once the session is done, no round follows."""
        is_next = event.key in keys_of(self, "progress.continue")
        return self._next() if is_next and self._is_done else super().why_not(event)

    def action_continue(self) -> None:
        """Continue with the next round."""
        self.post_message(ContinueSession())

    def action_back(self) -> None:
        """Go back to the screen below."""
        self.dismiss()

    async def action_quit(self) -> None:
        """Quit; training continues in the background."""
        await self.app.action_quit()

    def action_images(self) -> None:
        """Show the test images of the class or of the cell under the cursor."""
        if self._section == "confusion":
            self.post_message(ShowTestImages(*self.query_one(Confusion).here))
        else:
            self.post_message(ShowTestImages(self.query_one(ClassScores).here))

    def action_more_of_these(self) -> None:
        """Show more of the class under the cursor in later rounds, or no longer; in the matrix, of the true class."""
        confusion = self.query_one(Confusion)
        name = confusion.here[0] if self._section == "confusion" else self.query_one(ClassScores).here
        self.query_one(StatusLine).show_message(*toggle_focus(self._service, name))
        self._show_focus()

    def on_screen_resume(self) -> None:
        """The focus class may have been changed among the images."""
        if self._rounds:
            self._show_focus()

    def action_show(self, section: str) -> None:
        """Show a section."""
        if self._rounds:
            self.query_one(ContentSwitcher).current = section
            self.query_one(SectionBar).show(section)
            self.refresh_bindings()

    def action_next(self, step: int) -> None:
        """Show the next section, or the previous one."""
        names = list(SECTIONS)
        self.action_show(names[(names.index(self._section) + step) % len(names)])

    def action_toggle_shares(self) -> None:
        """Show counts or percentages in the confusion matrix."""
        self.query_one(Confusion).toggle_shares()

    def action_scroll(self, rows: int, columns: int = 0) -> None:
        """Move the cursor of the section, or scroll it."""
        if not self._rounds:
            return
        if self._section == "classes":
            self.query_one(ClassScores).move(rows)
        elif self._section == "confusion":
            self.query_one(Confusion).move(rows, (columns > 0) - (columns < 0))
        else:
            self._scroll(rows, columns)

    def action_scroll_page(self, pages: int) -> None:
        """Move or scroll by pages."""
        table = next((one for one in self.query(DataTable) if one.is_on_screen), None)
        self.action_scroll(pages * max(1, (table or self).size.height - 2))

    def _scroll(self, rows: int, columns: int) -> None:
        for target in self._scrolling():
            target.scroll_relative(columns, rows, animate=False)

    @work
    async def _show_forecast(self) -> None:
        lines, note = await asyncio.to_thread(forecast_lines, self._service.folder)
        for shown, text in (("#forecast", lines), ("#forecast-notes", [*lines, "", note])):
            for panel in self.query(shown).results(Static):  # none are left once the screen is closed
                panel.update("\n".join(text))

    def _show_focus(self) -> None:
        focus = self._service.focus
        for table in self.query(ClassScores):  # none are left once the screen is closed
            table.mark_focus(focus)
        for panel in self.query("#focus").results(Static):
            panel.update(focus_texts.now(focus))
            panel.display = focus is not None

    @property
    def _before(self) -> RoundRecord | None:
        return self._rounds[-2] if len(self._rounds) > 1 else None

    @property
    def _section(self) -> str:
        return next((shown.current or "" for shown in self.query(ContentSwitcher)), "classes")

    def _scrolling(self) -> list[Widget]:
        return [widget for widget in self.query("DataTable, VerticalScroll") if widget.is_on_screen]

    def _sections(self) -> list[Widget]:
        """The widgets of `SECTIONS`, in their order."""
        service, entry = self._service, self._rounds[-1]
        classes, title = service.classes, texts.curve_title(self._rounds)
        plots = [Plot(title)] if len(self._rounds) > 1 else []  # one point is no curve
        return [
            Vertical(
                Horizontal(ClassScores(classes, self._rounds, service.focus), *plots),
                Static(texts.legend(self._rounds), markup=False, id="legend"),
                id="classes",
            ),
            Plot(title, id="curve"),
            Confusion(classes, entry.scores.best.confusion, id="confusion"),
            VerticalScroll(LabelFlow(classes, service.flow()), can_focus=False, id="labels"),
            LedgerTable(self._ledgers, rounds_by_focus(self._rounds), id="ledger"),
            VerticalScroll(AgreementPanel(agreement.lines(service.agreement())), can_focus=False, id="agreement"),
            VerticalScroll(
                Static(forecast_texts.READING, markup=False, id="forecast-notes"), can_focus=False, id="next"
            ),
        ]

    @property
    def _ledgers(self) -> list[tuple[str, Ledger]]:
        return by_round(self._rounds, self._service.round, self._service.progress().ledger)

    def _next(self) -> str:
        if self._over:
            return "Press Escape to go back."
        if self._is_done:
            return texts.finished(self._service.folder.name, len(self._rounds), self._service.config.rounds)
        return f"Press Enter to continue with round {self._service.round}." if self._rounds else ""


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
