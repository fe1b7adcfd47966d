"""Commands of `alc` that run while the disk fails under them. Run as a script, by `Attacked` below.

The script imports everything once and forks a child for each command. It must be started with the shim of `fault.c`
preloaded, which makes one call of the child fail or kills it.
"""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
import traceback
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alc_tui.errors import AlcError

if TYPE_CHECKING:
    from alc_tui.session.labeling.service import SessionService
    from alc_tui.session.store.journal import Verdict

KINDS = ("fsync", "fsync of a folder", "write", "rename", "open", "lock", "link", "truncate", "mkdir", "unlink")
"""The kinds of calls, in the order of their bits in the shim."""
ONCE, ONWARD, KILL = "once", "onward", "kill"
_MANNERS = (ONCE, ONWARD, KILL)
NEVER = 2**62
KILLED = -9


@dataclass(frozen=True)
class Fault:
    """What happens below a folder: the `at`-th call of these kinds (from 1) fails with `error`, as do all later ones
    with ONWARD, or kills the process with KILL."""

    kinds: tuple[str, ...]
    at: int = NEVER
    error: int = 0
    manner: str = ONCE


@dataclass(frozen=True)
class Ending:
    """How a command ended. seen: how many calls it made, by kind. place: the call that failed, if it got that far."""

    code: int
    stdout: str
    stderr: str
    seen: Mapping[str, int] = field(default_factory=dict)
    place: str = ""


class Attacked:
    """Gives the orders. shim: the compiled `fault.c`. folder: for the output of the commands."""

    def __init__(self, shim: Path, folder: Path, environment: dict[str, str]) -> None:
        self._out = folder
        folder.mkdir()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.campaign.attacked"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **environment, "LD_PRELOAD": str(shim), "SHIM": str(shim)},
            text=True,
        )

    def run(self, action: str, arguments: list[str], place: Path, fault: Fault | None = None) -> Ending:
        """Run `alc` with arguments, or one of the actions below, in and below the folder `place`."""
        assert self._process.stdin is not None and self._process.stdout is not None
        order: dict[str, Any] = {"action": action, "arguments": arguments, "place": str(place), "out": str(self._out)}
        order["fault"] = None if fault is None else asdict(fault)
        print(json.dumps(order), file=self._process.stdin, flush=True)
        code = int(self._process.stdout.readline())
        stdout, stderr = ((self._out / name).read_text(errors="replace") for name in ("stdout", "stderr"))
        report = self._out / "report"
        told = json.loads(report.read_text()) if report.exists() else {}
        return Ending(code, stdout, stderr, **told)

    def close(self) -> None:
        """End the script."""
        self._process.communicate()


def _alc(arguments: list[str]) -> int:
    from alc_tui.cli import main

    sys.argv = ["alc", *arguments]
    main.run()
    return 0


def _new(arguments: list[str]) -> int:
    """What `alc session new` writes, without measuring the speed of this machine."""
    from tests.session import small

    images, store, name = arguments
    try:
        small.make(Path(images), Path(store), name, budget=3)
    except (AlcError, OSError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 0


def _work(arguments: list[str]) -> int:
    from alc_tui.session import worker

    return worker.main(arguments[0])


def _make(arguments: list[str]) -> int:
    """The stores to start from: `new` is empty, `trained` has a session after LNL and one of its copies with other
    decisions, `decided` one whose first queue is decided."""
    from alc_tui.session.labeling.service import SessionService
    from alc_tui.session.store.journal import Verdict
    from tests.session import small

    folder, images = Path(arguments[0]), small.draw_colors(Path(arguments[1]), per_class=10)
    (folder / "new").mkdir(parents=True)
    made = small.make(images, folder / "trained", "s", budget=3, epochs=2, round_epochs=1, rounds=1)
    small.advance(made)
    small.answer_truly(small.copy(made, folder / "decided"))
    with SessionService(small.copy(made, folder / "trained", "t"), "ben", write=True) as service:
        for sample in service.queue:
            service.decide(sample, Verdict("flag"))
    return 0


def _label(arguments: list[str]) -> int:
    """Label the queue with the truth, with a skip and an undo before the first label; a line for each verdict taken or
    refused."""
    from alc_tui.session.labeling.service import SessionService
    from alc_tui.session.store.folder import SessionFolder

    try:
        with SessionService(SessionFolder(Path(arguments[0])), "anna", write=True) as service:
            return _label_queue(service)
    except (AlcError, OSError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1


def _label_queue(service: SessionService) -> int:
    from alc_tui.session.store.journal import Verdict

    truth, is_refused = service.truth(), False
    for place, sample in enumerate(service.queue):
        verdicts = [Verdict("label", truth[sample])]
        if place == 0:
            verdicts = [Verdict("skip"), Verdict("undo"), *verdicts]
        for verdict in [] if _is_labeled(service, sample) else verdicts:
            is_refused = not _is_taken(service, sample, verdict) or is_refused
    return int(is_refused)


def _is_labeled(service: SessionService, sample: str) -> bool:
    verdict = service.verdict(sample)
    return verdict is not None and verdict.kind == "label"


def _is_taken(service: SessionService, sample: str, verdict: Verdict) -> bool:
    """Give a verdict, or undo the last one, as often as three times."""
    for _ in range(3):
        try:
            if verdict.kind != "undo":
                service.decide(sample, verdict)
            elif service.undo(among={sample}) is None:
                return True
        except AlcError as error:
            _tell("refused", str(error))
        else:
            _tell(verdict.kind, sample)
            return True
    return False


def _tell(what: str, value: str) -> None:
    print(json.dumps([what, value]), flush=True)


_ACTIONS = {"alc": _alc, "new": _new, "work": _work, "make": _make, "label": _label}


def _obey(order: dict[str, Any], shim: ctypes.CDLL) -> int:
    """Run one command in this child process, with its output in files."""
    out, code = Path(order["out"]), 70
    for descriptor, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(out / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), descriptor)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(order["place"])
    fault = order["fault"] or {"kinds": [], "at": NEVER, "error": 0, "manner": ONCE}
    mask = sum(1 << KINDS.index(kind) for kind in fault["kinds"])
    shim.fault_arm(
        order["place"].encode(), mask, ctypes.c_long(fault["at"]), fault["error"], _MANNERS.index(fault["manner"])
    )
    try:
        code = _ACTIONS[order["action"]](order["arguments"])
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    except BaseException:
        traceback.print_exc()
    seen = {kind: shim.fault_seen(number) for number, kind in enumerate(KINDS)}
    report = {"seen": seen, "place": shim.fault_place().decode()}
    (out / "report").write_text(json.dumps(report))
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def _main() -> None:
    import torch

    import alc_tui.cli.main
    import alc_tui.session.replay
    import alc_tui.session.worker  # noqa: F401
    from tests.session import small  # noqa: F401

    torch.set_num_threads(1)
    shim = ctypes.CDLL(os.environ["SHIM"])
    shim.fault_place.restype = ctypes.c_char_p
    shim.fault_seen.restype = ctypes.c_long
    for line in sys.stdin:
        order = json.loads(line)
        (Path(order["out"]) / "report").unlink(missing_ok=True)
        child = os.fork()
        if child == 0:
            os._exit(_obey(order, shim))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    _main()
