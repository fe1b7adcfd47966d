"""The command `alc`: its groups, and the one place where errors become a sentence and an exit code."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from alc_tui import __version__
from alc_tui.cli import bench, dataset, session
from alc_tui.cli.doctor.command import doctor
from alc_tui.cli.next_step import is_terminal
from alc_tui.cli.output import say
from alc_tui.errors import AlcError
from alc_tui.session.store.folder import store_path

app = typer.Typer(
    name="alc",
    help="Active label cleaning for imbalanced medical images: learn in spite of noisy labels, relabel what counts.",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(session.app, name="session")
app.add_typer(dataset.app, name="dataset")
app.add_typer(bench.app, name="bench")
app.command()(doctor)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"alc {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    _wants_version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options of all commands; without one, the list of sessions."""
    if context.invoked_subcommand is not None:
        return
    if not is_terminal():
        say(context.get_help())
        raise typer.Exit(2)
    from alc_tui.tui import choices
    from alc_tui.tui.app import run

    raise typer.Exit(run(store_path(), None, choices.read(Path())))


def run() -> None:
    """Run the command line; errors that a person can mend are one sentence on stderr (`ALC_DEBUG=1` shows all)."""
    try:
        app(prog_name="alc")
    except AlcError as error:
        _fail(str(error), error.exit_code)
    except OSError as error:
        where = f" at {error.filename}" if error.filename else ""
        _fail(f"{error.strerror or error}{where}; check the path, its permissions and the free space.", 1)


def _fail(sentence: str, exit_code: int) -> None:
    if os.environ.get("ALC_DEBUG") == "1":
        raise  # noqa: PLE0704
    say(f"Error: {sentence}")
    sys.exit(exit_code)
