"""What comes next in a session: told, trained, or opened in the app."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from alc_tui.cli.follow import follow
from alc_tui.cli.output import say
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store import lock, processes
from alc_tui.session.store.events import EventReader
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.state import State

TRAINABLE = (State.NEW, State.STOPPED, State.FAILED, State.DECIDED)


def told(folder: SessionFolder) -> str:
    """A sentence with the command to type."""
    name = folder.name
    return {
        State.NEW: f"Nothing is trained yet; `alc session train {name}` begins.",
        State.STOPPED: f"The training was stopped; `alc session train {name}` goes on from its last epoch.",
        State.TRAINING: f"The training goes on; `alc session attach {name}` watches it.",
        State.FAILED: f"The training failed; `alc session train {name}` tries again from its last epoch.",
        State.LABELING: f"Samples wait to be decided: `alc session label {name}`, or `alc session replay {name}`.",
        State.DECIDED: f"The round is decided; `alc session train {name}` retrains.",
        State.DONE: f"All rounds are done: `alc session show {name}`, `alc session export {name}`.",
    }[SessionService(folder).state]


def go_on(folder: SessionFolder, in_app: bool) -> None:
    """Train what is next and, where there is a terminal, open the app (which shows the training)."""
    if in_app and is_terminal():
        open_app(folder)
        return
    if SessionService(folder).state in (*TRAINABLE, State.TRAINING):
        train(folder)
    say(told(folder))


def open_app(
    folder: SessionFolder,
    annotator: str | None = None,
    preview: str | None = None,
    blind: bool = False,
    second_pass: bool = False,
    watch: bool = False,
) -> None:
    """Open the labeling app, and say what comes next when it is left. preview, blind, …: see `tui.choices`."""
    from alc_tui.tui import choices
    from alc_tui.tui.run import run

    chosen = choices.read(Path(), preview, blind=blind, second_pass=second_pass)
    with SessionService(folder, annotator, write=not watch) as service:
        for notice in service.notices:
            say(notice)
        exit_code = run(folder.path.parent, service, chosen)
    say(told(folder))
    if exit_code:
        raise typer.Exit(exit_code)


def train(folder: SessionFolder) -> None:
    """Start the training that is next, unless it runs, and follow it; Ctrl-C stops both."""
    reader = EventReader(folder.events, from_now=True)
    try:
        if not lock.is_held(folder.worker_lock):
            processes.spawn(folder)
        follow(folder, reader)
    except KeyboardInterrupt:
        has_ended = processes.stop(folder)
        said = "Stopped;" if has_ended else "The worker was asked to stop and has not ended yet; once it has,"
        say(f"\n{said} `alc session train {folder.name}` goes on from the last finished epoch.")
        raise


def is_terminal() -> bool:
    """Whether a person can see and answer."""
    return sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()
