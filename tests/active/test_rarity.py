from __future__ import annotations

import numpy as np
import pytest

from alc_tui.active.samplers import SAMPLERS, Pool


def test_the_score_is_the_gini_impurity_weighted_by_the_inverse_class_shares() -> None:
    pool = Pool(
        probabilities=np.array([[0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [1.0, 0.0, 0.0]], np.float32),
        class_counts=np.array([89, 9, 0]),  # with half a label each: 89.5, 9.5 and 0.5 of 99.5
    )
    ranking = SAMPLERS["rarity"](pool, 3)
    assert ranking.order.tolist() == [1, 0, 2]
    expected = [0.25 * (99.5 / 89.5 + 99.5 / 0.5), 0.25 * (99.5 / 89.5 + 99.5 / 9.5), 0]
    assert ranking.scores == pytest.approx(expected)


def test_among_equal_classes_it_orders_by_the_gini_impurity() -> None:
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(4), 50).astype(np.float32)
    order = SAMPLERS["rarity"](Pool(probabilities=p, class_counts=np.full(4, 25)), 50).order
    assert order.tolist() == np.argsort((p.astype(float) ** 2).sum(1), kind="stable").tolist()
