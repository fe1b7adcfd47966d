from __future__ import annotations

import math

import numpy as np
import pytest

from alc_tui.active.samplers import SAMPLERS, Pool


def pool(probabilities: list[list[float]], given: list[int]) -> Pool:
    return Pool(probabilities=np.array(probabilities, np.float32), given=np.array(given))


def test_joint_by_hand_with_four_classes() -> None:
    """Logs to base 4: a quarter has cross-entropy 1, a half 0.5; the flat p has entropy 1, of which 0.30 is free."""
    flat, halves, sure = [0.25] * 4, [0.5, 0.5, 0, 0], [1.0, 0, 0, 0]
    eighths = [0.5, 0.25, 0.125, 0.125]  # entropy (0.5·1 + 0.25·2 + 2·0.125·3) / 2 = 0.875 to base 4
    ranking = SAMPLERS["joint"](pool([flat, halves, sure, eighths], [2, 1, 0, 3]), 4)
    assert ranking.order.tolist() == [3, 0, 1, 2]
    assert ranking.scores.tolist() == pytest.approx([1.5 - (0.875 - 0.3), 1 - 0.7, 0.5 - (0.5 - 0.3), 0], abs=1e-6)


def test_joint_does_not_reward_more_certainty_than_the_free_part() -> None:
    """0.95 and 0.05 have entropy 0.286 bits < 0.30: the score is the cross-entropy alone."""
    ranking = SAMPLERS["joint"](pool([[0.95, 0.05]], [1]), 1)
    assert ranking.scores.tolist() == pytest.approx([math.log2(20)], rel=1e-6)


def test_joint_puts_a_clearly_wrong_label_before_an_ambiguous_sample() -> None:
    assert SAMPLERS["joint"](pool([[0.4, 0.35, 0.25], [0.9, 0.05, 0.05]], [2, 2]), 2).order.tolist() == [1, 0]


def test_a_given_label_of_probability_0_has_a_finite_joint_score() -> None:
    ranking = SAMPLERS["joint"](pool([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]], [1, 0, 0]), 3)
    assert ranking.order.tolist() == [0, 1, 2]
    assert ranking.scores.tolist() == pytest.approx([126, 126, 1 - 0.7])


def test_self_confidence_puts_the_least_likely_given_label_first() -> None:
    ranking = SAMPLERS["self-confidence"](pool([[0.7, 0.3], [0.2, 0.8], [0.6, 0.4]], [0, 0, 1]), 3)
    assert ranking.order.tolist() == [1, 2, 0]
    assert ranking.scores.tolist() == pytest.approx([0.8, 0.6, 0.3], abs=1e-6)


def test_normalized_margin_compares_with_the_strongest_other_class() -> None:
    rows = [[0.4, 0.35, 0.25], [0.4, 0.6, 0.0], [0.1, 0.0, 0.9]]
    ranking = SAMPLERS["normalized-margin"](pool(rows, [0, 0, 2]), 3)
    assert ranking.order.tolist() == [1, 0, 2]
    assert ranking.scores.tolist() == pytest.approx([0.6 - 0.4, 0.35 - 0.4, 0.1 - 0.9], abs=1e-6)


def test_margin_and_confidence_in_the_given_label_disagree_where_they_should() -> None:
    scattered, contested = [0.3, 0.25, 0.25, 0.2], [0.35, 0.65, 0.0, 0.0]
    two = pool([scattered, contested], [0, 0])
    assert SAMPLERS["self-confidence"](two, 1).order.tolist() == [0]
    assert SAMPLERS["normalized-margin"](two, 1).order.tolist() == [1]
