"""Lets a worker rest after an epoch: `REST_AFTER` is the epoch, `REST_UNTIL` the file that wakes it.

Python imports this by itself in every process whose PYTHONPATH names this folder.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any


def _rest() -> None:
    from alc_tui.session.store.events import Epoch, EventLog

    write, after, until = EventLog.write, int(os.environ["REST_AFTER"]), Path(os.environ["REST_UNTIL"])

    def write_and_rest(log: EventLog, event: Any) -> None:
        write(log, event)
        while isinstance(event, Epoch) and event.epoch == after and not until.exists():
            time.sleep(0.01)

    setattr(EventLog, "write", write_and_rest)  # noqa: B010


if "REST_AFTER" in os.environ and "alc_tui.session.worker" in sys.orig_argv:
    _rest()
