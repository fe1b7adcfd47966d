"""The list of sessions: open, train, replay, export, delete, or create one. Does not train itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import DataTable, Static

from alc_tui.errors import AlcError
from alc_tui.session.export.names import FORMATS
from alc_tui.session.export.writing import default_target, is_folder
from alc_tui.session.store import processes
from alc_tui.session.store.folder import SessionFolder
from alc_tui.text.format import plain
from alc_tui.tui.app_screen import AppScreen
from alc_tui.tui.dialogs.ask import AskScreen
from alc_tui.tui.dialogs.choose import ChooseScreen
from alc_tui.tui.dialogs.confirm import ConfirmScreen
from alc_tui.tui.messages import NewSession, OpenSession
from alc_tui.tui.sessions import actions
from alc_tui.tui.sessions.keys import SESSIONS_KEYS
from alc_tui.tui.sessions.rows import Details, SessionRow, StoreRows, details, holders
from alc_tui.tui.sessions.table import SessionsTable
from alc_tui.tui.terminal.delivery import DeliveryConfirmation
from alc_tui.tui.widgets.heading import Heading
from alc_tui.tui.widgets.key_bar import KeyBar
from alc_tui.tui.widgets.status_line import StatusLine


class SessionsScreen(AppScreen[None]):
    """Lists the store, and keeps the list up to date. Posts `OpenSession` and `NewSession`."""

    AUTO_FOCUS = ""
    CSS_PATH = "screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = SESSIONS_KEYS

    def __init__(self, store: Path, delivery: DeliveryConfirmation | None = None, refresh: float = 2.0) -> None:
        """delivery: the app's; None without a terminal. refresh: seconds between two reads of the store."""
        super().__init__()
        self._refresh = refresh
        self._store, self._rows, self._delivery = store, StoreRows(store), delivery
        self._is_reading = False
        self._details_of: tuple[SessionRow, Details] | None = None
        self._replays: dict[SessionFolder, Popen[bytes]] = {}
        self._drawn: list[SessionRow] | None = None
        self._details: list[str] = []

    def compose(self) -> ComposeResult:
        """Heading, the table, details of one session, status line, keys."""
        yield Heading()
        yield SessionsTable()
        yield Static(
            f"There are no sessions in {plain(str(self._store))}.\n\nPress n to create one.", id="empty", markup=False
        )
        yield Static(id="details", markup=False)
        yield StatusLine()
        yield KeyBar()

    def on_mount(self) -> None:
        """Read the store now and regularly."""
        self.query_one(Heading).show(("Sessions", str(self._store)))
        self.query_one("#empty").display = False
        self.set_interval(self._refresh, self._read)

    def on_screen_resume(self) -> None:
        """Re-read the store, which may have changed while another screen was shown."""
        self._read()

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool:
        """Which keys are active: without sessions, only creating one is possible."""
        return self._row is not None or action not in ("open", "train", "replay", "export", "delete")

    def on_data_table_row_highlighted(self) -> None:
        """Show the details of the session under the cursor."""
        self._show_details()

    def on_data_table_row_selected(self, _event: DataTable.RowSelected) -> None:
        """Open the session that is clicked."""
        self.action_open()

    def action_move(self, how: str) -> None:
        """Move the cursor."""
        getattr(self.query_one(SessionsTable), f"action_{how}")()

    def action_open(self) -> None:
        """Open the session under the cursor."""
        row = self._readable()
        if row is not None:
            self.post_message(OpenSession(row.folder, write=row.of is None))

    def action_new(self) -> None:
        """Show the form for a new session."""
        self.post_message(NewSession())

    def action_train(self) -> None:
        """Start the training of the session under the cursor."""
        row = self._readable()
        if row is None:
            return
        if row.of is not None:
            self._show_status("Replays train automatically. Press r to resume a stopped replay.", is_error=True)
        else:
            self._do(f"Starting training of {row.folder.name} …", lambda: actions.start_training(row.folder))

    @work
    async def action_replay(self) -> None:
        """Start a replay of the session, after confirmation."""
        row = self._readable()
        if row is None or not await self._agrees(lambda: actions.replay_question(row.session)):
            return
        try:
            self._replays[row.session] = processes.spawn_replay(row.session)
        except OSError as error:
            self._show_status(str(error), is_error=True)
        else:
            self._show_status(f"The replay of {row.session.name} is starting and will appear below the session.")

    @work
    async def action_export(self) -> None:
        """Ask for a format and a path, then export the labels."""
        row = self._readable()
        if row is None:
            return
        name = row.folder.name
        format_ = await self.app.push_screen_wait(
            ChooseScreen(f"Export the labels of {name} in which format?", FORMATS)
        )
        if format_ is None:
            return
        question = f"Export the labels of {name} to which {'folder' if is_folder(format_) else 'file'}?"
        answer = await self.app.push_screen_wait(AskScreen(question, str(default_target(format_, name))))
        if answer is None:
            return
        path = Path(answer)
        replaces = await self._attempt(lambda: actions.replace_question(row.folder, format_, path))
        if replaces is None:
            return
        if replaces and not await self.app.push_screen_wait(ConfirmScreen(replaces, self._delivery)):
            self._show_status("Nothing was exported.")
            return
        self._do("Exporting …", lambda: actions.export(row.folder, format_, path, bool(replaces)))

    @work
    async def action_delete(self) -> None:
        """Delete the session, after a confirmation that lists what will be lost."""
        row = self._row
        if row is not None and await self._agrees(lambda: actions.delete_question(row)):
            self._do(f"Deleting {row.folder.name} …", lambda: actions.delete(row.folder))

    @property
    def _row(self) -> SessionRow | None:
        return next((table.row for table in self.query(SessionsTable)), None)

    def _readable(self) -> SessionRow | None:
        """The session under the cursor; None, with an error, if it is damaged."""
        row = self._row
        if row is not None and row.error is not None:
            self._show_status(row.error, is_error=True)
            return None
        return row

    async def _agrees(self, question: Callable[[], str]) -> bool:
        """Whether the user confirms; False, with an error, if the action is not possible."""
        text = await self._attempt(question)
        if text is None:
            return False
        self._show_status("")
        return await self.app.push_screen_wait(ConfirmScreen(text, self._delivery))

    @work
    async def _do(self, announcement: str, job: Callable[[], str]) -> None:
        """Announce a job, then show its result."""
        self._show_status(announcement)
        result = await self._attempt(job)
        if result is not None:
            self._show_status(result)
        self._read()

    async def _attempt(self, job: Callable[[], str]) -> str | None:
        """The result of a job, run outside the event loop; None, with an error, if it fails."""
        try:
            return await asyncio.to_thread(job)
        except (AlcError, OSError) as error:
            self._show_status(str(error), is_error=True)
            return None

    @work
    async def _read(self) -> None:
        if self._is_reading or self.app.screen is not self:
            return
        self._is_reading = True
        try:
            rows = await asyncio.to_thread(self._rows.read)
        except OSError as error:
            self._show_status(f"{self._store} cannot be read ({error.strerror}); check its permissions.", is_error=True)
        else:
            if self.query(SessionsTable):  # gone if the screen was closed meanwhile
                self._draw(rows)
        finally:
            self._is_reading = False

    def _draw(self, rows: list[SessionRow]) -> None:
        if rows != self._drawn:
            self._drawn = rows
            table, empty = self.query_one(SessionsTable), self.query_one("#empty", Static)
            table.display, empty.display = bool(rows), not rows
            table.show(rows)
            self.refresh_bindings()
        self._check_replays()
        self._show_details()

    def _check_replays(self) -> None:
        for session, process in list(self._replays.items()):
            code = process.poll()
            if code is not None:
                del self._replays[session]
                how = "has finished." if code == 0 else f"failed: {actions.last_log_line(session)}"
                self._show_status(f"The replay of {session.name} {how}", is_error=code != 0)

    @work(exclusive=True, group="details")
    async def _show_details(self) -> None:
        row = self._row
        if row is None or row.overview is None:
            self._describe([] if row is None else [row.folder.name, row.error or ""])
            return
        try:
            if self._details_of is None or self._details_of[0] is not row:
                self._details_of = row, await asyncio.to_thread(details, row.folder)
            now = await asyncio.to_thread(holders, row.folder)
        except (AlcError, OSError) as error:
            self._describe([row.folder.name, str(error)])
        else:
            self._describe(actions.describe(row, row.overview, self._details_of[1], now))

    def _describe(self, lines: list[str]) -> None:
        """Show these lines if they have changed, to save bandwidth."""
        if lines != self._details:
            self._details = lines
            for widget in self.query("#details").results(Static):  # none if the screen was closed meanwhile
                widget.update("\n".join(plain(line) for line in lines))

    def _show_status(self, text: str, is_error: bool = False) -> None:
        for line in self.query(StatusLine):
            line.show_message(text, is_error)
