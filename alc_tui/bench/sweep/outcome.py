"""Makes a run's result from the document of its replay."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from alc_tui import __version__
from alc_tui.bench.results import RoundResult, RunResult
from alc_tui.bench.suites import Run
from alc_tui.bench.sweep.files import JobFolder, RunReport
from alc_tui.session.store import arrays
from alc_tui.session.store.document import Document
from alc_tui.session.store.folder import SessionFolder


def read_result(job: JobFolder, run: Run, report: RunReport) -> RunResult:
    """The result of a finished run; raises AlcError or OSError if its replay cannot be read."""
    folder = job.session.replay(report.replay)
    document = Document(folder.document)
    facts = document.session
    rounds = tuple(RoundResult.from_record(record, facts.classes) for record in document.rounds)
    return RunResult(
        id=run.id,
        alc=__version__,
        oracle=run.oracle,
        config=run.settings,
        session=job.session.name,
        classes=facts.classes,
        training=_training_counts(folder, facts.classes),
        device=facts.device,
        threads=report.threads,
        rounds=rounds,
        seconds=round(sum(each.seconds for each in rounds), 3),
    )


def _training_counts(folder: SessionFolder, classes: Sequence[str]) -> dict[str, int]:
    """The number of training samples by true class; empty if the truth is unknown."""
    samples = arrays.load_samples(folder.samples, len(classes))
    if not samples.truth_is_known:
        return {}
    counts = np.bincount(samples.truth[samples.train], minlength=len(classes))
    return dict(zip(classes, counts.tolist(), strict=True))
