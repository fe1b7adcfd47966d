from __future__ import annotations

import numpy as np
import pytest

from alc_tui.session.store.records import SelectionScores
from alc_tui.session.training.clean_set import selection_scores

TRUTH = np.array([0, 0, 0, 0, 1, 1, 1, 2])
GIVEN = np.array([0, 0, 0, 1, 1, 1, 0, 0])  # right: 0, 1, 2 of class 0 and 4, 5 of class 1; none of class 2


def test_precision_recall_and_guess_by_hand() -> None:
    clean = np.array([True, True, False, True, True, False, False, False])
    told = selection_scores(clean, GIVEN, TRUTH, ("a", "b", "c"))
    assert told.precision == pytest.approx(3 / 4)
    assert told.recall == pytest.approx(3 / 5)
    assert told.guess == {"a": pytest.approx(2 / 3), "b": pytest.approx(1 / 2), "c": None}


def test_nothing_chosen_has_no_precision() -> None:
    told = selection_scores(np.zeros(8, dtype=bool), GIVEN, TRUTH, ("a", "b", "c"))
    assert told == SelectionScores(precision=None, recall=0.0, guess={"a": 0.0, "b": 0.0, "c": None})


def test_no_clean_label_at_all_has_no_recall() -> None:
    told = selection_scores(np.ones(8, dtype=bool), (TRUTH + 1) % 3, TRUTH, ("a", "b", "c"))
    assert told == SelectionScores(precision=0.0, recall=None, guess={"a": None, "b": None, "c": None})
