"""Prints data to stdout and everything else to stderr."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TextIO

from alc_tui.text.format import duration, plain


def print_message(text: str) -> None:
    """Print one line to stderr, if it is still there: a hint, a notice, or an error."""
    with suppress(OSError):
        _write(sys.stderr, f"{plain(text)}\n")


def overwrite(text: str, is_last: bool) -> None:
    """Replace the current line of stderr, a terminal. is_last: whether the next output goes to a line of its own."""
    with suppress(OSError):
        _write(sys.stderr, f"\r\x1b[K{plain(text)}" + "\n" * is_last)


def print_data(text: str) -> None:
    """Print data to stdout."""
    _write(sys.stdout, f"{printable(text)}\n")


def print_json(document: Mapping[str, Any] | Sequence[Any]) -> None:
    """Print one JSON document to stdout, in ASCII, so that no name in it can act as a control sequence."""
    _write(sys.stdout, f"{json.dumps(document, indent=1, allow_nan=False)}\n")


def _write(stream: TextIO, text: str) -> None:
    # Not typer.echo, which encodes as it likes where the locale is ASCII.
    stream.write(text)
    stream.flush()


def printable(text: str) -> str:
    """The text with control characters escaped, except line breaks; names in it must be escaped by `plain` before."""
    return "\n".join(plain(line) for line in text.split("\n"))


def table(head: Sequence[str], rows: Sequence[Sequence[str]], texts: int = 1) -> str:
    """Columns under a header, the first `texts` aligned left and the others aligned right; cells are escaped."""
    lines = [[plain(cell) for cell in line] for line in (head, *rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(w) if n < texts else cell.rjust(w) for n, (cell, w) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def number(value: float | None, digits: int = 3) -> str:
    """A number for a table, `-` for None."""
    return "-" if value is None else f"{value:.{digits}f}"


def size(count: int) -> str:
    """A number of bytes in a readable unit: `5.0 GB`."""
    value, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{value:.0f} B" if unit == "B" else f"{value:.1f} {unit}"


def progress_counter(what: str) -> Callable[[int, int], None]:
    """A progress counter with the remaining time: one line that is updated in place in a terminal, otherwise a line
    every 10 s."""
    began = last_shown = 0.0

    def show(done: int, total: int) -> None:
        nonlocal began, last_shown
        now = time.monotonic()
        if not began:
            began, last_shown = now, 0.0 if sys.stderr.isatty() else now
        if done < total and now - last_shown < (0.1 if sys.stderr.isatty() else 10):
            return
        last_shown = now
        rest = (now - began) / max(done, 1) * (total - done)
        text = f"{what}: {done:,} of {total:,}, {duration(rest)} to go" if done < total else f"{what}: {total:,} done"
        if sys.stderr.isatty():
            overwrite(text, is_last=done >= total)
        else:
            print_message(text)

    return show
