"""A summary of the data and the machine before a session is created: a check, followed by a confirmation."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Static

from alc_tui.errors import AlcError
from alc_tui.session.create import SessionDraft, check, check_writable, write
from alc_tui.session.settings.config import Config
from alc_tui.text.bars import bar
from alc_tui.text.format import duration
from alc_tui.tui.app_screen import AppScreen
from alc_tui.tui.messages import SessionCreated
from alc_tui.tui.sessions.form import NewSessionRequest
from alc_tui.tui.sessions.keys import SUMMARY_KEYS
from alc_tui.tui.sessions.summary_facts import SummaryFacts
from alc_tui.tui.widgets.heading import Heading
from alc_tui.tui.widgets.key_bar import KeyBar
from alc_tui.tui.widgets.status_line import StatusLine

POLL_SECONDS = 0.2
_OPENING = "Checking the data …"
_PROBING = "The data is readable. Checking the machine and the backbone, whose weights are downloaded on first use …"


class _Canceled(Exception):
    """The user left before the check finished."""


class SummaryScreen(AppScreen[str | None]):
    """Returns None to continue editing, or an error that prevents creating the session; posts `SessionCreated`."""

    AUTO_FOCUS = ""
    CSS_PATH = "summary.tcss"
    BINDINGS: ClassVar[list[BindingType]] = SUMMARY_KEYS

    def __init__(self, wanted: NewSessionRequest) -> None:
        super().__init__()
        self._wanted = wanted
        self._checked: SessionDraft | None = None
        self._decoded, self._started_at = (0, 0), 0.0
        self._is_canceled = self._is_making = self._is_probing = False

    def compose(self) -> ComposeResult:
        """Heading, the summary (before it, the progress of the check), status line, buttons, keys."""
        yield Heading()
        with Vertical(id="summary"):
            yield Static(_OPENING, id="progress", markup=False)
            yield SummaryFacts()
        yield StatusLine()
        with Horizontal(id="end"):
            yield Button("Start", id="start", compact=True)
            yield Button("Create only", id="make", compact=True)
            yield Button("Back", id="back", compact=True)
        yield KeyBar()

    def on_mount(self) -> None:
        """Begin the check."""
        self.query_one(Heading).show(("New session", "checking"))
        self.query_one("#end").display = False
        self.set_interval(POLL_SECONDS, self._draw_progress)
        self._start_check()

    def on_unmount(self) -> None:
        """Cancel the check."""
        self._is_canceled = True

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool:
        """Which keys are active: a session can be created only after the check."""
        return action != "make" or self._checked is not None

    def action_back(self) -> None:
        """Go back to the form; decoding stops after the current image."""
        self._is_canceled = True
        self.dismiss(None)

    def action_make(self, start: bool) -> None:
        """Create the session, only once."""
        if self._checked is not None and not self._is_making:
            self._is_making = True
            self._make(self._checked, start)

    def action_scroll(self, rows: int) -> None:
        """Scroll the summary."""
        self.query_one("#summary").scroll_relative(y=rows, animate=False)

    def action_scroll_page(self, pages: int) -> None:
        """Scroll the summary by pages."""
        self.action_scroll(pages * max(1, self.query_one("#summary").size.height - 1))

    @on(Button.Pressed)
    def _press(self, event: Button.Pressed) -> None:
        if event.button.id == "back":
            self.action_back()
        else:
            self.action_make(event.button.id == "start")

    @work
    async def _start_check(self) -> None:
        try:
            checked = await asyncio.to_thread(self._check)
        except (AlcError, OSError, RuntimeError) as error:  # RuntimeError: an unknown user in ~user
            self.dismiss(str(error))
        except _Canceled:
            pass
        else:
            self._show(checked)

    def _check(self) -> SessionDraft:
        """Check everything except bad images; whether to skip them is part of the confirmation."""
        check_writable(self._wanted.store)
        config, origins = self._wanted.skipping_bad().resolve(os.environ, Path())
        checked = check(config, origins, self._report_progress, on_probe=self._report_probe)
        if checked.skipped:
            self._wanted = self._wanted.skipping_bad()
            return checked
        asked, origins = self._wanted.resolve(os.environ, Path())
        return replace(
            checked,
            config=replace(checked.config, skip_bad=asked.skip_bad),
            origins={**checked.origins, "skip_bad": origins["skip_bad"]},
        )

    def _report_progress(self, done: int, total: int) -> None:
        if self._is_canceled:
            raise _Canceled
        self._started_at = self._started_at or time.monotonic()
        self._decoded = done, total

    def _report_probe(self, _config: Config) -> None:
        if self._is_canceled:
            raise _Canceled
        self._is_probing = True

    def _draw_progress(self) -> None:
        done, total = self._decoded
        if self._is_probing and not total:
            self.query_one("#progress", Static).update(_PROBING)
        if self._checked is not None or not total:
            return
        rest = (time.monotonic() - self._started_at) / max(done, 1) * (total - done)
        self.query_one("#progress", Static).update(
            f"Decoding images: {done:,} of {total:,}, {duration(rest)} left; each is decoded only once.\n"
            f"{bar(done / total, max(10, min(60, self.size.width - 4)))}\n\n"
            "Press Escape to cancel; decoded images stay cached."
        )

    def _show(self, checked: SessionDraft) -> None:
        self._checked = checked
        self.query_one(Heading).show(("New session", "summary"))
        self.query_one("#progress").display = False
        self.query_one(SummaryFacts).show(checked, self._wanted.command())
        bad = len(checked.skipped)
        start = self.query_one("#start", Button)
        if bad:
            start.label = f"Start without the {bad:,} bad images" if bad > 1 else "Start without the bad image"
            self.query_one("#make", Button).label = (
                "Create only, without them" if bad > 1 else "Create only, without it"
            )
        self.query_one("#end").display = True
        start.focus()
        self.refresh_bindings()

    @work
    async def _make(self, checked: SessionDraft, start: bool) -> None:
        try:
            folder = await asyncio.to_thread(write, checked, self._wanted.store, self._wanted.name)
        except (AlcError, OSError) as error:
            self._is_making = False
            self.query_one(StatusLine).show_message(str(error), is_error=True)
        else:
            self.post_message(SessionCreated(folder, start))
