"""The worker process, which trains and ranks for one session: `python -m alc_tui.session.worker FOLDER`.

`store.processes` starts it, detached from the terminal, and stops it.
"""

from __future__ import annotations

import signal
import sys
import traceback
from pathlib import Path

from alc_tui.errors import AlcError, SessionUnavailable
from alc_tui.session.store import lock
from alc_tui.session.store.events import EventLog, Failed, Notice, Stopped, last_progress
from alc_tui.session.store.folder import SessionFolder


def main(path: str) -> int:
    """Run the session's next training step; returns an exit code and writes progress to `events.jsonl`."""
    folder = SessionFolder(Path(path))
    log = EventLog(folder.events)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with lock.WriterLock(folder.worker_lock, "training") as held:
            if held.warning is not None:
                log.write(Notice(held.warning))
            from alc_tui.model.device import use_free_threads
            from alc_tui.session.training.advance import advance
            from alc_tui.session.training.similarity import compare_samples

            use_free_threads()
            compare_samples(folder, log.write)
            advance(folder, log.write)
    except KeyboardInterrupt:
        if not isinstance(log.last, Stopped):  # interrupted outside the epochs
            log.write(Stopped(*last_progress(folder.events)))
        return 130
    except SessionUnavailable:
        return 3
    except AlcError as error:
        log.write(Failed(str(error), error.exit_code))
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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
