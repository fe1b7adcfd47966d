"""Messages from a worker to its sweep: one JSON object per line on the worker's stdout.

`{"run": id or null, "round": r, "epoch": e, "epochs": E}`, `{"run": id, "result": {…}}` and
`{"run": id or null, "error": sentence}`; null stands for the LNL that all runs of the worker share.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from alc_tui.bench.results import RunResult
from alc_tui.session.store.typed_json import decode, encode


@dataclass(frozen=True)
class EpochMessage:
    """An epoch of LNL (run None) or of a round has finished. epoch: from 1 to epochs."""

    run: str | None
    round: int
    epoch: int
    epochs: int


@dataclass(frozen=True)
class ResultMessage:
    """A run is done."""

    run: str
    result: RunResult


@dataclass(frozen=True)
class ErrorMessage:
    """A run failed, or the LNL (run None) and with it all runs that have no result yet. error: the message."""

    run: str | None
    error: str


Message = EpochMessage | ResultMessage | ErrorMessage


def dump(message: Message) -> str:
    """The message as one line; raises ValueError if it holds NaN or infinity."""
    return json.dumps(encode(message), allow_nan=False) + "\n"


def load(line: str) -> Message | None:
    """The message of a line; None for anything else that a library may have printed."""
    try:
        values = json.loads(line)
        if "epoch" in values:
            return decode(EpochMessage, values)
        return decode(ResultMessage, values) if "result" in values else decode(ErrorMessage, values)
    except (ValueError, TypeError):
        return None
