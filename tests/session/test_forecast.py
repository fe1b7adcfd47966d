from __future__ import annotations

from typing import Any

import pytest

from alc_tui.session.config import Config
from alc_tui.session.forecast import Estimate, Pace, forecast

LEARNING, SCORING = Pace(1.0, 0.0), Pace(0.0, 1.0)


def images(pace: Pace, **changes: Any) -> Estimate:
    """How many images are learned from, or scored: with 100 to train on, 10 to validate and 20 to test."""
    settings = {"noise": 0.5, "forget_rate": 0.5, "epochs": 12, "round_epochs": 3, "rounds": 4, "budget": 6}
    return forecast(pace, Config(**{"dataset": "demo", **settings, **changes}), 100, 10, 20, 50)


def test_two_peers_learn_and_one_goes_on() -> None:
    # 12 epochs · 2 peers · 100; 3 epochs · (50 clean + 6, 12, 18 or 24 decided, on average 15).
    assert images(LEARNING) == Estimate(2400, 195)


def test_all_that_is_scored_counts() -> None:
    # 12 · 2 · 10 validated, 20 tested by peer 1 and by both together, best and last, 100 ranked.
    # 3 · 10 validated, 20 tested best and last, 100 ranked.
    assert images(SCORING) == Estimate(240 + 2 * (20 + 40) + 100, 30 + 40 + 100)


def test_plain_cross_entropy_has_one_network() -> None:
    assert images(LEARNING, method="ce").learning == 1200
    assert images(SCORING, method="ce").learning == 12 * 10 + 2 * 20 + 100


@pytest.mark.parametrize(("epochs", "more"), [(12, 6 * 100), (4, 5 * 100)])
def test_an_unknown_noise_rate_is_estimated_first(epochs: int, more: int) -> None:
    # Two networks learn from 50 each, for half the epochs or 5; each scores the other 50 and the validation samples.
    known, unknown = images(LEARNING, epochs=epochs), images(LEARNING, epochs=epochs, forget_rate="auto")
    assert unknown.learning - known.learning == more
    assert images(SCORING, forget_rate="auto").learning - images(SCORING).learning == 2 * 10 + 100
    assert images(LEARNING, method="ce", forget_rate="auto").learning == 1200


def test_gradients_from_a_pass_of_their_own_cost_one_more_look() -> None:
    assert images(SCORING, vog_pass="eval").learning - images(SCORING).learning == 12 * 2 * 100
    assert images(SCORING, vog_pass="eval", method="ct") == images(SCORING)


def test_seconds_are_images_times_pace() -> None:
    found = images(Pace(0.5, 0.25))
    assert found == Estimate(0.5 * 2400 + 0.25 * 460, 0.5 * 195 + 0.25 * 170)
