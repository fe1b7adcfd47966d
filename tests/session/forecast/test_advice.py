from __future__ import annotations

import pytest

from alc_tui.session.forecast.advice import Advice, advise
from alc_tui.session.forecast.counts import CountForecast
from alc_tui.session.forecast.trend import Trend


@pytest.mark.parametrize(
    ("gain_high", "changed_high", "expected"),
    [
        (0.020, 60, Advice.CONTINUE),
        (0.005, 5, Advice.CONTINUE),
        (0.0049, 60, Advice.LABELS_ONLY),
        (0.0049, 10, Advice.LABELS_ONLY),
        (0.0049, 9, Advice.STOP),
        (-0.001, 0, Advice.STOP),
    ],
)
def test_to_stop_is_advised_by_what_is_still_possible(gain_high: float, changed_high: int, expected: Advice) -> None:
    trend = Trend(6, gain_high - 0.01, gain_high - 0.02, gain_high, 0.3, 0.4)
    assert advise(CountForecast(100, changed_high / 2, 0, changed_high), trend) == expected


@pytest.mark.parametrize("trend", [None, Trend(5, 0.0, 0.0, 0.0, 0.3, 0.3), Trend(5, 0.1, 0.0, 0.2, 0.3, 0.4)])
def test_without_a_trend_of_six_rounds_there_is_no_advice(trend: Trend | None) -> None:
    assert advise(CountForecast(100, 0, 0, 0), trend) == Advice.UNKNOWN
