from __future__ import annotations

from math import sqrt
from pathlib import Path

import numpy as np
import pytest

from alc_tui.errors import AlcError
from alc_tui.session.forecast.advice import Advice
from alc_tui.session.forecast.counts import Tally, forecast_count
from alc_tui.session.forecast.next_round import Forecast, rare_classes, read_forecast
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.arrays import load_round, load_samples
from alc_tui.session.store.document import Document
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Verdict
from tests.made_sessions import finish_round, make_session
from tests.present import present

NAMES = ("a", "b", "c", "d")


@pytest.fixture
def folder(tmp_path: Path) -> SessionFolder:
    """Four classes, three rounds of ten samples."""
    return make_session(tmp_path / "skin", NAMES, samples=200, budget=10, rounds=3)


def label_round(folder: SessionFolder, labels: list[str]) -> None:
    """Label the queue with these classes, and retrain."""
    with SessionService(folder, "anna", write=True) as service:
        for sample, label in zip(service.queue, labels, strict=True):
            service.decide(sample, Verdict("label", label))
    finish_round(folder)


def given_of_queue(folder: SessionFolder) -> list[str]:
    service = SessionService(folder)
    return [service.given_label(sample) for sample in service.queue]


def made(folder: SessionFolder) -> Forecast:
    return present(read_forecast(folder))


def test_before_the_first_round_it_is_between_the_model_and_a_sample_at_random(folder: SessionFolder) -> None:
    samples = load_samples(folder.samples)
    arrays = load_round(folder.round_arrays(0))
    given = samples.given[samples.train]
    changing = 1 - arrays.probabilities[np.arange(len(given)), given].astype(float)
    prior = sqrt(changing[arrays.ranking].mean() * changing.mean())
    forecast = made(folder)
    assert forecast.round == 1
    assert forecast.changed.mean == pytest.approx(10 * prior)
    assert (forecast.trend, forecast.advice) == (None, Advice.UNKNOWN)


def test_the_labels_that_changed_count(folder: SessionFolder) -> None:
    given = given_of_queue(folder)
    before = made(folder).changed.mean
    label_round(folder, given)
    assert made(folder).changed.mean < before
    assert Document(folder.document).rounds[1].ledger.changed == 0


def test_labels_of_rare_classes_count_whether_they_changed_or_not(folder: SessionFolder) -> None:
    names = made(folder).rare_classes
    other = next(name for name in NAMES if name not in names)
    label_round(folder, [names[0]] * 4 + [names[1]] * 2 + [other] * 4)
    forecast = made(folder)
    arrays, samples = load_round(folder.round_arrays(1)), load_samples(folder.samples)
    rare = [NAMES.index(name) for name in names]
    chances = arrays.probabilities[:, rare].astype(float).sum(1)
    prior = sqrt(chances[arrays.ranking].mean() * chances.mean())
    expected = forecast_count(10, prior, [Tally(10, 6)])
    found = present(forecast.found)
    assert [found.low, found.high, found.mean] == pytest.approx([expected.low, expected.high, expected.mean])
    assert rare == rare_classes(samples.given[samples.train], 4)


def test_what_is_decided_since_does_not_change_it(folder: SessionFolder) -> None:
    label_round(folder, ["a"] * 10)
    before = made(folder)
    with SessionService(folder, "anna", write=True) as service:
        service.decide(service.queue[0], Verdict("label", "b"))
        service.review(service.evidence(1).ranking[0], Verdict("skip"))
    after = made(folder)
    assert after.changed == before.changed
    assert after.trend == before.trend


def test_a_trend_needs_two_rounds_of_labeling(folder: SessionFolder) -> None:
    label_round(folder, given_of_queue(folder))
    assert made(folder).trend is None
    label_round(folder, given_of_queue(folder))
    trend = present(made(folder).trend)
    scores = [record.macro_f1.best for record in Document(folder.document).rounds]
    assert trend.gain == pytest.approx((scores[2] - scores[0]) / 2)
    assert trend.gain_low < trend.gain < trend.gain_high
    assert made(folder).trend == trend


def test_there_is_none_before_learning_and_after_the_last_round(folder: SessionFolder, tmp_path: Path) -> None:
    assert read_forecast(make_session(tmp_path / "new", trained=False)) is None
    for _ in range(3):
        label_round(folder, given_of_queue(folder))
    assert read_forecast(folder) is None


def test_a_missing_file_of_the_last_rounds_is_an_error(folder: SessionFolder) -> None:
    label_round(folder, given_of_queue(folder))
    folder.round_arrays(0).unlink()
    with pytest.raises(AlcError, match=r"round-00\.npz is missing or damaged"):
        read_forecast(folder)


@pytest.mark.parametrize(
    ("given", "classes", "expected"),
    [([0, 0, 0, 1, 1, 2, 3, 3], 4, [2, 1]), ([0, 0, 1], 2, [1]), ([0, 0], 1, []), ([0, 0, 1, 1, 2], 8, [3, 4, 5])],
)
def test_rare_are_the_three_smallest_classes_but_at_most_half(
    given: list[int], classes: int, expected: list[int]
) -> None:
    assert rare_classes(np.array(given), classes) == expected


def test_a_live_session_is_forecast_for_its_queue_not_for_all_that_is_ranked(tmp_path: Path) -> None:
    folder = make_session(tmp_path / "live", samples=120, budget=10, freeze=True, live=True)
    arrays = load_round(folder.round_arrays(0), load_samples(folder.samples))
    assert len(arrays.ranking) == 20
    assert made(folder).changed.size == 10
