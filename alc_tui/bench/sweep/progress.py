"""How far a sweep is and when it will end, from its jobs' estimates and the pace seen so far. Prints nothing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from alc_tui.bench.sweep.plan import Job

_UNKNOWN = 1.0
"""What an epoch counts where the pace is not known: then only the share of epochs tells."""


@dataclass(frozen=True)
class Standing:
    """done, failed, total: runs. doing: what each child is at. seconds: until the end, None while nobody knows."""

    done: int
    failed: int
    total: int
    doing: tuple[str, ...]
    seconds: float | None


@dataclass
class _Left:
    """Expected seconds of a job's LNL, and of each of its runs by id."""

    learning: float
    runs: dict[str, float]


class Progress:
    """Keeps account of the work that is left."""

    def __init__(self, jobs: Sequence[Job], done: int, total: int, failed: int, at_once: int) -> None:
        self._jobs = {job.session: job for job in jobs}
        self._left = {job.session: _Left(_learning(job), _rounds(job)) for job in jobs}
        self._known = all(job.estimate is not None for job in jobs)
        self._done, self._total, self._failed, self._at_once = done, total, failed, at_once
        self._doing: dict[str, str] = {}
        self._worked, self._began = 0.0, time.monotonic()

    def epoch(self, job: Job, run: str | None, number: int, epoch: int, epochs: int) -> None:
        """An epoch of LNL (run None) or of a round of a run is done."""
        left = self._left[job.session]
        if run is None:
            whole = _learning(job)
            left.learning = whole * (1 - epoch / epochs)
            self._worked += whole / epochs
            where = f"LNL, epoch {epoch} of {epochs}"
        else:
            left.learning = 0.0
            config = next(each for each in job.runs if each.id == run).config
            each_round = _rounds(job)[run] / max(config.rounds, 1)
            left.runs[run] = each_round * (config.rounds - number + 1 - epoch / epochs)
            self._worked += each_round / epochs
            where = f"{config.sampler}, round {number} of {config.rounds}, epoch {epoch} of {epochs}"
        config = job.runs[0].config
        self._doing[job.session] = f"{config.method} seed {config.seed}: {where}"

    def finished(self, job: Job, run: str) -> None:
        """A run has its result."""
        self._left[job.session].runs[run] = self._left[job.session].learning = 0.0
        self._done += 1

    def gave_up(self, job: Job, run: str) -> None:
        """A run failed."""
        self._left[job.session].runs[run] = 0.0
        self._failed += 1

    def ended(self, job: Job) -> None:
        """Nothing more will come of a job."""
        self._left[job.session] = _Left(0.0, {})
        self._doing.pop(job.session, None)

    def standing(self) -> Standing:
        """How far it is now."""
        left = sum(each.learning + sum(each.runs.values()) for each in self._left.values())
        if self._worked:
            seconds: float | None = left * (time.monotonic() - self._began) / self._worked
        else:
            seconds = left / self._at_once if self._known else None
        return Standing(self._done, self._failed, self._total, tuple(self._doing.values()), seconds)


def _learning(job: Job) -> float:
    config = job.runs[0].config
    return config.epochs * _UNKNOWN if job.estimate is None else job.estimate.learning


def _rounds(job: Job) -> dict[str, float]:
    """Expected seconds of all rounds of each run."""
    return {
        run.id: run.config.rounds * (run.config.round_epochs * _UNKNOWN if job.estimate is None else job.estimate.round)
        for run in job.runs
    }


def seconds_of(job: Job) -> float | None:
    """Expected seconds of a whole job, None where the pace is not known."""
    return None if job.estimate is None else _learning(job) + sum(_rounds(job).values())
