from __future__ import annotations

from typing import Any

import pytest

from alc_tui.session.settings.config import Config
from alc_tui.session.settings.training_time import Estimate, Speed, estimate_training

LEARNING, SCORING = Speed(1.0, 0.0), Speed(0.0, 1.0)


def images(speed: Speed, **changes: Any) -> Estimate:
    """How many images are learned from, or scored: with 100 to train on, 10 to validate and 20 to test."""
    settings = {"noise": 0.5, "forget_rate": 0.5, "epochs": 12, "round_epochs": 3, "rounds": 4, "budget": 6}
    return estimate_training(speed, Config(**{"dataset": "demo", **settings, **changes}), 100, 10, 20, 50)


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


def test_a_peer_of_one_network_and_the_ceiling_cost_what_cross_entropy_does() -> None:
    for method in ("elr", "clean"):
        rounds = {"rounds": 0} if method == "clean" else {}
        assert images(LEARNING, method=method, **rounds).learning == images(LEARNING, method="ce").learning
        assert images(SCORING, method=method, **rounds).learning == images(SCORING, method="ce").learning


def test_without_learning_the_network_is_scored_as_it_came() -> None:
    assert images(LEARNING, method="al", forget_rate="auto").learning == 0
    assert images(SCORING, method="al").learning == 10 + 2 * 20 + 100


def test_dividemix_learns_from_four_views_of_each_clean_sample_after_its_warm_up() -> None:
    # 10 epochs of 100, then 2 of 4 · 50, by each of two networks.
    assert images(LEARNING, method="dividemix", warmup=10).learning == 2 * (10 * 100 + 2 * 200)
    # Beside what two peers cost: each of 2 epochs 100 divided, 200 guessed by one network and 100 by the other.
    more = images(SCORING, method="dividemix", warmup=10).learning - images(SCORING).learning
    assert more == 2 * 2 * (100 + 200 + 100)


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
    found = images(Speed(0.5, 0.25))
    assert found == Estimate(0.5 * 2400 + 0.25 * 460, 0.5 * 195 + 0.25 * 170)


def test_a_round_of_alc_ct_costs_an_epoch_of_all_samples_for_each_peer() -> None:
    for forget_rate in (0.5, "auto"):
        changes: dict[str, Any] = {"method": "alc-ct", "sampler": "joint", "forget_rate": forget_rate}
        # 3 epochs · 2 peers · 100.
        assert images(LEARNING, **changes).round == 600
        # 3 · 2 · 10 validated, 20 tested by peer 1 and by both, best and last, 100 ranked by each peer.
        assert images(SCORING, **changes).round == 60 + 6 * 20 + 200
    assert images(LEARNING, method="alc-ct", sampler="joint").learning == images(LEARNING, method="ct").learning


def test_retraining_both_peers_costs_twice_as_much() -> None:
    both: dict[str, Any] = {"method": "ct", "tune_peers": "both"}
    assert images(LEARNING, **both).round == 2 * images(LEARNING, method="ct").round
    assert images(SCORING, **both).round == 2 * 30 + 6 * 20 + 100
    assert images(SCORING, **both, prediction="mean").round == 2 * 30 + 10 * 20 + 200


def test_what_the_authors_code_does_beside_costs_its_images() -> None:
    # 12 · 2 further looks at 100; 12 · 2 · 20 test samples, and 3 · 20 in a round; 3 · 100 learned from, not 3 · 15.
    assert images(SCORING, departures="vog-pass").learning - images(SCORING).learning == 2400
    watched = images(SCORING, departures="all-epochs-average")
    assert (watched.learning - images(SCORING).learning, watched.round - images(SCORING).round) == (480, 60)
    assert images(LEARNING, method="ce", departures="ce-on-all").round == 300
    assert images(LEARNING, departures="ce-on-all") == images(LEARNING)


def test_frozen_features_are_computed_before_lnl_augmented_views_only_of_the_training_samples() -> None:
    frozen = images(Speed(0.0, 0.0, features=1.0), freeze=True, views=3)
    assert frozen == Estimate(3 * 100 + 10 + 20, 0)
