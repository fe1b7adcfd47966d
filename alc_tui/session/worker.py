"""The worker process, which trains and ranks for one session: `python -m alc_tui.session.worker FOLDER [--wait]`.

`store.processes` starts it, detached from the terminal, and stops it. With `--wait`, it loads what it needs and trains
once it reads a line; if there is none, it ends. Under torchrun, and with `--join` as the process of one GPU, the first
process is the worker, and the others assist it.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import NoReturn

from alc_tui.cores import GPUS_VARIABLE, wanted_gpus
from alc_tui.errors import AlcError, SessionUnavailable
from alc_tui.session.labeling.reader import check_exists
from alc_tui.session.store import lock
from alc_tui.session.store.document import Document
from alc_tui.session.store.events import Epoch, Event, EventLog, Failed, Notice, Stopped, last_progress
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.processes import JOIN, WAIT, is_assistant, is_torchrun


def main(path: str) -> int:
    """Run the session's next training step; returns an exit code and writes progress to `events.jsonl`."""
    folder = SessionFolder(Path(path))
    log = EventLog(folder.events)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        check_exists(folder)
        with lock.WriterLock(folder.worker_lock, "training") as held:
            if held.warning is not None:
                log.write(Notice(held.warning))
            from alc_tui.model.device import FreeThreads, use_free_threads
            from alc_tui.session.training.advance import advance
            from alc_tui.session.training.parallel.group import training_group
            from alc_tui.session.training.similarity import compare_samples

            use_free_threads()
            threads, is_frozen = FreeThreads(), Document(folder.document).config.is_frozen

            with training_group(folder, wanted_gpus(), log.write) as group:
                write = held.guarded(log.write)

                def emit(event: Event) -> None:
                    write(event)
                    if isinstance(event, Epoch) and not is_frozen and group.size == 1:
                        threads.look_again()

                compare_samples(folder, log.write, group)
                advance(folder, emit, group)
    except KeyboardInterrupt:
        if not isinstance(log.last, Stopped):  # interrupted outside the epochs
            log.write(Stopped(*last_progress(folder.events)))
        return 130
    except AlcError as error:
        if not isinstance(error, SessionUnavailable):
            log.write(Failed(str(error), error.exit_code))
        sys.stderr.write(f"{error}\n")  # the terminal under torchrun
        return error.exit_code
    except OSError as error:
        where = f" at {error.filename}" if error.filename else ""
        sentence = f"The training failed: {error.strerror or error}{where}; check the disk, then train again."
        traceback.print_exc()
        log.write(Failed(sentence, 4))
        return 4
    except BaseException as error:
        traceback.print_exc()
        log.write(
            Failed(
                f"Training failed with {type(error).__name__}: {error}; see {folder.worker_log} for the traceback.",
                4,
            )
        )
        return 4
    return 0


def wait() -> bool:
    """Load what training needs until there is a line on standard input; returns whether there was one."""
    # A thread, so that a line is read and the lock is taken at once. What it cannot import, `main` reports.
    Thread(target=import_module, args=("alc_tui.session.training.advance",), daemon=True).start()
    return bool(sys.stdin.buffer.readline())


def assist(path: str, place: Sequence[str]) -> int:
    """Train with the worker of a session; returns an exit code. place: the words after `--join`, none in torchrun."""
    from alc_tui.session.training.parallel.assistant import assist

    folder = SessionFolder(Path(path))
    try:
        check_exists(folder)
    except SessionUnavailable as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return assist(folder, place)


def leave(code: int) -> NoReturn:
    """Exit at once, without waiting for threads that load modules or exchange tensors."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    if WAIT in sys.argv[2:] and not wait():
        leave(0)
    if JOIN in sys.argv[2:] or is_assistant():
        leave(assist(sys.argv[1], sys.argv[3:]))
    exit_code = main(sys.argv[1])
    if is_torchrun() or GPUS_VARIABLE in os.environ:
        leave(exit_code)
    sys.exit(exit_code)
