"""`alc session`: create, show, train, label, watch, replay, export, and delete sessions."""

from __future__ import annotations

import typer

from alc_tui.cli import annotators
from alc_tui.cli.options import show_help
from alc_tui.cli.session import delete, export, finish_round, focus, label, new, replay, report, show, train

app = typer.Typer(
    help="Sessions: create, train, label, replay, and export.",
    callback=show_help,
    invoke_without_command=True,
    rich_markup_mode="rich",
)
_COMMANDS = {
    "Sessions": (new.new, show.list_, show.show, delete.delete),
    "Training": (train.train, train.resume, train.attach),
    "Labeling": (label.label, finish_round.finish_round, focus.focus, annotators.merge, annotators.agreement),
    "Results": (replay.replay, export.export, report.report),
}
for _panel, _commands in _COMMANDS.items():
    for _command in _commands:
        _epilog = new.EPILOG if _command is new.new else None
        app.command(_command.__name__.rstrip("_").replace("_", "-"), rich_help_panel=_panel, epilog=_epilog)(_command)
