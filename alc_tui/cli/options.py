"""Arguments and options shared by several commands, and options generated from the declarations of settings."""

from __future__ import annotations

import functools
import inspect
import os
import sys
from collections.abc import Callable, Iterable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Annotated, Any

import typer

from alc_tui.cli import completion
from alc_tui.cores import GPUS_VARIABLE, THREADS_VARIABLE
from alc_tui.data.paths import expand_home, location
from alc_tui.session.settings.config import SETTINGS
from alc_tui.session.settings.setting import Setting

OUTPUT = "Output"
"""The help panel that follows the settings."""

Name = Annotated[
    str | None,
    typer.Argument(
        metavar="SESSION",
        help="Name of the session.",
        show_default="the latest session",
        autocompletion=completion.sessions,
    ),
]
Store = Annotated[
    Path | None,
    typer.Option(
        "--store",
        metavar="FOLDER",
        help="Folder with the sessions.",
        show_default="ALC_SESSIONS, else ./sessions",
        rich_help_panel=OUTPUT,
    ),
]
Command = Callable[..., None]


def _use_threads(threads: int | None) -> int | None:
    """Compute with this many threads, in this process and those that it starts; torch must not be imported yet."""
    if threads is not None:
        os.environ[THREADS_VARIABLE] = str(threads)
    return threads


Threads = Annotated[
    int | None,
    typer.Option(
        "--threads",
        metavar="THREADS",
        min=1,
        help="Threads to compute with.",
        show_default="one per free core",
        callback=_use_threads,
        rich_help_panel=OUTPUT,
    ),
]


def _use_gpus(gpus: int | None) -> int | None:
    """Train on this many GPUs, in this process and those that it starts."""
    if gpus is not None:
        os.environ[GPUS_VARIABLE] = str(gpus)
    return gpus


Gpus = Annotated[
    int | None,
    typer.Option(
        "--gpus",
        metavar="GPUS",
        min=1,
        help="GPUs to train on together; with --device cpu, processes.",
        show_default=f"{GPUS_VARIABLE}, else 1",
        callback=_use_gpus,
        rich_help_panel=OUTPUT,
    ),
]


def flag(name: str, help: str, panel: str | None = None) -> Any:
    """An option that takes no value."""
    return typer.Option(name, metavar="", help=help, show_default=False, rich_help_panel=panel)


Json = Annotated[bool, flag("--json", "Print one JSON document.", OUTPUT)]
DataRoot = Annotated[
    Path | None,
    typer.Option("--data-root", metavar="FOLDER", help="Folder with the data sets.", show_default="ALC_DATA"),
]
NewRoot = Annotated[
    Path | None,
    typer.Option(
        "--data-root",
        metavar="FOLDER",
        help="Where the images are now, if they were moved.",
        show_default="as recorded",
    ),
]


def of_setting(name: str, condition: str = "") -> Any:
    """The option of a setting for a command that creates no session. condition: when it takes effect, to begin its help
    with."""
    setting = SETTINGS[name]
    sentence = setting.sentence
    return typer.Option(
        metavar=setting.metavar,
        help=f"{condition}: {sentence[0].lower()}{sentence[1:]}" if condition else sentence,
        show_default=setting.default_text or "as in a new session",
        autocompletion=completion.values_of(setting),
    )


def takes_settings(settings: Iterable[Setting]) -> Callable[[Command], Command]:
    """Add an option for each setting to a command, before its own options; see `_option`.

    The command's parameter `settings` receives the parsed values of the specified settings, by name.
    """
    declared = {setting.name: setting for setting in settings}

    def decorate(command: Command) -> Command:
        own = inspect.signature(command, eval_str=True)
        others = [each for name, each in own.parameters.items() if name != "settings"]

        @functools.wraps(command)
        def run(context: typer.Context, **values: Any) -> None:
            texts = {name: values.pop(name) for name in declared}
            given = {name: _parsed(declared[name], text) for name, text in texts.items() if _is_given(context, name)}
            command(settings=given, **values)

        context = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
        parameters = [context, *map(_option, declared.values()), *others]
        run.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
        return run

    return decorate


def _option(setting: Setting) -> inspect.Parameter:
    """The option for a setting; its value is a string, so that it is parsed as in environment variables and files."""
    is_explained = bool(setting.default_text) or setting.default is None
    names = [f"{setting.option}/{setting.off_option}"] if setting.is_flag else setting.options
    option = typer.Option(
        *names,
        metavar=setting.metavar,
        help=setting.sentence,
        show_default=False if setting.is_flag else setting.default_text or setting.default is not None,
        autocompletion=completion.values_of(setting),
        rich_help_panel=setting.group,
    )
    default = setting.default if setting.is_flag else None if is_explained else setting.default_shown
    annotation = Annotated[bool, option] if setting.is_flag else Annotated[str | None, option]
    return inspect.Parameter(
        setting.name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default, annotation=annotation
    )


def _is_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _parsed(setting: Setting, value: Any) -> Any:
    if setting.is_flag:
        return value
    parsed = setting.parse(value, setting.option)
    return str(expand_home(location(parsed)).absolute()) if setting.name == "data_root" else parsed


def show_help(context: typer.Context) -> None:
    """Show the help of a group that was called without a command on stderr, and exit with code 2."""
    if context.invoked_subcommand is None:
        with redirect_stdout(sys.stderr):
            typer.echo(context.get_help(), nl=False)
        raise typer.Exit(2)
