"""All sessions of a store: to open, start, replay, export or delete one, or to make one. Trains nothing itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.widgets import DataTable, Footer, Static

from alc_tui.errors import AlcError
from alc_tui.session.store import processes
from alc_tui.session.store.folder import SessionFolder
from alc_tui.text.format import plain
from alc_tui.tui.commands import footer_command, help_command
from alc_tui.tui.dialogs.ask import AskScreen
from alc_tui.tui.dialogs.confirm import ConfirmScreen
from alc_tui.tui.messages import NewSession, OpenSession
from alc_tui.tui.sessions import actions as chores
from alc_tui.tui.sessions.rows import Details, Row, StoreRows, details, holders
from alc_tui.tui.sessions.table import SessionsTable
from alc_tui.tui.terminal.receipt import Receipt
from alc_tui.tui.widgets.heading import Heading
from alc_tui.tui.widgets.status_line import StatusLine

REFRESH_SECONDS = 2.0
MOVES = {
    "up": "cursor_up",
    "down": "cursor_down",
    "pageup": "page_up",
    "pagedown": "page_down",
    "home": "scroll_top",
    "end": "scroll_bottom",
}


class SessionsScreen(Screen[None]):
    """Lists the store, and again every two seconds. Says `OpenSession` and `NewSession`."""

    AUTO_FOCUS = ""
    CSS_PATH = "screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        footer_command(
            "enter",
            "open",
            "Open",
            "sessions.open",
            "Open the session where it is: labeling, training or progress; a replay is only watched.",
        ),
        footer_command("n", "new", "New", "sessions.new", "Make a session."),
        footer_command(
            "t",
            "train",
            "Train",
            "sessions.train",
            "Start its training, or go on with it from the last epoch, and stay here.",
        ),
        footer_command(
            "r",
            "replay",
            "Replay",
            "sessions.replay",
            "Run its rounds with the oracle, where the truth is known, in a folder of their own.",
        ),
        footer_command("e", "export", "Export", "sessions.export", "Write its labels to a CSV file."),
        footer_command("d", "delete", "Delete", "sessions.delete", "Delete it, after a question."),
        footer_command("question_mark", "app.help", "Help", "sessions.help", "These keys."),
        footer_command("q", "app.quit", "Quit", "sessions.quit", "Leave; trainings go on by themselves."),
        *(
            help_command(key, f"move('{action}')", f"sessions.{key}", "Another session.")
            for key, action in MOVES.items()
        ),
    ]

    def __init__(self, store: Path, receipt: Receipt | None = None) -> None:
        """receipt: the app's, None where there is no terminal to be asked."""
        super().__init__()
        self._store, self._rows, self._receipt = store, StoreRows(store), receipt
        self._is_reading = False
        self._known: tuple[Row, Details] | None = None
        self._replays: dict[SessionFolder, Popen[bytes]] = {}
        self._drawn: list[Row] | None = None
        self._described: list[str] = []

    def compose(self) -> ComposeResult:
        """Heading, the table, more about one session, what happened, keys."""
        yield Heading()
        yield SessionsTable()
        yield Static(f"There is no session in {plain(str(self._store))} yet.\n\nn makes one.", id="empty", markup=False)
        yield Static(id="details", markup=False)
        yield StatusLine()
        yield Footer(compact=True)

    def on_mount(self) -> None:
        """Read the store now, and again and again."""
        self.query_one(Heading).show(("Sessions", str(self._store)))
        self.query_one("#empty").display = False
        self.set_interval(REFRESH_SECONDS, self._read)

    def on_screen_resume(self) -> None:
        """Much may have happened while another screen was shown."""
        self._read()

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool:
        """Without a session there is only one to be made."""
        return self._row is not None or action not in ("open", "train", "replay", "export", "delete")

    def on_data_table_row_highlighted(self) -> None:
        """Tell of another one."""
        self._tell()

    def on_data_table_row_selected(self, _event: DataTable.RowSelected) -> None:
        """A click opens."""
        self.action_open()

    def action_move(self, how: str) -> None:
        """Another session."""
        getattr(self.query_one(SessionsTable), f"action_{how}")()

    def action_open(self) -> None:
        """The screen that fits."""
        row = self._readable()
        if row is not None:
            self.post_message(OpenSession(row.folder, write=row.of is None))

    def action_new(self) -> None:
        """Ask for the form."""
        self.post_message(NewSession())

    def action_train(self) -> None:
        """Start the worker."""
        row = self._readable()
        if row is None:
            return
        if row.of is not None:
            self._say("A replay trains by itself; r goes on with one that was stopped.", is_error=True)
        else:
            self._do(f"Starting the training of {row.folder.name} …", lambda: chores.start_training(row.folder))

    @work
    async def action_replay(self) -> None:
        """Ask, then start the replay of the session."""
        row = self._readable()
        if row is None or not await self._agrees(lambda: chores.replay_question(row.session)):
            return
        try:
            self._replays[row.session] = processes.spawn_replay(row.session)
        except OSError as error:
            self._say(str(error), is_error=True)
        else:
            self._say(f"The replay of {row.session.name} is starting; it appears below the session.")

    @work
    async def action_export(self) -> None:
        """Ask for the file, then write it."""
        row = self._readable()
        if row is None:
            return
        question = f"Export the labels of {row.folder.name} to which CSV file?"
        path = await self.app.push_screen_wait(AskScreen(question, f"{row.folder.name}-labels.csv"))
        if path is not None:
            self._do("Exporting …", lambda: chores.export(row.folder, Path(path)))

    @work
    async def action_delete(self) -> None:
        """Ask, telling what will be lost, then delete it."""
        row = self._row
        if row is not None and await self._agrees(lambda: chores.delete_question(row)):
            self._do(f"Deleting {row.folder.name} …", lambda: chores.delete(row.folder))

    @property
    def _row(self) -> Row | None:
        return self.query_one(SessionsTable).row

    def _readable(self) -> Row | None:
        """The session the cursor is at; if it is damaged, that is said instead."""
        row = self._row
        if row is not None and row.error is not None:
            self._say(row.error, is_error=True)
            return None
        return row

    async def _agrees(self, question: Callable[[], str]) -> bool:
        """Whether the person says yes to it; why it need not be asked is said instead."""
        asked = await self._attempt(question)
        if asked is None:
            return False
        self._say("")
        return await self.app.push_screen_wait(ConfirmScreen(asked, self._receipt))

    @work
    async def _do(self, doing: str, job: Callable[[], str]) -> None:
        """Say that it is being done, and then how it went."""
        self._say(doing)
        done = await self._attempt(job)
        if done is not None:
            self._say(done)
        self._read()

    async def _attempt(self, job: Callable[[], str]) -> str | None:
        """What a job returns that is done off the event loop; None, and why is said, if it could not be done."""
        try:
            return await asyncio.to_thread(job)
        except (AlcError, OSError) as error:
            self._say(str(error), is_error=True)
            return None

    @work
    async def _read(self) -> None:
        if self._is_reading or self.app.screen is not self:
            return
        self._is_reading = True
        try:
            rows = await asyncio.to_thread(self._rows.read)
        except OSError as error:
            self._say(f"{self._store} cannot be read ({error.strerror}); check its permissions.", is_error=True)
        else:
            self._draw(rows)
        finally:
            self._is_reading = False

    def _draw(self, rows: list[Row]) -> None:
        if rows != self._drawn:
            self._drawn = rows
            table, empty = self.query_one(SessionsTable), self.query_one("#empty", Static)
            table.display, empty.display = bool(rows), not rows
            table.show(rows)
            self.refresh_bindings()
        self._hear_of_replays()
        self._tell()

    def _hear_of_replays(self) -> None:
        for session, process in list(self._replays.items()):
            code = process.poll()
            if code is not None:
                del self._replays[session]
                how = "is done." if code == 0 else f"ended: {chores.last_words(session)}"
                self._say(f"The replay of {session.name} {how}", is_error=code != 0)

    @work(exclusive=True, group="details")
    async def _tell(self) -> None:
        row = self._row
        if row is None or row.overview is None:
            self._describe([] if row is None else [row.folder.name, row.error or ""])
            return
        try:
            if self._known is None or self._known[0] is not row:
                self._known = row, await asyncio.to_thread(details, row.folder)
            now = await asyncio.to_thread(holders, row.folder)
        except (AlcError, OSError) as error:
            self._describe([row.folder.name, str(error)])
        else:
            self._describe(chores.described(row, row.overview, self._known[1], now))

    def _describe(self, lines: list[str]) -> None:
        """Show these lines, if they are others: what is drawn crosses somebody's SSH line."""
        if lines != self._described:
            self._described = lines
            self.query_one("#details", Static).update("\n".join(plain(line) for line in lines))

    def _say(self, text: str, is_error: bool = False) -> None:
        self.query_one(StatusLine).say(text, is_error)
