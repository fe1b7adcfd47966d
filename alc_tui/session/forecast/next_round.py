"""The forecast for a session's next round, from its finished rounds and its queue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alc_tui.data.random_streams import random_stream
from alc_tui.model.scoring.intervals import resampled_rounds
from alc_tui.session.forecast.advice import Advice, advise
from alc_tui.session.forecast.counts import CountForecast, Tally, forecast_count
from alc_tui.session.forecast.trend import FEWEST, WINDOW, Trend, fit_trend
from alc_tui.session.store.arrays import RoundArrays, Samples, load_round, load_samples
from alc_tui.session.store.document import Document
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import GRID, LABEL, QUEUE, Decision, Journal, Verdicts
from alc_tui.session.store.records import RoundRecord, SessionRecord

RARE = 3
"""The number of classes that count as rare, at most half of all."""


@dataclass(frozen=True)
class Forecast:
    """What round `round` will probably bring: `changed` labels, and labels of the `rare_classes`, rarest first.

    found: None if there is no rare class. trend: None before two rounds of labeling. Intervals are at 80 %.
    """

    round: int
    changed: CountForecast
    rare_classes: tuple[str, ...]
    found: CountForecast | None
    trend: Trend | None
    advice: Advice

    def as_dict(self) -> dict[str, Any]:
        """The values by name, JSON-serializable."""
        return asdict(self)


def read_forecast(folder: SessionFolder) -> Forecast | None:
    """The forecast of a session, None if it has no next round.

    Raises AlcError if a file of the session is missing or damaged.
    """
    document = Document(folder.document)
    rounds, record = document.rounds, document.session
    if not rounds or not rounds[-1].queued:
        return None
    samples = load_samples(folder.samples, len(record.classes))
    arrays = [
        load_round(folder.round_arrays(number), samples, len(record.classes))
        for number in range(max(0, len(rounds) - WINDOW), len(rounds))
    ]
    return forecast(record, rounds, samples, arrays, Journal(folder.journal).decisions)


def forecast(
    record: SessionRecord,
    rounds: Sequence[RoundRecord],
    samples: Samples,
    arrays: Sequence[RoundArrays],
    decisions: Sequence[Decision],
) -> Forecast:
    """The forecast for the round after the last of `rounds`, which has a queue, as before its first decision.

    arrays: of the last WINDOW of the rounds. decisions: of the journal.
    """
    classes, last = record.classes, arrays[-1]
    given, size = samples.given[samples.train], rounds[-1].queued
    queue = last.ranking[:size]
    probabilities = last.probabilities.astype(np.float64)
    changing = 1 - probabilities[np.arange(len(given)), given]
    past = [Tally(finished.ledger.shown, finished.ledger.changed) for finished in rounds[1:]]
    changed = forecast_count(size, _prior(changing, queue), past)
    rare = rare_classes(given, len(classes))
    names = tuple(classes[label] for label in rare)
    found = None
    if rare:
        labels = labels_by_round(decisions)
        tallies = [
            Tally(finished.ledger.shown, sum(label in names for label in labels.get(finished.round, ())))
            for finished in rounds[1:]
        ]
        found = forecast_count(size, _prior(probabilities[:, rare].sum(1), queue), tallies)
    trend = _trend(record.config.seed, rounds, samples, arrays)
    return Forecast(len(rounds), changed, names, found, trend, advise(changed, trend))


def rare_classes(given: NDArray[np.int64], classes: int) -> list[int]:
    """The three classes with the fewest given labels, rarest first; at most half of all."""
    counts = np.bincount(given, minlength=classes).tolist()
    return sorted(range(classes), key=counts.__getitem__)[: min(RARE, classes // 2)]


def _prior(chances: NDArray[np.float64], queue: NDArray[np.int64]) -> float:
    """The expected share of a queue before anybody has decided one. chances: of each training sample by the model.

    Samplers pick what the model is unsure or wrong about, so the truth is between what the model expects of the queue
    and of all samples; the geometric mean of both.
    """
    return float(np.clip(sqrt(max(chances[queue].mean() * chances.mean(), 0.0)), 0, 1))


def labels_by_round(decisions: Sequence[Decision]) -> Mapping[int, list[str]]:
    """The labels decided in the queue of each round, as they stand."""
    of_queue = Verdicts(decision for decision in decisions if decision.occasion in (QUEUE, GRID)).all()
    labels: dict[int, list[str]] = {}
    for verdict in of_queue.values():
        if verdict.kind == LABEL and verdict.label is not None:
            labels.setdefault(verdict.round, []).append(verdict.label)
    return labels


def _trend(seed: int, rounds: Sequence[RoundRecord], samples: Samples, arrays: Sequence[RoundArrays]) -> Trend | None:
    if len(rounds) < FEWEST:
        return None
    predicted = [each.test_best.argmax(1) for each in arrays]
    truth, classes = samples.labels_to_score[samples.test], arrays[-1].test_best.shape[1]
    resampled = resampled_rounds(truth, predicted, classes, random_stream(seed, "trend", len(rounds)))
    return fit_trend([finished.macro_f1.best for finished in rounds[-len(arrays) :]], resampled)
