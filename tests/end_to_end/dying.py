"""Workers and replays that die, as by kill -9, at a moment one can choose. Run as a script, by `Mortal` below.

The script imports torch once and forks a child for each order, so that a death costs no new interpreter.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Moment = dict[str, Any]


class Mortal:
    """Gives the orders."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__))], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def work(self, session: Path, dies: Moment | None = None, cache: Path | None = None) -> int:
        """The exit code of the session's worker, −9 if it died. cache: the folder of decoded images, if not the usual
        one."""
        return self._order({"session": str(session), "dies": dies, "cache": None if cache is None else str(cache)})

    def replay(self, session: Path, dies: Moment | None = None) -> int:
        """The exit code of a replay with the truth, −9 if it died."""
        return self._order({"session": str(session), "dies": dies, "replay": True})

    def close(self) -> None:
        """End the script."""
        self._process.communicate()

    def _order(self, order: dict[str, Any]) -> int:
        assert self._process.stdin is not None and self._process.stdout is not None
        print(json.dumps(order), file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline())


def after_event(name: str, number: int, epoch: int | None = None) -> Moment:
    """Right after the worker has written an event of a round (and epoch)."""
    return {"event": name, "round": number, "epoch": epoch}


def at_call(place: str, count: int, done: bool) -> Moment:
    """At the count-th call of a function, before it does anything or once it is done."""
    return {"call": place, "count": count, "done": done}


def after_seconds(seconds: float) -> Moment:
    """Some seconds after it started, whatever it does then."""
    return {"seconds": seconds}


def _die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _prepare_death(dies: Moment) -> None:
    from alc_tui.session.store.events import EventLog

    if "call" in dies:
        owner, name = _owner(dies["call"])
        setattr(owner, name, _deadly(getattr(owner, name), dies["count"], dies["done"]))
        return
    write = EventLog.write

    def write_and_die(log: EventLog, event: Any) -> None:
        write(log, event)
        is_moment = (type(event).__name__, getattr(event, "round", None)) == (dies["event"], dies["round"])
        if is_moment and dies["epoch"] in (None, getattr(event, "epoch", None)):
            _die()

    setattr(EventLog, "write", write_and_die)  # noqa: B010


def _deadly(function: Callable[..., Any], count: int, done: bool) -> Callable[..., Any]:
    calls = 0

    def call(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == count and not done:
            _die()
        result = function(*arguments, **named)
        if calls == count:
            _die()
        return result

    return call


def _owner(place: str) -> tuple[Any, str]:
    from alc_tui.session.store.document import Document
    from alc_tui.session.training import outcome
    from alc_tui.session.training.weights import checkpoint

    return {
        "save weights": (outcome, "save_weights"),
        "save checkpoint": (checkpoint, "save_weights"),
        "rename": (Path, "replace"),
        "add round": (Document, "add_round"),
        "freeze": (Document, "update"),
    }[place]


def _obey(order: dict[str, Any]) -> int:
    from alc_tui.session import replay, worker
    from alc_tui.session.store.folder import SessionFolder
    from alc_tui.session.training.weights import checkpoint

    checkpoint.MOST_SECONDS = 0.0  # every epoch is saved, however short it is

    session = SessionFolder(Path(order["session"]))
    if order.get("cache") is not None:
        os.environ["ALC_CACHE"] = order["cache"]
    if order["dies"] is not None and "seconds" not in order["dies"]:
        _prepare_death(order["dies"])
    if "replay" not in order:
        return worker.main(str(session.path))
    answers = replay.parse_oracle("gt", session, session.path.parent)
    replay.run(replay.prepare(session, answers, {}, lambda _: None), answers, lambda _: None)
    return 0


def _main() -> None:
    import alc_tui.session.replay
    import alc_tui.session.training.advance  # noqa: F401

    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            code = 70
            try:
                code = _obey(order)
            finally:
                sys.stderr.flush()
                os._exit(code)
        seconds = (order["dies"] or {}).get("seconds")
        if seconds is not None:
            time.sleep(seconds)
            os.kill(child, signal.SIGKILL)  # still there, or not yet waited for
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    _main()
