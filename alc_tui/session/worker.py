"""The worker process: a fresh interpreter, detached from the terminal, that trains and ranks for one session.

`spawn`, `spawn_replay` and `stop` are for the other processes and import no torch; `main` is what runs in the worker.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import traceback
from contextlib import suppress
from pathlib import Path

from alc_tui.errors import AlcError, SessionUnavailable
from alc_tui.session import lock
from alc_tui.session.events import EventLog, Failed, Stopped, reached
from alc_tui.session.folder import SessionFolder

START_SECONDS = 10.0


def spawn(folder: SessionFolder) -> None:
    """Start the session's worker and wait until it holds the worker lock, so that no second one is started.

    Raises AlcError if it does not come up; `worker.log` then says why.
    """
    with folder.worker_log.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "alc_tui.session.worker", str(folder.path.resolve())],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_SECONDS
    try:
        while time.monotonic() < deadline:
            if lock.is_held(folder.worker_lock) or process.poll() == 0:
                return
            if process.poll() is not None:
                break
            time.sleep(0.02)
    except KeyboardInterrupt:
        process.terminate()
        raise
    raise AlcError(f"The worker of session {folder.name!r} did not start; {folder.worker_log} says why.")


def spawn_replay(session: SessionFolder) -> subprocess.Popen[bytes]:
    """Start `alc session replay` of this session with the oracle gt, detached; `session.replay_log` hears of it.

    Its folder is there only once it has ranked anew, so the process is returned: it tells whether it still may come.
    """
    command = [sys.executable, "-m", "alc_tui", "session", "replay", session.name, "--oracle", "gt"]
    with session.replay_log.open("ab") as log:
        return subprocess.Popen(
            [*command, "--store", str(session.path.resolve().parent)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def stop(folder: SessionFolder, seconds: float = 30.0) -> bool:
    """Ask the worker to end after what it is doing and wait for it; True if none is running any more."""
    deadline = time.monotonic() + seconds
    asked: int | None = None
    while lock.is_held(folder.worker_lock) and time.monotonic() < deadline:
        pid = lock.holder_pid(folder.worker_lock)
        if pid is not None and pid != asked:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
            asked = pid
        time.sleep(0.05)
    return not lock.is_held(folder.worker_lock)


def main(path: str) -> int:
    """Do the session's next piece of work; returns an exit code and leaves the story in `events.jsonl`."""
    folder = SessionFolder(Path(path))
    log = EventLog(folder.events)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with lock.WriterLock(folder.worker_lock, "training"):
            from alc_tui.session.training import advance

            advance(folder, log.write)
    except KeyboardInterrupt:
        if not isinstance(log.last, Stopped):  # it came outside the epochs
            log.write(Stopped(*reached(folder.events)))
        return 130
    except SessionUnavailable:
        return 3
    except AlcError as error:
        log.write(Failed(str(error), error.exit_code))
        return error.exit_code
    except BaseException as error:
        traceback.print_exc()
        log.write(
            Failed(
                f"The training ended with {type(error).__name__}: {error}; {folder.worker_log} has the rest.",
                4,
            )
        )
        return 4
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
