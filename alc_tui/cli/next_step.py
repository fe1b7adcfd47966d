"""The next step of a session: describe it, run it, or open it in the app."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import typer

from alc_tui.cli.follow import follow
from alc_tui.cli.output import print_message
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.settings.files import CONFIG_FILE, read_table
from alc_tui.session.store import lock, processes
from alc_tui.session.store.events import EventReader
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.state import State
from alc_tui.text.rounds import why_done

TRAINABLE = (State.NEW, State.STOPPED, State.FAILED, State.DECIDED)


def describe(folder: SessionFolder) -> str:
    """The next step in a sentence, with its command."""
    name, service = shlex.quote(folder.name), SessionService(folder)
    replay = f" or `alc session replay {name}`" if service.samples.truth_is_known else ""
    done = why_done(service.round, service.config.rounds)
    return {
        State.NEW: f"Not trained yet; start training with `alc session train {name}`.",
        State.STOPPED: f"Training was stopped; resume from the last epoch with `alc session train {name}`.",
        State.TRAINING: f"Training is running; watch it with `alc session attach {name}`.",
        State.FAILED: f"Training failed; retry from the last epoch with `alc session train {name}`.",
        State.LABELING: f"Samples are waiting to be labeled; run `alc session label {name}`{replay}.",
        State.DECIDED: f"All samples of the round are decided; retrain with `alc session train {name}`.",
        State.DONE: f"{done}; run `alc session show {name}` or `alc session export {name}`.",
    }[service.state]


def describe_to_annotator(folder: SessionFolder) -> str:
    """The next step, for somebody who has just labeled: how far the round is, and that nothing is lost."""
    service = SessionService(folder)
    if service.state != State.LABELING:
        return describe(folder)
    progress = service.progress()
    return (
        f"{progress.decided:,} of {progress.queue:,} samples of round {progress.round} are decided, and all verdicts "
        f"are saved; continue with `alc session label {shlex.quote(folder.name)}`."
    )


def continue_session(folder: SessionFolder, in_app: bool) -> None:
    """Run the next training step; in a terminal, open the app instead, which shows the training."""
    if in_app and is_terminal():
        obstacle = obstacle_to_app()
        if obstacle is None:
            open_app(folder)
            return
        print_message(obstacle)
    if SessionService(folder).state in (*TRAINABLE, State.TRAINING):
        train(folder)
    print_message(describe(folder))


def open_app(
    folder: SessionFolder,
    annotator: str | None = None,
    preview: str | None = None,
    blind: bool = False,
    second_pass: bool = False,
    watch: bool = False,
    viewer: bool = False,
    viewer_port: int | None = None,
) -> None:
    """Open the labeling app, then print the next step. preview, blind, …: see `tui.preferences`."""
    from alc_tui.tui import preferences
    from alc_tui.tui.run import run

    chosen = preferences.read(Path(), preview, viewer_port, viewer=viewer, blind=blind, second_pass=second_pass)
    announce_preferences(Path())
    with SessionService(folder, annotator, write=not watch) as service:
        for notice in service.notices:
            print_message(notice)
        exit_code = run(folder.path.parent, service, chosen)
    print_message(describe(folder) if watch or second_pass else describe_to_annotator(folder))
    if exit_code:
        raise typer.Exit(exit_code)


def train(folder: SessionFolder) -> None:
    """Start the next training step, unless it is already running, and follow it; Ctrl-C stops it."""
    reader = EventReader(folder.events, from_now=True)
    try:
        if not lock.is_held(folder.worker_lock):
            processes.spawn(folder)
        follow(folder, reader)
    except KeyboardInterrupt:
        has_ended = processes.stop(folder)
        status = "Stopped" if has_ended else "The worker is still stopping"
        print_message("")
        print_message(f"{status}; resume from the last finished epoch with `alc session train {folder.name}`.")
        raise


def announce_preferences(folder: Path) -> None:
    """Say that an `alc.toml` in the working folder, which may be there by chance, changes keys or looks."""
    path = folder / CONFIG_FILE
    if read_table(path, "app") or read_table(path, "keys"):
        print_message(f"Keys and looks of the app come from {path.absolute()}.")


def obstacle_to_app() -> str | None:
    """Why the labeling app cannot be shown here, and what to do; None if it can."""
    if not is_terminal():
        return "The labeling app requires a terminal; to simulate the answers without one, use `alc session replay`."
    from alc_tui.cli.doctor import terminal
    from alc_tui.cli.doctor.check import BAD

    for check in (terminal.check_type(os.environ), terminal.check_encoding(sys.stderr.encoding, os.environ)):
        if check.verdict == BAD:
            advice = check.advice[0].lower() + check.advice[1:].rstrip(".")
            return f"The labeling app cannot be drawn here ({check.name}: {check.found}); {advice}."
    return None


def is_terminal() -> bool:
    """Whether the command is running interactively."""
    return sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()
