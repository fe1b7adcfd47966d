"""kill -9 of a worker at random moments, again and again: what goes on afterwards ends at the same numbers.

In a live session, labeling goes on after each kill: those verdicts belong to the next round, and change no number of
the one that is trained.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

from alc_tui.errors import AlcError
from alc_tui.session.labeling.passes import QueuePass
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Verdict
from tests.campaign.findings import Findings, Trials
from tests.end_to_end.dying import Moment, Mortal, after_seconds
from tests.session.small import answer_truly, copy, draw_colors, make, outcome

KILLED = -9
MOST_KILLS = 3
"""In one trial."""
LIVE_BUDGET = 4
"""More than the verdicts of one trial, which decides one sample after each kill."""
Work = Callable[[Moment | None], int]


@dataclass(frozen=True)
class Kind:
    """What is killed. work: works on a session, until a moment at which it is killed. numbers, seconds: of a run that
    is not killed. is_labeled: whether the session is opened, and one more sample decided, after each kill."""

    session: SessionFolder
    work: Callable[[SessionFolder], Work]
    numbers: dict[str, Any]
    seconds: float
    is_labeled: bool = False


def training_kills(trials: Trials) -> Findings:
    """See the module."""
    with mock.patch.dict(os.environ, {"ALC_CACHE": str(trials.folder / "cache"), "OMP_NUM_THREADS": "1"}):
        mortal = Mortal()
        try:
            return _kill(trials, mortal)
        finally:
            mortal.close()


def _kill(trials: Trials, mortal: Mortal) -> Findings:
    findings, random, store = Findings(), trials.random, trials.folder / "store"
    untrained = make(draw_colors(trials.folder / "colors", per_class=12), store, "untrained", epochs=2)
    frozen = make(trials.folder / "colors", store, "frozen", freeze=True, views=2)
    worker, replay = partial(_worker, mortal), partial(_replay, mortal)
    learned = _undisturbed(untrained, worker, trials.folder)
    trained = copy(untrained, store, "trained")
    worker(trained)(None)
    answer_truly(trained, but_for=1)
    live = make(trials.folder / "colors", store, "live", freeze=True, views=2, live=True, budget=LIVE_BUDGET, rounds=2)
    worker(live)(None)
    _decide_next(live, LIVE_BUDGET)
    kinds = {
        "learning": Kind(untrained, worker, *learned),
        "learning with a fresh cache": Kind(untrained, partial(_worker_without_cache, mortal), *learned),
        "frozen features with a fresh cache": Kind(
            frozen, partial(_worker_without_cache, mortal), *_undisturbed(frozen, worker, trials.folder)
        ),
        "retraining": Kind(trained, worker, *_undisturbed(trained, worker, trials.folder)),
        "replay": Kind(trained, replay, *_undisturbed(trained, replay, trials.folder)),
        "a live session, labeled on": Kind(live, worker, *_undisturbed(live, worker, trials.folder), is_labeled=True),
    }
    names = list(kinds)
    while names or trials.has_time():
        name = names.pop() if names else random.choice(list(kinds))
        kind = kinds[name]
        folder = copy(kind.session, trials.folder / "killed", "session")
        moments = [random.uniform(0, 1.2 * kind.seconds) for _ in range(random.randint(1, MOST_KILLS))]
        findings.count(name)
        broken = _broken_promise(folder, kind, moments)
        if broken is not None:
            after = ", ".join(f"{moment:.3f}" for moment in moments)
            findings.violated(f"{name}, killed after {after} s: {broken}")
        shutil.rmtree(folder.path)
    return findings


def _worker(mortal: Mortal, folder: SessionFolder) -> Work:
    return lambda dies: mortal.work(folder.path, dies)


def _worker_without_cache(mortal: Mortal, folder: SessionFolder) -> Work:
    cache = folder.path.parent / "fresh cache"
    shutil.rmtree(cache, ignore_errors=True)
    return lambda dies: mortal.work(folder.path, dies, cache)


def _replay(mortal: Mortal, folder: SessionFolder) -> Work:
    return lambda dies: mortal.replay(folder.path, dies)


def _undisturbed(
    session: SessionFolder, work: Callable[[SessionFolder], Work], store: Path
) -> tuple[dict[str, Any], float]:
    """The numbers of a run that is not killed, and its seconds."""
    folder = copy(session, store / "undisturbed", "session")
    began = time.monotonic()
    assert work(folder)(None) == 0
    numbers, seconds = _numbers(folder), time.monotonic() - began
    shutil.rmtree(folder.path)
    return numbers, seconds


def _broken_promise(folder: SessionFolder, kind: Kind, moments: list[float]) -> str | None:
    journal, work = _journal(folder), kind.work(folder)
    code = KILLED
    for moment in moments:
        if code == KILLED:
            code = work(after_seconds(moment))
            try:
                SessionService(folder)
                if kind.is_labeled:
                    _decide_next(folder)
            except (AlcError, OSError) as error:
                return f"the session cannot be read: {error}"
            if not _journal(folder).startswith(journal):
                return "the journal has changed"
            journal = _journal(folder)
    if code == KILLED and _numbers(folder) != kind.numbers:  # else it had done everything before it was killed
        code = work(None)
    broken = {
        f"it ends with {code}": code not in (0, KILLED),
        "it ends at other numbers": _numbers(folder) != kind.numbers,
        "the journal has changed": _journal(folder) != journal,
        "it leaves hidden files": code == 0 and any(folder.path.rglob(".*")),
        "a verdict is in no queue, or the queue has another length": kind.is_labeled and not _is_sound(folder),
    }
    return next((what for what, is_so in broken.items() if is_so), None)


def _decide_next(folder: SessionFolder, count: int = 1) -> None:
    """Open a session to label it, and decide as many samples as it shows next."""
    with SessionService(folder, "anna", write=True) as service:
        truth, shown = service.truth(), QueuePass(service)
        for _ in range(count):
            showing = shown.next()
            assert showing is not None, "more samples are ranked than a trial decides"
            shown.decide(showing, Verdict("label", truth[showing.item.sample]))


def _is_sound(folder: SessionFolder) -> bool:
    service = SessionService(folder)
    decided = [one.sample for one in service.decisions if one.round == service.round]
    return set(decided) <= set(service.queue) and len(service.queue) == LIVE_BUDGET


def _journal(folder: SessionFolder) -> bytes:
    return folder.journal.read_bytes() if folder.journal.exists() else b""


def _numbers(folder: SessionFolder) -> dict[str, Any]:
    """Those of a session and of its replays."""
    found = outcome(folder)
    for replay in folder.replays():
        found |= {f"{replay.name} {name}": value for name, value in outcome(replay).items()}
    return found
