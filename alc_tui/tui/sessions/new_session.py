"""A form for a new session, with the same validation as the command line; it also shows the equivalent command."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Collapsible, Input, Select, Static

from alc_tui.errors import UsageError
from alc_tui.session.settings.config import Config
from alc_tui.session.settings.resolution import resolve
from alc_tui.text.format import plain
from alc_tui.tui.app_screen import AppScreen
from alc_tui.tui.commands import footer_command, help_command
from alc_tui.tui.dialogs.confirm import ConfirmScreen
from alc_tui.tui.sessions.form import COMMON, FIELDS, MORE, Field, NewSessionRequest, placeholder
from alc_tui.tui.sessions.form_row import FormRow
from alc_tui.tui.sessions.summary import SummaryScreen
from alc_tui.tui.widgets.heading import Heading
from alc_tui.tui.widgets.key_bar import KeyBar
from alc_tui.tui.widgets.status_line import StatusLine

LEAVE_QUESTION = "Leave the form? What you have filled in will be lost."
WIDE = 120
BREADTHS = [(0, "-narrow"), (WIDE, "-wide")]


class NewSessionScreen(AppScreen[None]):
    """The form; `SummaryScreen` creates the session and notifies the app."""

    AUTO_FOCUS = "FormChoice"
    CSS_PATH = "new_session.tcss"
    TAKES_TEXT = True
    HORIZONTAL_BREAKPOINTS = BREADTHS
    BINDINGS: ClassVar[list[BindingType]] = [
        footer_command(
            "ctrl+k",
            "check",
            "Check",
            "new_session.check",
            "Check the data and the machine, and show a summary; the session is not created yet.",
            priority=True,
        ),
        footer_command("tab,down", "app.focus_next", "Next", "new_session.next", "Next field."),
        footer_command("shift+tab,up", "app.focus_previous", "Previous", "new_session.previous", "Previous field."),
        help_command("pagedown", "scroll_page(1)", "new_session.pagedown", "Scroll down one page."),
        help_command("pageup", "scroll_page(-1)", "new_session.pageup", "Scroll up one page."),
        footer_command("f1", "app.help", "Help", "new_session.help", "Show these keys."),
        footer_command("escape", "leave", "Back", "new_session.back", "Go back without creating a session."),
    ]

    def __init__(self, store: Path) -> None:
        super().__init__()
        self._store = store
        self._error: str | None = None

    def compose(self) -> ComposeResult:
        """Heading, the fields, the meaning of the one in focus, the command, the button beside the error."""
        yield Heading()
        with Vertical(id="form"):
            with Vertical(classes="fields"):
                yield from map(_row, COMMON)
            with Collapsible(title="More"), Vertical(classes="fields"):
                yield from map(_row, MORE)
        yield Static(id="hint", markup=False)
        yield Static(id="command", markup=False)
        with Horizontal(id="end"):
            yield Button("Check", id="check", compact=True)
            yield StatusLine()
        yield KeyBar()

    def on_mount(self) -> None:
        """Show the default values."""
        self.query_one(Heading).show(("New session", str(self._store)))
        with suppress(UsageError):  # of alc.toml or a variable, which `_take` shows
            self._suggest(*resolve({"dataset": ""}, os.environ, Path()))
        self._take()

    def on_descendant_focus(self) -> None:
        """What the field means."""
        self._hint()

    @on(Input.Changed)
    @on(Select.Changed)
    def _take(self) -> None:
        """Validate all fields and show the results."""
        request = self._request
        self.query_one("#command", Static).update(plain(request.command()))
        try:
            self._suggest(*request.resolve(os.environ, Path()))
        except UsageError as error:
            self._error = str(error)
        else:
            self._error = None
        if request.texts["dataset"]:
            self.query_one(StatusLine).show_message(self._error or "", is_error=self._error is not None)
        else:
            self.query_one(StatusLine).show_message("Nothing is created before you confirm the summary.")
        self._hint()

    @on(Input.Submitted)
    def _next(self) -> None:
        self.focus_next()

    @on(Button.Pressed)
    def action_check(self) -> None:
        """Check data and machine, unless a field is invalid."""
        self._take()  # the message of the last change may still be in the queue
        if self._error is None:
            self.app.push_screen(SummaryScreen(self._request), self._come_back)
        else:
            self._show_error(self._error)

    def action_leave(self) -> None:
        """Go back; if something was filled in, after confirmation."""
        if not any(self._request.texts.values()):
            self.dismiss()
            return

        def answered(is_sure: bool | None) -> None:
            if is_sure:
                self.dismiss()

        self.app.push_screen(ConfirmScreen(LEAVE_QUESTION, None), answered)

    def action_scroll_page(self, pages: int) -> None:
        """Scroll the form by its height."""
        form = self.query_one("#form")
        form.scroll_relative(y=pages * max(1, form.size.height - 1), animate=False)

    @property
    def _request(self) -> NewSessionRequest:
        return NewSessionRequest(self._store, {row.id or "": row.value for row in self.query(FormRow)})

    def _suggest(self, config: Config, origins: Mapping[str, str]) -> None:
        """Show the effective values of empty fields."""
        for each in FIELDS:
            self.query_one(f"#{each.name}", FormRow).suggest(plain(placeholder(each, config, origins)))

    def _hint(self) -> None:
        """Show the meaning of the field in focus, and mark it."""
        around = [] if self.focused is None else self.focused.ancestors_with_self
        hint = ""
        for each in FIELDS:
            row = self.query_one(f"#{each.name}", FormRow)
            row.set_class(row in around, "-current")
            hint = each.hint_for(row.value) if row in around else hint
        self.query_one("#hint", Static).update(hint)

    def _come_back(self, error: str | None) -> None:
        if error is not None:
            self._show_error(error)

    def _show_error(self, error: str) -> None:
        """Say what is wrong, and put the cursor into the field that it is about."""
        self.query_one(StatusLine).show_message(error, is_error=True)
        field = self._request.field_of(error)
        if field in (each.name for each in MORE):
            self.query_one(Collapsible).collapsed = False
        self.call_after_refresh(self.query_one(f"#{field}", FormRow).enter)


def _row(each: Field) -> FormRow:
    return FormRow(each.title, each.choices, id=each.name)
