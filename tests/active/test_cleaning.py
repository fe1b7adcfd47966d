from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from alc_tui.active.cleaning import UNDECIDED, TrainingSet, apply_decisions, retraining_weights

GIVEN = np.array([0, 1, 2, 0, 1, 2])
CHOSEN = np.array([True, True, False, False, False, False])
NOBODY = np.zeros(6, dtype=bool)


def after(decisions: dict[int, int], excluded: NDArray[np.bool_] = NOBODY) -> TrainingSet:
    decided = np.full(6, UNDECIDED)
    for position, label in decisions.items():
        decided[position] = label
    return apply_decisions(CHOSEN, GIVEN, decided, excluded)


def test_before_any_decision_the_clean_set_is_what_lnl_chose_with_its_given_labels() -> None:
    start = after({})
    assert start.clean.tolist() == CHOSEN.tolist() and start.labels.tolist() == GIVEN.tolist()


def test_what_lnl_chose_keeps_its_given_label_right_or_wrong() -> None:
    truth = np.array([0, 2, 2, 1, 1, 0])
    wrong_pick = 1
    assert CHOSEN[wrong_pick] and truth[wrong_pick] != GIVEN[wrong_pick]
    decided = after({3: int(truth[3]), 5: int(truth[5])})
    assert decided.clean[wrong_pick] and decided.labels[wrong_pick] == GIVEN[wrong_pick]


def test_a_decided_sample_joins_the_clean_set_with_the_decided_label() -> None:
    decided = after({3: 1, 4: 1})
    assert decided.clean.tolist() == [True, True, False, True, True, False]
    assert decided.labels.tolist() == [0, 1, 2, 1, 1, 2]


def test_a_sample_can_be_decided_to_be_of_the_first_class() -> None:
    decided = after({2: 0})
    assert decided.clean[2] and decided.labels[2] == 0


def test_an_excluded_sample_belongs_to_the_clean_set_no_more() -> None:
    excluded = np.array([True, False, False, True, False, False])
    assert after({3: 1, 4: 0}, excluded).clean.tolist() == [False, True, False, False, True, False]


def test_what_is_given_is_left_as_it_was() -> None:
    chosen, given = CHOSEN.copy(), GIVEN.copy()
    after({2: 1, 0: 2})
    assert np.array_equal(CHOSEN, chosen) and np.array_equal(GIVEN, given)


def test_retraining_weights_nothing_where_each_sample_is_drawn_as_it_comes() -> None:
    labels, decided = np.array([0, 0, 1]), np.array([True, False, False])
    assert retraining_weights(labels, decided, 0.0, 1.0) is None
    # Class 0 has Σ v = 4 + 1, class 1 has 1.
    assert retraining_weights(labels, decided, 1.0, 4.0) == pytest.approx([0.8, 0.2, 1.0])
    assert retraining_weights(labels, decided, 0.0, 4.0) == pytest.approx([4.0, 1.0, 1.0])
