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


def test_without_a_trend_there_is_no_advice() -> None:
    assert advise(CountForecast(100, 0, 0, 0), None) == Advice.UNKNOWN
