"""The forecast for the next round in words, for the command line and the Progress screen."""

from __future__ import annotations

from alc_tui.session.forecast.advice import FEW_CHANGES, SMALL_GAIN, Advice
from alc_tui.session.forecast.counts import CountForecast
from alc_tui.session.forecast.next_round import Forecast
from alc_tui.session.forecast.trend import WINDOW, Trend
from alc_tui.text.format import percent, signed

READING = "Reading the rounds …"
NO_NEXT_ROUND = "There is no next round."


def lines(forecast: Forecast) -> list[str]:
    """What the next round will probably bring, and whether to stop: one sentence each."""
    return [_labels(forecast), *([] if forecast.trend is None else [_macro_f1(forecast.trend)]), advice(forecast)]


def note(forecast: Forecast) -> str:
    """What the intervals mean."""
    sources = "80 % intervals, from the rounds so far and the model's probabilities."
    if forecast.trend is None:
        return sources
    return (
        f"{sources} The macro-F1 is that on the same test set; the interval of the trend includes that another test "
        "set would score differently."
    )


def advice(forecast: Forecast) -> str:
    """Whether it is reasonable to stop, and why."""
    few = percent(FEW_CHANGES).strip()
    gain = 0.0 if forecast.trend is None else forecast.trend.gain_high
    return {
        Advice.UNKNOWN: f"The trend shows whether it is reasonable to stop, after {WINDOW - 1} rounds of labeling.",
        Advice.CONTINUE: f"Continue: a gain of up to {gain:.3f} per round is possible.",
        Advice.LABELS_ONLY: f"Macro-F1 will probably gain less than {SMALL_GAIN} per round; continue only to correct "
        "more labels.",
        Advice.STOP: f"It is reasonable to stop: macro-F1 will probably gain less than {SMALL_GAIN} per round, and "
        f"fewer than {few} of the labels will change.",
    }[forecast.advice]


def _labels(forecast: Forecast) -> str:
    changed = f"Round {forecast.round}: {_range(forecast.changed)} labels will probably change"
    if forecast.found is None:
        return f"{changed}."
    return f"{changed}; {_count(forecast.found)} will be of a rare class ({', '.join(forecast.rare_classes)})."


def _macro_f1(trend: Trend) -> str:
    return (
        f"Macro-F1 will probably be {trend.next_low:.3f}–{trend.next_high:.3f}; trend of {trend.rounds} rounds: "
        f"{signed(trend.gain)} per round ({signed(trend.gain_low)} … {signed(trend.gain_high)})."
    )


def _range(counts: CountForecast) -> str:
    return f"{_count(counts)} of {counts.size:,}"


def _count(counts: CountForecast) -> str:
    return f"{counts.low:,}" if counts.low == counts.high else f"{counts.low:,}–{counts.high:,}"
