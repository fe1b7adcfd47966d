"""Tracks the progress and remaining time of a sweep, from estimates and the observed speed. Prints nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from alc_tui.bench.sweep.plan import Job

_UNKNOWN = 1.0
"""Nominal seconds per epoch if the speed is unknown, so that only the fraction of finished epochs matters."""


@dataclass(frozen=True)
class SweepStatus:
    """done, failed, total: numbers of runs. activities: what each worker is doing. seconds: remaining time, None if
    unknown. notices: what keeps the engine from telling the states of its tasks."""

    done: int
    failed: int
    total: int
    activities: tuple[str, ...]
    seconds: float | None
    notices: tuple[str, ...] = ()


@dataclass
class _Remaining:
    """Expected seconds of a job's LNL, and of the rounds of each of its runs by id."""

    learning: float
    rounds: dict[str, float]


class SweepProgress:
    """Tracks the remaining work. done, failed: runs that already had a result or could not be started.

    clock: a monotonic clock, in seconds.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        *,
        done: int,
        total: int,
        failed: int,
        at_once: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._remaining = {job.session: _Remaining(_learning(job), _rounds(job)) for job in jobs}
        self._pace_known = all(job.estimate is not None for job in jobs)
        self._done, self._total, self._failed, self._at_once = done, total, failed, at_once
        self._activities: dict[str, str] = {}
        self._clock = clock
        self._worked, self._began = 0.0, clock()

    def add_epoch(
        self, job: Job, run: str | None, number: int, epoch: int, epochs: int, *, is_new: bool = True
    ) -> None:
        """Count epoch `epoch` of `epochs`: of LNL (run None), or of round `number` of a run. is_new: whether it was
        computed since this object exists, so that it tells the pace."""
        remaining = self._remaining[job.session]
        if run is None:
            whole = _learning(job)
            remaining.learning = whole * (1 - epoch / epochs)
            worked = whole / epochs
            activity = f"LNL, epoch {epoch} of {epochs}"
        else:
            remaining.learning = 0.0
            config = next(each for each in job.runs if each.id == run).config
            each_round = _rounds(job)[run] / max(config.rounds, 1)
            remaining.rounds[run] = each_round * (config.rounds - number + 1 - epoch / epochs)
            worked = each_round / epochs
            activity = f"{config.sampler}, round {number} of {config.rounds}, epoch {epoch} of {epochs}"
        self._worked += worked * is_new
        config = job.runs[0].config
        self._activities[job.session] = f"{config.method} seed {config.seed}: {activity}"

    def add_result(self, job: Job, run: str) -> None:
        """Count a finished run."""
        remaining = self._remaining[job.session]
        remaining.rounds[run] = remaining.learning = 0.0
        self._done += 1

    def add_failure(self, job: Job, run: str) -> None:
        """Count a failed run."""
        self._remaining[job.session].rounds[run] = 0.0
        self._failed += 1

    def end(self, job: Job) -> None:
        """Mark a job as ended."""
        self._remaining[job.session] = _Remaining(0.0, {})
        self._activities.pop(job.session, None)

    def status(self) -> SweepStatus:
        """The current status."""
        work = sum(each.learning + sum(each.rounds.values()) for each in self._remaining.values())
        if self._worked:
            seconds: float | None = work * (self._clock() - self._began) / self._worked
        else:
            seconds = work / self._at_once if self._pace_known else None
        return SweepStatus(self._done, self._failed, self._total, tuple(self._activities.values()), seconds)


def _learning(job: Job) -> float:
    """Expected seconds of the LNL."""
    config = job.runs[0].config
    return config.epochs * _UNKNOWN if job.estimate is None else job.estimate.learning


def _rounds(job: Job) -> dict[str, float]:
    """Expected seconds of all rounds of each run."""
    return {
        run.id: run.config.rounds * (run.config.round_epochs * _UNKNOWN if job.estimate is None else job.estimate.round)
        for run in job.runs
    }
