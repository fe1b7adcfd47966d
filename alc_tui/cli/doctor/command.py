"""The command `alc doctor`: runs all checks, prints them, and exits with 1 if one of them is bad."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict
from textwrap import wrap
from typing import Annotated

import typer

from alc_tui.cli.doctor.check import BAD, OK, WARN, Check
from alc_tui.cli.options import Json, Store, flag
from alc_tui.cli.output import print_data, print_json, print_message
from alc_tui.text.format import plain

COLORS = {OK: "green", WARN: "yellow", BAD: "red"}
WIDEST = 100
_VERDICT, _NAME = 6, 12
"""Widths of the first two columns."""


def doctor(
    store: Store = None,
    card: Annotated[
        bool | None, typer.Option("--card/--no-card", help="Show a test card.", show_default="in a terminal")
    ] = None,
    gpu: Annotated[
        bool, flag("--gpu", "Also train on the GPU for about a minute, and check what it computes.")
    ] = False,
    json: Json = False,
) -> None:
    """Check the terminal, the machine, and the disk, and suggest fixes for problems."""
    from alc_tui.cli.doctor import card as cards
    from alc_tui.cli.doctor import disk, image_card, machine, surroundings, terminal
    from alc_tui.cli.doctor.gpu import check_gpu
    from alc_tui.session.store.folder import store_path

    if sys.stderr.isatty():
        print_message("Checking the terminal, the machine and the disk …")
    load, _, _ = os.getloadavg()
    checks = [
        *_check_terminal(),
        *machine.check_machine(),
        *surroundings.check_surroundings(load),
        *disk.check_disk(store_path(store)),
    ]
    if gpu:
        if sys.stderr.isatty():
            print_message("Training on the GPU for about a minute …")
        checks += check_gpu()
    all_ok = all(check.verdict != BAD for check in checks)
    if json:
        print_json({"ok": all_ok, "checks": [asdict(check) for check in checks]})
    else:
        system = terminal.drawn_system(os.environ)
        width = min(shutil.get_terminal_size().columns, WIDEST)
        for check in checks:
            typer.echo(_lines(check, width, has_color=sys.stdout.isatty() and system is not None))
        if sys.stdout.isatty() if card is None else card:
            typer.echo(f"\n{cards.card(system)}", color=True)
            if sys.stdout.isatty() and image_card.has_images(os.environ):
                typer.echo()
                image_card.show(os.environ, system)
        print_data(f"\n{_summary(checks)}")
    if not all_ok:
        raise typer.Exit(1)


def _check_terminal() -> list[Check]:
    from alc_tui.cli.doctor import round_trip, terminal, tmux
    from alc_tui.tui.graphics.terminals import known_protocol

    terminals = [stream for stream in (sys.stdin, sys.stdout) if stream.isatty()]
    if not terminals:
        return [terminal.check_no_terminal()]
    size = terminal.window(terminals[-1].fileno())
    return [
        terminal.check_type(os.environ),
        terminal.check_colors(os.environ),
        terminal.check_encoding(sys.stdout.encoding, os.environ),
        terminal.check_size(size),
        terminal.check_cells(size),
        tmux.check_tmux(bool(os.environ.get("TMUX"))),
        terminal.check_images(known_protocol(os.environ)),
        round_trip.check_line(os.environ),
    ]


def _lines(check: Check, width: int, has_color: bool) -> str:
    """The lines for a check: verdict, name, and finding, followed by the advice."""
    margin = _VERDICT + _NAME
    found, advice = _wrap(check.found, width - margin), _wrap(check.advice, width - margin - 2)
    verdict = check.verdict.ljust(_VERDICT)
    first = typer.style(verdict, fg=COLORS[check.verdict]) if has_color else verdict
    rest = [*found[1:], *(f"{'  ' if number else '→ '}{line}" for number, line in enumerate(advice))]
    return "\n".join([f"{first}{check.name:<{_NAME}}{found[0]}", *(" " * margin + line for line in rest)])


def _wrap(text: str, width: int) -> list[str]:
    """Lines of the text in which commands (between backticks) are not broken."""
    whole = re.sub("`[^`]*`", lambda command: command[0].replace(" ", "\N{NO-BREAK SPACE}"), plain(text))
    lines = wrap(whole, width, break_on_hyphens=False)
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines]


def _summary(checks: Sequence[Check]) -> str:
    named = {verdict: ", ".join(check.name for check in checks if check.verdict == verdict) for verdict in (BAD, WARN)}
    sentences = [f"Bad: {named[BAD]}."] * bool(named[BAD]) + [f"Could be better: {named[WARN]}."] * bool(named[WARN])
    return " ".join(sentences) or "All checks passed."
