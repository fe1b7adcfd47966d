"""Review: flagged, skipped and changed samples, and samples on which the model, another annotator or a near duplicate
disagrees, and outliers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Horizontal, Vertical, VerticalScroll
from textual.widgets import Static, Tab, Tabs

from alc_tui.errors import AlcError
from alc_tui.session.labeling.review import KINDS, OF_FROZEN_FEATURES, Case, cases_of
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.state import State
from alc_tui.text.format import plain
from alc_tui.tui.app_screen import AppScreen
from alc_tui.tui.keys import NO_KEY
from alc_tui.tui.labeling.blind_mode import BlindMode
from alc_tui.tui.messages import StartReview
from alc_tui.tui.pictures.painter import Painter
from alc_tui.tui.review import texts
from alc_tui.tui.review.case_table import CaseRow, CaseTable
from alc_tui.tui.review.keys import KEYS
from alc_tui.tui.terminal.delivery import DeliveryConfirmation
from alc_tui.tui.widgets.class_list import ClassList
from alc_tui.tui.widgets.heading import Heading
from alc_tui.tui.widgets.key_bar import KeyBar
from alc_tui.tui.widgets.preview import Preview
from alc_tui.tui.widgets.refinement import Refinement
from alc_tui.tui.widgets.status_line import StatusLine

BREADTHS = [(0, "-narrow"), (120, "-wide"), (180, "-wider")]


class ReviewScreen(AppScreen[None]):
    """Posts `StartReview` to review a case. Cases decided since the screen was opened are marked as reviewed."""

    AUTO_FOCUS = ""
    CSS_PATH = "screen.tcss"
    REFUSES_CLASS_KEYS = True
    HORIZONTAL_BREAKPOINTS = BREADTHS
    BINDINGS: ClassVar[list[BindingType]] = KEYS

    def __init__(
        self,
        service: SessionService,
        painter: Painter,
        delivery: DeliveryConfirmation,
        blind_mode: BlindMode,
        kind: str | None = None,
    ) -> None:
        """blind_mode: undecided samples whose labels it hides are not listed, and it says how samples are named. kind:
        of KINDS, the list to begin with; by default the first one with an open case."""
        kinds = [each for each in KINDS if service.config.is_frozen or each not in OF_FROZEN_FEATURES]
        super().__init__()
        self._service, self._painter, self._delivery = service, painter, delivery
        self._blind_mode, self._kind = blind_mode, kind or ""
        self._refinement = Refinement(self, delivery, lambda: any(each.is_quick for each in self.query(Preview)))
        self._since = len(service.decisions)
        self._cases: dict[str, list[Case]] = {kind: [] for kind in kinds}

    def compose(self) -> ComposeResult:
        """Heading, lists, the cases of one list beside the one under the cursor, status line, keys."""
        yield Heading()
        yield Tabs(*(Tab(kind, id=_id(kind)) for kind in self._cases))
        yield Static(id="empty", markup=False)
        with Horizontal(id="cases"):
            yield CaseTable(self._service.annotator)
            with Vertical(id="case"):
                with Container(id="pictures"):
                    yield Preview(self._painter, self._delivery)
                    yield Preview(self._painter, self._delivery).add_class("-other")
                yield Static(id="about", markup=False)
                with VerticalScroll(can_focus=False):
                    yield ClassList(self._service.classes, [NO_KEY] * len(self._service.classes))
        yield StatusLine()
        yield KeyBar()

    def on_mount(self) -> None:
        """Leave all keys to the screen."""
        self.query_one(Tabs).can_focus = False
        self.query_one(Heading).show((self._service.folder.name, "review"))

    def on_screen_resume(self) -> None:
        """Refresh the cases: some may have been decided in the meantime."""
        try:
            for kind, before in self._cases.items():
                self._cases[kind] = self._merged(before, cases_of(kind, self._service, self._blind_mode.is_on))
        except AlcError as error:
            self.notify(plain(str(error)), severity="error")
        if not self._kind:
            self._kind = next((kind for kind in self._cases if self._open(kind)), next(iter(KINDS)))
        for kind in self._cases:
            self.query_one(f"#{_id(kind)}", Tab).label = f"{kind} {len(self._open(kind)):,}"
        self.action_show(self._kind)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:
        """Which keys are active: viewers cannot decide, and nobody can review a sample that has no verdict yet."""
        if action == "show":
            return parameters[0] in self._cases
        return action != "decide" or (self._service.is_writable and self._can_be_reviewed)

    def action_decide(self) -> None:
        """Decide the case under the cursor again, then those below it that have not been reviewed."""
        chosen = self._shown[self._table.cursor_row]
        cases = [
            case for case in self._shown if case is chosen or (case.verdict is not None and not self._is_reviewed(case))
        ]
        self.post_message(StartReview(cases, cases.index(chosen)))

    def action_show(self, kind: str) -> None:
        """Show a list, with the cursor on the next case that has not been reviewed, or where it was."""
        row = self._table.cursor_row if kind == self._kind else 0
        self._kind = kind
        self.query_one(Tabs).active = _id(kind)
        self.set_class(not self._shown, "-empty")
        self.query_one("#empty", Static).update(texts.EMPTY[kind])
        rows = range(row, len(self._shown))
        row = next((number for number in rows if not self._is_reviewed(self._shown[number])), row)
        self._table.show([self._row(case) for case in self._shown], row)
        self._show_case()
        can_decide = not self._shown or any(case.verdict is not None for case in self._shown)
        effect = texts.effect(self._service, self._service.state == State.DONE) if can_decide else texts.ONLY_LOOK
        self.query_one(StatusLine).show_message(effect)
        self.refresh_bindings()

    def action_next(self, step: int) -> None:
        """Show the next list, or the previous one."""
        kinds = list(self._cases)
        self.action_show(kinds[(kinds.index(self._kind) + step) % len(kinds)])

    def action_move(self, rows: int) -> None:
        """Move the cursor."""
        self._table.move_cursor(row=self._table.cursor_row + rows)

    def action_turn(self, pages: int) -> None:
        """Move the cursor by pages."""
        self.action_move(pages * max(1, self._table.size.height - 2))

    def action_go(self, row: int) -> None:
        """Move to the first case or the last."""
        self._table.move_cursor(row=row % max(1, len(self._shown)))

    @on(Preview.Painted)
    def _refine(self, message: Preview.Painted) -> None:
        """Enlarge what is small because the line is slow."""
        if message.is_draft:
            self._refinement.start(chain.from_iterable(preview.refine() for preview in self.query(Preview)))

    @on(Tabs.TabActivated)
    def _tab_clicked(self, event: Tabs.TabActivated) -> None:
        kind = next(kind for kind in self._cases if _id(kind) == event.tab.id)
        if event.tabs.active == event.tab.id and kind != self._kind:
            self.action_show(kind)

    @on(CaseTable.RowHighlighted)
    def _show_case(self) -> None:
        if not 0 <= self._table.cursor_row < len(self._shown):
            return
        row = self._table.cursor_row
        case, later = self._shown[row], self._shown[row + 1 : row + 3]
        item = self._service.item_of(case.sample)
        self._refinement.stop()
        self.query_one(Preview).show(item.position, [self._service.item_of(one.sample).position for one in later])
        self.query_one(ClassList).show(item, hidden=False)
        other, near = self.query_one("Preview.-other", Preview), case.near_duplicate
        other.display = near is not None
        if near is not None:
            other.show(near.position)
        about = texts.about(case, self._service, self._blind_mode, self._is_reviewed(case))
        self.query_one("#about", Static).update(about)
        self.refresh_bindings()

    @on(CaseTable.RowSelected)
    def _row_clicked(self) -> None:
        if self.check_action("decide", ()):
            self.action_decide()

    @property
    def _table(self) -> CaseTable:
        return self.query_one(CaseTable)

    @property
    def _can_be_reviewed(self) -> bool:
        """Whether the case under the cursor has a verdict."""
        return self._table.cursor_row < len(self._shown) and self._shown[self._table.cursor_row].verdict is not None

    @property
    def _shown(self) -> list[Case]:
        return self._cases.get(self._kind, [])

    def _row(self, case: Case) -> CaseRow:
        sample = case.sample
        name, given = self._blind_mode.name(sample), self._service.given_label(sample)
        return CaseRow(case, name, given, self._is_reviewed(case))

    def _open(self, kind: str) -> list[Case]:
        return [case for case in self._cases[kind] if not self._is_reviewed(case)]

    def _is_reviewed(self, case: Case) -> bool:
        return case.verdict is not None and case.verdict.seq >= self._since

    def _merged(self, before: Sequence[Case], found: Sequence[Case]) -> list[Case]:
        """The current cases in their previous order, together with those settled by a review."""
        new = {(case.sample, case.dissenter): case for case in found}
        merged = []
        for case in before:
            verdict = self._service.verdict(case.sample)
            if (again := new.pop((case.sample, case.dissenter), None)) is not None:
                merged.append(again)
            elif verdict is not None and verdict.seq >= self._since:
                merged.append(replace(case, verdict=verdict))
        return [*merged, *new.values()]


def _id(kind: str) -> str:
    return kind.replace(" ", "-")
