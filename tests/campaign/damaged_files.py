"""Damaged files of every kind: the commands that read them end with a sentence, and show the rest of the store."""

from __future__ import annotations

import importlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from pathlib import Path
from random import Random
from unittest import mock

from tests.campaign import damage
from tests.campaign.child import Ended, run
from tests.campaign.damage import Damage
from tests.campaign.findings import Findings, Trials
from tests.campaign.targets import Command, Target, Words, make_targets

SECONDS = 20.0
"""How long a command may take."""
MEGABYTES = 2500.0
"""How much memory a command may take, the interpreter included."""
_IN_A_PROCESS_OF_ITS_OWN = 0.01


def damaged_files(trials: Trials) -> Findings:
    """See the module."""
    with mock.patch.dict(os.environ, {"ALC_CACHE": str(trials.folder / "cache")}):
        return _damage_and_read(trials)


def _damage_and_read(trials: Trials) -> Findings:
    findings, random = Findings(), trials.random
    _import_what_the_commands_import()
    targets = make_targets(trials.folder)
    first = list(targets)
    while first or trials.has_time():
        target = first.pop() if first else random.choice(targets)
        one = random.choice((*target.damages, *target.damages, *damage.BYTES, None))
        _try(random, target, one, trials.folder, findings)
    return findings


def _try(random: Random, target: Target, one: Damage | None, folder: Path, findings: Findings) -> None:
    content, times = target.path.read_bytes(), target.path.stat()
    what = damage.put_no_file(random, target.path) if one is None else one.__name__
    if one is not None:
        target.path.write_bytes(one(random, content))
        os.utime(target.path, ns=(times.st_atime_ns, times.st_mtime_ns + random.randrange(10**9)))
    findings.count(f"{target.kind}: {what}")
    command = random.choice(target.commands)
    alone = not callable(command) and random.random() < _IN_A_PROCESS_OF_ITS_OWN
    ended = _run_alone(command, folder) if alone else run(_call(command), folder, SECONDS)
    wrong = list(_broken_promises(command, ended))
    if wrong:
        kept = _keep(target.path)
        for each in wrong:
            findings.violated(f"{_named(command)} with {target.kind} ({what}{kept}): {each}")
    if target.path.is_dir() and not target.path.is_symlink():
        target.path.rmdir()
    target.path.unlink(missing_ok=True)
    target.path.write_bytes(content)


def _keep(path: Path) -> str:
    """Keep a damaged file where it outlives the campaign; returns where, in words."""
    if path.is_symlink() or not path.is_file():
        return ""
    kept = Path(tempfile.mkdtemp(prefix="alc-damaged-")) / path.name
    shutil.copyfile(path, kept)
    return f", kept as {kept}"


def _call(command: Command) -> Callable[[], object]:
    if callable(command):
        return command

    def call() -> None:
        from alc_tui.cli.main import run as run_alc

        sys.argv = ["alc", *command]
        run_alc()

    return call


def _run_alone(command: Command, folder: Path) -> Ended:
    assert not callable(command)
    done = subprocess.run(
        [sys.executable, "-m", "alc_tui", *command],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=4 * SECONDS,
    )
    return Ended(done.returncode, done.stdout, done.stderr, 0.0)


def _broken_promises(command: Command, ended: Ended) -> list[str]:
    words: Words = () if callable(command) else command
    last = (ended.err.strip().splitlines() or [""])[-1]
    broken = []
    if ended.code is None:
        broken.append(f"it does not end within {SECONDS:g} s")
    elif "Traceback" in ended.err or ended.code not in range(5):
        broken.append(f"a traceback, exit code {ended.code}: {last[:200]}")
    elif ended.code and not re.fullmatch(r"Error: .*[.!?]", last) and words:
        broken.append(f"exit code {ended.code} without a sentence: {last[:200]!r}")
    if ended.megabytes > MEGABYTES:
        broken.append(f"it takes {ended.megabytes:.0f} MB")
    if re.search(r"[\x00-\x08\x0b-\x1f\x7f\x9b]", ended.out + ended.err.replace("\r", "")):
        broken.append("control characters in what it prints")
    if "--json" in words and ended.code == 0 and not _is_json(ended.out):
        broken.append(f"what it prints is no JSON: {ended.out[:200]!r}")
    if "list" in words and ended.code == 0 and "other" not in ended.out:
        broken.append("the other session of the store is not listed")
    if "list" in words and ended.code:
        broken.append(f"the other sessions of the store are not listed: {last[:200]}")
    return broken


def _is_json(text: str) -> bool:
    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        json.loads(text, parse_constant=refuse)
    except ValueError:
        return False
    return True


def _named(command: Command) -> str:
    return command.__name__.strip("_") if callable(command) else f"alc {' '.join(command)}"


def _import_what_the_commands_import() -> None:
    """So that not every child does."""
    for name in (
        "session.worker",
        "session.training.advance",
        "cli.main",
        "cli.next_step",
        "cli.session_output",
        "session.create",
        "session.export.writing",
        "session.labeling.merge",
        "bench.report.rendering",
        "bench.report.sections",
        "bench.result_sets",
        "bench.plots.terminal",
        "data.report",
        "tui.sessions.rows",
        "tui.preferences",
        "text.agreement",
    ):
        importlib.import_module(f"alc_tui.{name}")
    from alc_tui.data.images import formats

    formats()
    with suppress(SystemExit), redirect_stdout(io.StringIO()):
        _call(("dataset", "list"))()
