"""Review: the flagged, the changed, and where the new model or another annotator disagrees, to be decided again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import Screen
from textual.widgets import Footer, Static, Tab, Tabs

from alc_tui.session.labeling.journal_state import FINAL
from alc_tui.session.labeling.review import KINDS, Case
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.journal import Decision
from alc_tui.session.store.state import State
from alc_tui.text.format import plain
from alc_tui.tui.commands import footer_command, help_command
from alc_tui.tui.messages import ReviewFrom
from alc_tui.tui.pictures.painter import Painter
from alc_tui.tui.review.case_table import CaseTable
from alc_tui.tui.widgets.class_list import ClassList
from alc_tui.tui.widgets.heading import Heading
from alc_tui.tui.widgets.preview import Preview
from alc_tui.tui.widgets.status_line import StatusLine

BREADTHS = [(0, "-narrow"), (120, "-wide")]

_NOTHING = {
    "flagged": "No sample is flagged.",
    "changed": "No label has been changed.",
    "model disagrees": "The model agrees with every label, or has not been retrained with any yet.",
    "annotators disagree": "No annotators disagree, or all that they disagree on is reviewed.",
}
_TOOLTIPS = {
    "flagged": "what was set aside for a second look",
    "changed": "labels that are not the given ones",
    "model disagrees": "labels that the retrained model does not believe",
    "annotators disagree": "what a second annotator said otherwise",
}


def _kind_keys() -> list[BindingType]:
    return [
        help_command(str(number), f"show('{kind}')", f"review.{kind.replace(' ', '_')}", _TOOLTIPS[kind])
        for number, kind in enumerate(KINDS, start=1)
    ]


class ReviewScreen(Screen[None]):
    """Says `ReviewFrom` for a case to be decided again; what was decided since it was opened is marked reviewed."""

    AUTO_FOCUS = ""
    CSS_PATH = "screen.tcss"
    HORIZONTAL_BREAKPOINTS = BREADTHS
    BINDINGS: ClassVar[list[BindingType]] = [
        footer_command("enter", "decide", "Decide again", "review.decide", "decide it again, then those below"),
        *_kind_keys(),
        footer_command("tab", "next(1)", "Next list", "review.next", "the next list"),
        help_command("shift+tab", "next(-1)", "review.previous", "the list before"),
        help_command("up", "move(-1)", "review.up", "up"),
        help_command("down", "move(1)", "review.down", "down"),
        help_command("pageup", "turn(-1)", "review.page_up", "a page up"),
        help_command("pagedown", "turn(1)", "review.page_down", "a page down"),
        help_command("home", "go(0)", "review.first", "the first one"),
        help_command("end", "go(-1)", "review.last", "the last one"),
        footer_command("escape", "dismiss", "Back", "review.back", "back to where you came from"),
        footer_command("question_mark", "app.help", "Help", "review.help", "keys, classes, guideline"),
        help_command("q", "app.quit", "review.quit", "quit: every verdict is on disk"),
    ]

    def __init__(
        self, service: SessionService, painter: Painter, class_keys: Sequence[str], kind: str | None = None
    ) -> None:
        """kind: of KINDS, the list to begin with; the first that has a case if left out."""
        super().__init__()
        self._service, self._painter, self._class_keys, self._kind = service, painter, class_keys, kind or ""
        self._since = len(service.decisions)
        self._cases: dict[str, list[Case]] = {kind: [] for kind in KINDS}

    def compose(self) -> ComposeResult:
        """Heading, lists, the cases of one list with the one under the cursor beside them, keys."""
        yield Heading()
        yield Tabs(*(Tab(kind, id=_id(kind)) for kind in KINDS))
        yield Static(id="nothing", markup=False)
        with Horizontal(id="cases"):
            yield CaseTable(self._service.annotator)
            with Vertical(id="case"):
                yield Preview(self._painter)
                yield Static(id="about", markup=False)
                with VerticalScroll(can_focus=False):
                    yield ClassList(self._service.classes, self._class_keys)
        yield StatusLine()
        yield Footer(compact=True)

    def on_mount(self) -> None:
        """Keys are taken by the screen."""
        self.query_one(Tabs).can_focus = False
        self.query_one(Heading).show((self._service.folder.name, "review"))

    def on_screen_resume(self) -> None:
        """Look at the session again: some cases may have been decided meanwhile."""
        for kind, find in KINDS.items():
            self._cases[kind] = self._merged(self._cases[kind], find(self._service))
        if not self._kind:
            self._kind = next((kind for kind in KINDS if self._open(kind)), next(iter(KINDS)))
        for number, kind in enumerate(KINDS, start=1):
            self.query_one(f"#{_id(kind)}", Tab).label = f"{number} {kind} {len(self._open(kind)):,}"
        self.query_one(StatusLine).say(self._note())
        self.action_show(self._kind)

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool:
        """Who may only look decides nothing again."""
        return action != "decide" or (self._service.is_writable and bool(self._shown))

    def action_decide(self) -> None:
        """Decide the case under the cursor again, then the others below it that were not reviewed yet."""
        chosen = self._shown[self._table.cursor_row]
        cases = [case for case in self._shown if case is chosen or not self._is_reviewed(case)]
        self.post_message(ReviewFrom(cases, cases.index(chosen)))

    def action_show(self, kind: str) -> None:
        """Show a list, the cursor on its first case that is not reviewed, or where it was."""
        row = self._table.cursor_row if kind == self._kind else 0
        self._kind = kind
        self.query_one(Tabs).active = _id(kind)
        self.set_class(not self._shown, "-nothing")
        self.query_one("#nothing", Static).update(_NOTHING[kind])
        rows = range(row, len(self._shown))
        row = next((number for number in rows if not self._is_reviewed(self._shown[number])), row)
        given = self._service.given_label
        self._table.show([(case, given(case.sample), self._is_reviewed(case)) for case in self._shown], row)
        self._show_case()
        self.refresh_bindings()

    def action_next(self, step: int) -> None:
        """The next list, or the one before."""
        kinds = list(KINDS)
        self.action_show(kinds[(kinds.index(self._kind) + step) % len(kinds)])

    def action_move(self, rows: int) -> None:
        """Another case."""
        self._table.move_cursor(row=self._table.cursor_row + rows)

    def action_turn(self, pages: int) -> None:
        """A page of cases on."""
        self.action_move(pages * max(1, self._table.size.height - 2))

    def action_go(self, row: int) -> None:
        """The first case or the last."""
        self._table.move_cursor(row=row % max(1, len(self._shown)))

    @on(Tabs.TabActivated)
    def _tab_clicked(self, event: Tabs.TabActivated) -> None:
        kind = next(kind for kind in KINDS if _id(kind) == event.tab.id)
        if event.tabs.active == event.tab.id and kind != self._kind:
            self.action_show(kind)

    @on(CaseTable.RowHighlighted)
    def _show_case(self) -> None:
        if not 0 <= self._table.cursor_row < len(self._shown):
            return
        row = self._table.cursor_row
        case, later = self._shown[row], self._shown[row + 1 : row + 3]
        item = self._service.item_of(case.sample)
        self.query_one(Preview).show(item.position, [self._service.item_of(one.sample).position for one in later])
        self.query_one(ClassList).show(item, hidden=False)
        self.query_one("#about", Static).update(self._about(case))

    @on(CaseTable.RowSelected)
    def _row_clicked(self) -> None:
        if self.check_action("decide", ()):
            self.action_decide()

    @property
    def _table(self) -> CaseTable:
        return self.query_one(CaseTable)

    @property
    def _shown(self) -> list[Case]:
        return self._cases.get(self._kind, [])

    def _open(self, kind: str) -> list[Case]:
        return [case for case in self._cases[kind] if not self._is_reviewed(case)]

    def _is_reviewed(self, case: Case) -> bool:
        return case.verdict.seq >= self._since

    def _merged(self, before: Sequence[Case], found: Sequence[Case]) -> list[Case]:
        """The cases found, in the order they had before, and between them those that reviewing has settled."""
        new = {(case.sample, case.says): case for case in found}
        merged = []
        for case in before:
            verdict = self._service.verdict(case.sample)
            if (again := new.pop((case.sample, case.says), None)) is not None:
                merged.append(again)
            elif verdict is not None and verdict.seq >= self._since:
                merged.append(replace(case, verdict=verdict))
        return [*merged, *new.values()]

    def _about(self, case: Case) -> str:
        """The case in sentences."""
        said = [f"{self._who(case.verdict.annotator)} {_did(case.verdict)} in round {case.verdict.round}."]
        if case.share is not None:
            said.append(f"The new model says {plain(case.other)} at {case.share:.2f}.")
        elif case.says:
            answer = f"said {plain(case.other)}" if case.other in self._service.classes else FINAL[case.other] + " it"
            said.append(f"{self._who(case.says)} {answer}.")
        said.append(f"Given as {plain(self._service.given_label(case.sample))}.")
        if self._is_reviewed(case):
            said.append("Reviewed.")
        return f"{plain(case.sample)}\n{' '.join(said)}"

    def _who(self, annotator: str) -> str:
        return "You" if annotator == self._service.annotator else plain(annotator)

    def _note(self) -> str:
        """When what is decided here takes effect."""
        if not self._service.is_writable:
            return "You are watching: only the one who labels can decide again."
        retraining = self._service.round + self._service.frozen
        if retraining > self._service.config.rounds or self._service.state == State.DONE:
            return "What you decide again: no retraining follows; the export has it."
        return f"What you decide again takes effect at the next retraining (round {retraining})."


def _id(kind: str) -> str:
    return kind.replace(" ", "-")


def _did(verdict: Decision) -> str:
    did = f"{FINAL[verdict.kind]} it" if verdict.label is None else f"said {plain(verdict.label)}"
    return f"{did}, blind," if verdict.blind else did
