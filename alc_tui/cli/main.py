"""The command `alc`: its command groups, and the only place that turns errors into a message and an exit code."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from alc_tui import __version__
from alc_tui.cli import session
from alc_tui.cli.bench import commands as bench
from alc_tui.cli.dataset import commands as dataset
from alc_tui.cli.doctor.command import doctor
from alc_tui.cli.options import show_help
from alc_tui.cli.output import print_message
from alc_tui.cli.session.label import label
from alc_tui.errors import AlcError, UsageError
from alc_tui.interpreter import waiting
from alc_tui.text.encoding import approximate
from alc_tui.text.format import plain

app = typer.Typer(
    name="alc",
    help="Active label cleaning for imbalanced medical images: train despite noisy labels, then relabel the samples "
    "that matter.",
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.add_typer(session.app, name="session")
app.add_typer(dataset.app, name="dataset")
app.add_typer(bench.app, name="bench")
app.command()(label)
app.command()(doctor)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"alc {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    _wants_version: Annotated[
        bool, typer.Option("--version", metavar="", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Global options; without a command, open the list of sessions."""
    if context.invoked_subcommand is not None:
        return
    from alc_tui.cli import next_step

    if not next_step.is_terminal():
        show_help(context)
    if (obstacle := next_step.obstacle_to_app()) is not None:
        raise UsageError(obstacle)
    next_step.announce_preferences(Path())
    from alc_tui.session.store.folder import store_path
    from alc_tui.tui import preferences
    from alc_tui.tui.run import run

    raise typer.Exit(run(store_path(), None, preferences.read(Path())))


def run() -> None:
    """Run the command line; errors that the user can correct are printed as one sentence on stderr (`ALC_DEBUG=1` shows
    the traceback)."""
    os.environ.update(waiting(os.environ))
    for stream in (sys.stdout, sys.stderr):
        approximate(stream)
    try:
        exit_code = app(prog_name="alc", standalone_mode=False)
    except AlcError as error:
        _fail(str(error), error.exit_code)
    except typer.TyperException as error:
        _fail(_wrong_use(error), error.exit_code)
    except typer.Abort as error:
        _fail("Aborted.", 130 if isinstance(error.__context__, KeyboardInterrupt) else 1)
    except MemoryError:
        _fail("Memory ran out; close other programs, then repeat the command.", 1)
    except OSError as error:
        where = f" at {error.filename}" if error.filename else ""
        _fail(f"{error.strerror or error}{where}; check the path, its permissions and the free space.", 1)
    else:
        sys.exit(exit_code)


def _wrong_use(error: typer.TyperException) -> str:
    """A mistake on the command line in one sentence, with the command that helps if it is known."""
    message, context = error.format_message().rstrip("."), getattr(error, "ctx", None)
    if context is None:
        return f"{message}; add `--help` to see how to use the command."
    end = "" if message.endswith("?") else ";"
    return f"{message}{end} `{context.command_path} --help` shows how to use it."


def _fail(sentence: str, exit_code: int) -> None:
    if os.environ.get("ALC_DEBUG") == "1":
        raise  # noqa: PLE0704
    print_message(f"Error: {plain(sentence)}")
    sys.exit(exit_code)
