"""Disks that fail: every command that writes, with one of its calls failing or killing it.

After each failure the store opens, what was reported as taken is there and what was reported as not taken is not, an
error is one sentence, the same command then ends where it ends without failures, and no hidden files are left over.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alc_tui.errors import AlcError
from alc_tui.session.store.document import Document
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Journal, Verdicts
from alc_tui.session.store.state import overview
from tests.campaign.attacked import KILL, KILLED, KINDS, ONCE, ONWARD, Attacked, Ending, Fault
from tests.campaign.findings import Findings, NotPossibleError, Trials
from tests.session import small

ERRORS = (errno.EIO, errno.ENOSPC, errno.EINVAL, errno.EROFS, errno.ENOLCK, errno.ENOTSUP)
MANNERS = (ONCE, ONWARD, KILL)
TOGETHER = (("fsync", "truncate"), ("fsync", "fsync of a folder", "truncate", "write"), KINDS)
"""Kinds of calls that a dying disk refuses together."""
_SHARES = {
    "label": 8, "merge": 4, "export": 4, "export --format folders": 4, "delete": 3, "new": 3, "train": 2, "replay": 1,
}  # fmt: skip
"""How often each command is attacked: more often if it is quick."""
_GOOD_CODES = (0, 1, 2, 3, 4)


@dataclass(frozen=True)
class Command:
    """A command to attack. start: the store it starts from. outcome: what it is about, by the folder of the trial.

    then: a command that writes next, so that what a killed one has left behind is cleared.
    """

    start: str
    action: str
    arguments: tuple[str, ...]
    outcome: Callable[[Path], Any]
    then: tuple[str, tuple[str, ...]] = ("label", ("store/s",))


def faults(trials: Trials) -> Findings:
    """One fault in each command first, then any fault in any command. Raises NotPossibleError without a compiler."""
    if (reason := obstacle()) is not None:
        raise NotPossibleError(reason)
    environment = {"ALC_CACHE": str(trials.folder / "cache"), "OMP_NUM_THREADS": "1"}
    attacked = Attacked(build_shim(trials.folder), trials.folder / "output", environment)
    with closing(attacked):
        return _Campaign(trials, attacked).run()


def obstacle() -> str | None:
    """Why no calls can be made to fail on this machine, None if they can."""
    if sys.platform != "linux":
        return "making calls fail needs Linux"
    return None if shutil.which("cc") else "making calls fail needs a C compiler, cc"


def build_shim(folder: Path) -> Path:
    """Compile `fault.c` to a library in the folder."""
    library, source = folder / "fault.so", Path(__file__).with_name("fault.c")
    command = ["cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"]
    subprocess.run(command, check=True)
    return library


class _Campaign:
    def __init__(self, trials: Trials, attacked: Attacked) -> None:
        self._trials, self._attacked, self._findings = trials, attacked, Findings()
        images = trials.folder / "images"
        self._commands = _commands(images)
        self._starts, self._count = trials.folder / "starts", 0
        self._seen: dict[str, Mapping[str, int]] = {}
        self._expected: dict[str, Any] = {}
        made = self._attacked.run("make", [str(self._starts), str(images)], trials.folder)
        assert made.code == 0, made.stderr

    def run(self) -> Findings:
        """Attack until the time is over."""
        for name in self._commands:
            self._trial(name, (self._trials.random.choice(KINDS),))
        while self._trials.has_time():
            kinds = self._trials.random.choice([*((kind,) for kind in KINDS), *TOGETHER])
            (name,) = self._trials.random.choices(list(_SHARES), list(_SHARES.values()))
            self._trial(name, kinds)
        return self._findings

    def _trial(self, name: str, kinds: tuple[str, ...]) -> None:
        random = self._trials.random
        calls = self._calls(name, kinds)
        if calls == 0:
            kinds, calls = KINDS, self._calls(name, KINDS)
        fault = Fault(kinds, random.randint(1, calls), random.choice(ERRORS), random.choice(MANNERS))
        self.attack(name, fault)

    def attack(self, name: str, fault: Fault) -> None:
        """Run a command under a fault, then check what it has left and that it can be repeated."""
        command, place = self._commands[name], self._place(name)
        self._findings.count(name)
        first = self._run(command, place, fault)
        how = "killed" if fault.manner == KILL else f"{errno.errorcode[fault.error]} {fault.manner}"
        where = f"`{name}`, {' and '.join(fault.kinds)}, {how} at {fault.at} ({first.place or 'not reached'})"

        def check(sentences: list[str]) -> None:
            for sentence in sentences:
                self._findings.violated(f"{where}: {sentence}")

        check(_of_ending(first, fault, command.action in ("alc", "new")))
        check(_of_store(place))
        if command.action == "label":
            check(_of_verdicts(first, place))
        is_done = _outcome(command, place) == self._expected[name]
        if is_done and first.code not in (0, KILLED):
            check([f"exit code {first.code}, although everything is done: {first.stderr.strip()[-300:]}"])
        if first.code != 0 and not is_done:
            again = self._run(command, place)
            if again.code != 0:
                check([f"the same command then ends with {again.code}: {again.stderr.strip()[-300:]}"])
        if _outcome(command, place) != self._expected[name]:
            check([f"after exit code {first.code} it does not end where it ends without a fault"])
        action, arguments = command.then
        later = self._attacked.run(action, [str(place / a) if a.startswith("store/") else a for a in arguments], place)
        if later.code != 0:
            check([f"the next command ends with {later.code}: {later.stderr.strip()[-300:]}"])
        checkpoints = list((place / "store").glob("*/weights/checkpoint.safetensors"))
        litter = sorted(str(path.relative_to(place)) for path in [*place.rglob(".*"), *checkpoints])
        if litter:
            check([f"left over: {', '.join(litter)}"])
        shutil.rmtree(place)

    def _calls(self, name: str, kinds: tuple[str, ...]) -> int:
        """How many calls of these kinds a command makes without a fault; remembers where it ends."""
        if name not in self._seen:
            place = self._place(name)
            ending = self._run(self._commands[name], place, Fault(KINDS))
            assert ending.code == 0, ending.stderr
            self._seen[name], self._expected[name] = ending.seen, _outcome(self._commands[name], place)
            shutil.rmtree(place)
        return sum(self._seen[name][kind] for kind in kinds)

    def _place(self, name: str) -> Path:
        self._count += 1
        place = self._trials.folder / f"trial-{self._count}"
        shutil.copytree(self._starts / self._commands[name].start, place / "store")
        return place

    def _run(self, command: Command, place: Path, fault: Fault | None = None) -> Ending:
        arguments = [str(place / each) if each.startswith("store/") else each for each in command.arguments]
        return self._attacked.run(command.action, arguments, place, fault)


def _commands(images: Path) -> dict[str, Command]:
    alc = ("--store", "store")
    return {
        "new": Command("new", "new", (str(images), "store", "s"), _made, ("new", (str(images), "store", "t"))),
        "label": Command("trained", "label", ("store/s",), _verdicts),
        "merge": Command("trained", "alc", ("session", "merge", "s", "t", *alc), _verdicts),
        "train": Command("decided", "work", ("store/s",), _rounds),
        "replay": Command("trained", "alc", ("session", "replay", "s", *alc), _replayed),
        "export": Command(
            "decided", "alc", ("session", "export", "s", "--to", "out/l.csv", *alc), _files, _EXPORT_AGAIN
        ),
        "export --format folders": Command(
            "decided",
            "alc",
            ("session", "export", "s", "--format", "folders", "--to", "out/l", *alc),
            _files,
            _EXPORT_AGAIN,
        ),
        "delete": Command(
            "trained",
            "alc",
            ("session", "delete", "s", "--yes", *alc),
            lambda place: (place / "store" / "s").exists(),
            ("alc", ("session", "delete", "t", "--yes", *alc)),
        ),
    }


_EXPORT_AGAIN = ("alc", ("session", "export", "s", "--to", "out/again.csv", "--store", "store"))


def _outcome(command: Command, place: Path) -> Any:
    """Where a command has ended, or why this cannot be read."""
    try:
        return command.outcome(place)
    except (AlcError, OSError) as error:
        return type(error)


def _of_ending(ending: Ending, fault: Fault, is_command: bool) -> list[str]:
    """What is wrong with how a command ended."""
    if fault.manner == KILL and ending.code == KILLED:
        return []
    if ending.code not in _GOOD_CODES:
        return [f"exit code {ending.code} with {ending.stderr.strip()[-600:]}"]
    errors = [line for line in ending.stderr.splitlines() if line.startswith(("Error:", "Traceback"))]
    if ending.code != 0 and is_command and (len(errors) != 1 or not ending.stderr.strip().endswith(errors[0])):
        return [f"exit code {ending.code} with {ending.stderr.strip()[-600:]}"]
    return []


def _of_store(place: Path) -> list[str]:
    """What cannot be read."""
    wrong = []
    for path in sorted((place / "store").glob("[!.]*")):
        try:
            overview(SessionFolder(path))
        except (AlcError, OSError) as error:
            wrong.append(f"{path.name} does not open: {error}")
    return wrong


def _of_verdicts(ending: Ending, place: Path) -> list[str]:
    """Where the journal differs from what was reported."""
    told = [tuple(json.loads(line)) for line in ending.stdout.splitlines()]
    taken = [each for each in told if each[0] != "refused"]
    found = [(d.kind, d.sample) for d in Journal(SessionFolder(place / "store" / "s").journal).decisions]
    is_killed = ending.code == KILLED  # between the last verdict and its report
    if found == taken or (is_killed and found[:-1] == taken):
        return []
    return [f"the journal has {found}, but reported was {told}"]


def _made(place: Path) -> Any:
    folder = SessionFolder(place / "store" / "s")
    return Document(folder.document).config, folder.samples.read_bytes()


def _verdicts(place: Path) -> Any:
    fold = Verdicts(Journal(SessionFolder(place / "store" / "s").journal).decisions)
    aside = sorted((each.sample, each.annotator, each.kind) for each in fold.separate_verdicts("second"))
    return {sample: (verdict.kind, verdict.label) for sample, verdict in fold.all().items()}, aside


def _rounds(place: Path) -> Any:
    return small.outcome(SessionFolder(place / "store" / "s"))


def _replayed(place: Path) -> Any:
    return [(folder.name, small.outcome(folder)) for folder in SessionFolder(place / "store" / "s").replays()]


def _files(place: Path) -> Any:
    """The exported files with what they, or the images they lead to, hold."""
    paths = sorted(path for path in (place / "out").rglob("*") if path.is_file())
    return [(os.path.relpath(path, place), path.read_bytes()) for path in paths]
