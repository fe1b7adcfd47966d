from __future__ import annotations

from dataclasses import replace

import pytest

from alc_tui.session.forecast.advice import Advice
from alc_tui.session.forecast.counts import CountForecast
from alc_tui.session.forecast.next_round import Forecast
from alc_tui.session.forecast.trend import Trend
from alc_tui.text.forecast import lines, note

FORECAST = Forecast(
    round=3,
    changed=CountForecast(1100, 420.0, 310, 520),
    rare_classes=("DF", "VASC", "AK"),
    found=CountForecast(1100, 5.0, 2, 9),
    trend=Trend(3, 0.012, -0.004, 0.021, 0.401, 0.433),
    advice=Advice.CONTINUE,
)


def test_the_forecast_is_three_sentences() -> None:
    assert lines(FORECAST) == [
        "Round 3: 310–520 of 1,100 labels will probably change; 2–9 will be of a rare class (DF, VASC, AK).",
        "Macro-F1 will probably be 0.401–0.433; trend of 3 rounds: +0.012 per round (−0.004 … +0.021).",
        "Continue: a gain of up to 0.021 per round is possible.",
    ]


@pytest.mark.parametrize(
    ("advice", "sentence"),
    [
        (Advice.UNKNOWN, "The trend shows whether it is reasonable to stop, after 5 rounds of labeling."),
        (
            Advice.LABELS_ONLY,
            "Macro-F1 will probably gain less than 0.005 per round; continue only to correct more labels.",
        ),
        (
            Advice.STOP,
            "It is reasonable to stop: macro-F1 will probably gain less than 0.005 per round, and fewer than 10% of "
            "the labels will change.",
        ),
    ],
)
def test_each_advice_says_why(advice: Advice, sentence: str) -> None:
    assert lines(replace(FORECAST, advice=advice))[-1] == sentence


def test_what_is_unknown_is_left_out() -> None:
    only = replace(FORECAST, changed=CountForecast(5, 0, 0, 0), found=None, trend=None, advice=Advice.UNKNOWN)
    assert lines(only)[0] == "Round 3: 0 of 5 labels will probably change."
    assert len(lines(only)) == 2


def test_the_note_speaks_of_the_test_set_only_if_there_is_a_trend() -> None:
    assert note(FORECAST).startswith("80 % intervals, from the rounds so far and the model's probabilities. ")
    assert "test set" in note(FORECAST)
    assert "test set" not in note(replace(FORECAST, trend=None))
