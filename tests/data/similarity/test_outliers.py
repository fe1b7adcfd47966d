from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from alc_tui.data.similarity.outliers import LEAST_SCORE, REFERENCES, outlier_scores
from alc_tui.data.similarity.standardization import StandardizedFeatures


def scores_of(features: NDArray[np.float64], neighbors: int = 10) -> NDArray[np.float32]:
    return outlier_scores(StandardizedFeatures(features.astype(np.float32)), neighbors)


@pytest.mark.parametrize(("n", "neighbors"), [(300, 10), (40, 3), (6, 10)])
def test_they_are_the_robust_z_scores_of_the_logarithm_of_mean_distances(n: int, neighbors: int) -> None:
    features = np.random.default_rng(n).normal(size=(n, 20))
    standardized = (features - features.mean(0)) / features.std(0)
    distances = np.linalg.norm(standardized[:, None] - standardized, axis=2)
    mean = np.log(np.sort(distances, axis=1)[:, 1 : neighbors + 1].mean(1))
    deviation = np.median(np.abs(mean - np.median(mean)))
    expected = 0.6745 * (mean - np.median(mean)) / deviation
    assert scores_of(features, neighbors) == pytest.approx(expected, abs=5e-3)


def test_a_sample_far_from_all_others_is_an_outlier_and_a_member_of_a_group_is_not() -> None:
    features = np.random.default_rng(0).normal(size=(500, 200))
    features[7] *= 5
    features[20:40] = 4 + features[20:40] / 2
    scores = scores_of(features)
    assert scores.argmax() == 7 and scores[7] > LEAST_SCORE
    assert (scores[20:40] < LEAST_SCORE).all()


def test_in_a_large_data_set_samples_are_compared_with_some_of_the_others() -> None:
    rng = np.random.default_rng(1)
    features = rng.normal(size=(REFERENCES + 500, 6))
    outside = np.arange(0, len(features), 2000)
    features[outside] *= 20
    scores = scores_of(features)
    assert set(np.argsort(-scores)[: len(outside)].tolist()) == set(outside.tolist())


def test_duplicates_and_equal_distances_give_no_outlier_scores_beyond_measure() -> None:
    features = np.random.default_rng(2).normal(size=(100, 5))
    features[:20] = features[0]
    assert np.isfinite(scores_of(features)).all()
    assert not scores_of(np.ones((50, 4))).any()
    assert not scores_of(np.repeat(np.eye(2), 20, axis=0)).any()
    assert scores_of(np.ones((1, 4))).tolist() == [0.0]
