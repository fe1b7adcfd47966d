"""Textual's driver for terminals, made to survive what terminals send, and what shells and administrators do to it."""

from __future__ import annotations

import os
import select
import signal
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

from textual._ansi_sequences import SYNC_END
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

from alc_tui.tui.graphics.layer import Layer
from alc_tui.tui.graphics.passage import Passage
from alc_tui.tui.terminal.reports import Reports
from alc_tui.tui.terminal.sequences import SequenceReader
from alc_tui.tui.terminal.stray_output import StrayOutput, log_path

ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
"""Signals that end the app."""
_HANDLED = (*ENDING, signal.SIGTSTP, signal.SIGCONT)
PATIENCE = 5.0
"""Seconds after a signal within which the app must have ended, else it is ended without asking."""
_POLL = 0.1


def exit_code(number: int) -> int:
    """The exit code after a signal, as shells report it."""
    return 128 + number


@contextmanager
def original_signals() -> Iterator[None]:
    """Restore the handlers of all signals that the driver handles."""
    before = {number: signal.getsignal(number) for number in _HANDLED}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class TerminalDriver(LinuxDriver):
    """Reads keys with a parser of its own, draws graphics at the end of each frame, keeps what others print off the
    screen, and ends, suspends and resumes the app with the terminal restored.

    written: bytes sent to the terminal.
    """

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        self._ignored = {number for number in _HANDLED if signal.getsignal(number) == signal.SIG_IGN}
        self.written = 0
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        assert sys.__stderr__ is not None, "the app runs in a terminal"
        self._file = _Output(os.dup(sys.__stderr__.fileno()))  # type: ignore[assignment]
        self._stray_output = StrayOutput(log_path())
        self._is_ending = False
        self.graphics = Layer(self._send, Passage(os.environ))
        self._handle_signals()

    def write(self, data: str) -> None:
        """Write to the terminal; graphics belong into the frame that ends."""
        if data == SYNC_END:
            self.graphics.draw()
        self._send(data)

    def flush(self) -> None:
        """The end of a frame on terminals that do not synchronize."""
        self.graphics.draw()
        super().flush()

    def start_application_mode(self) -> None:
        """Take the terminal for the app alone."""
        self._stray_output.divert()
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def stop_application_mode(self) -> None:
        """Leave the terminal without graphics."""
        self.graphics.clear()
        super().stop_application_mode()

    def close(self) -> None:
        """Leave the terminal to all who print, once the last frame is written."""
        super().close()
        self._stray_output.restore()

    def _send(self, data: str) -> None:
        self.written += len(data.encode("utf-8", "replace"))
        super().write(data)

    def run_input_thread(self) -> None:
        """Read what the terminal sends until the app ends or the terminal is gone."""
        reader, reports = SequenceReader(), Reports()
        while not self.exit_event.is_set():
            wait = _POLL if reader.deadline is None else min(_POLL, max(0.0, reader.deadline - time.monotonic()))
            if select.select([self.fileno], [], [], wait)[0]:
                try:
                    data = os.read(self.fileno, 4096)
                except OSError:
                    data = b""
                if not data:
                    self._end(signal.SIGHUP)
                    return
                tokens = reader.feed(data, time.monotonic())
            else:
                tokens = reader.tick(time.monotonic())
            for token in tokens:
                for message in reports.messages(token):
                    self.process_message(message)

    def _get_terminal_size(self) -> tuple[int, int]:
        """The size of the terminal to which the app writes, wherever standard output leads, and whatever a program
        that started this one has left in COLUMNS and LINES; those count only where the terminal does not know."""
        try:
            columns, lines = os.get_terminal_size(self._file.fileno())  # type: ignore[union-attr]
        except OSError:
            columns, lines = 0, 0
        return (columns, lines) if columns and lines else super()._get_terminal_size()

    def _query_in_band_window_resize(self) -> None:
        """The system reports sizes; a report by the terminal could be anything."""

    def _handle_signals(self) -> None:
        handlers: dict[int, Any] = {
            **dict.fromkeys(ENDING, self._on_ending_signal),
            signal.SIGTSTP: lambda *_: self._in_loop(self._suspend),
            signal.SIGCONT: lambda *_: self._in_loop(self._return),
        }
        for number, handler in handlers.items():
            signal.signal(number, signal.SIG_IGN if number in self._ignored else handler)

    def _on_ending_signal(self, number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)  # a second one ends the process without asking
        self._end(number)

    def _end(self, number: int) -> None:
        """End the app with the exit code of a signal, or the process if the app does not end by itself."""
        if not self._is_ending:
            self._is_ending = True
            self._in_loop(lambda: self._app.exit(exit_code(number)))
            threading.Thread(target=self._force_end, args=(number,), daemon=True).start()

    def _force_end(self, number: int) -> None:
        time.sleep(PATIENCE)
        if self.attrs_before is not None:
            with suppress(termios.error):
                termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)
        os._exit(exit_code(number))

    def _in_loop(self, act: Callable[[], object]) -> None:
        with suppress(RuntimeError):  # the app has ended
            self._loop.call_soon_threadsafe(act)

    def _suspend(self) -> None:
        """Give the terminal back to the shell, stop as any program does at Ctrl-Z, and go on when told to."""
        if signal.SIGTSTP in self._ignored or self._is_ending:
            return
        self.suspend_application_mode()
        signal.signal(signal.SIGCONT, signal.SIG_DFL)
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(0, signal.SIGTSTP)
        self._wait_for_foreground()
        self._resume()

    def _return(self) -> None:
        """The process was stopped and continued by others, who may have changed the terminal."""
        if not self._is_ending:
            signal.signal(signal.SIGCONT, signal.SIG_DFL)
            self._wait_for_foreground()
            self.suspend_application_mode()
            self._resume()

    def _wait_for_foreground(self) -> None:
        with suppress(OSError):  # the terminal is gone
            while os.tcgetpgrp(self.fileno) != os.getpgrp():
                os.kill(os.getpid(), signal.SIGSTOP)

    def _resume(self) -> None:
        self._handle_signals()
        self._must_signal_resume = True
        self.resume_application_mode()


class _Output:
    """A terminal that takes all characters, and that may go away."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, text: str) -> None:
        data = text.encode("utf-8", "replace")
        with suppress(OSError):
            while data:
                try:
                    data = data[os.write(self._descriptor, data) :]
                except BlockingIOError:
                    select.select([], [self._descriptor], [])

    def flush(self) -> None:
        """Everything is written at once."""

    def fileno(self) -> int:
        return self._descriptor
