"""`alc session train`, `resume`, and `attach`: run the next training step, or watch it."""

from __future__ import annotations

from alc_tui.cli.options import Gpus, Name, NewRoot, Store, Threads
from alc_tui.cli.output import print_message
from alc_tui.cli.relocation import relocate
from alc_tui.errors import UsageError


def train(
    name: Name = None, store: Store = None, data_root: NewRoot = None, _threads: Threads = None, _gpus: Gpus = None
) -> None:
    """Run the next training step, or resume an interrupted one, and follow its progress; Ctrl-C stops it."""
    from alc_tui.cli import next_step
    from alc_tui.session.labeling.reader import SessionReader
    from alc_tui.session.store.folder import find, store_path
    from alc_tui.session.store.state import State

    folder = find(store_path(store), name)
    relocate(folder, data_root)
    state = SessionReader(folder).state
    if state == State.LABELING:
        raise UsageError(
            f"Session {folder.name!r} is waiting for labels, not for training; continue with "
            f"`alc session label {folder.name}`."
        )
    if state == State.DONE:
        print_message(next_step.describe(folder))
        return
    next_step.train(folder)
    print_message(next_step.describe(folder))


def resume(
    name: Name = None, store: Store = None, data_root: NewRoot = None, _threads: Threads = None, _gpus: Gpus = None
) -> None:
    """Continue with the next step: train and then, in a terminal, label."""
    from alc_tui.cli import next_step
    from alc_tui.session.store.folder import find, store_path

    folder = find(store_path(store), name)
    relocate(folder, data_root)
    next_step.continue_session(folder, in_app=True)


def attach(name: Name = None, store: Store = None) -> None:
    """Watch running training; Ctrl-C stops watching, not the training."""
    from alc_tui.cli import next_step
    from alc_tui.cli.follow import follow
    from alc_tui.session.store import lock
    from alc_tui.session.store.events import EventReader
    from alc_tui.session.store.folder import find, store_path

    folder = find(store_path(store), name)
    if not lock.is_held(folder.worker_lock):
        print_message(f"No training is running. {next_step.describe(folder)}")
        return
    try:
        follow(folder, EventReader(folder.events))
    except KeyboardInterrupt:
        print_message("")
        print_message(f"Detached; training continues. Run `alc session attach {folder.name}` to watch again.")
        raise
    print_message(next_step.describe(folder))
