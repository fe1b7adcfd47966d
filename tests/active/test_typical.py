from __future__ import annotations

import numpy as np

from alc_tui.active.typical import typical_samples


def test_they_are_the_clean_samples_nearest_to_the_mean_of_their_class() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(120, 9)).astype(np.float32)
    labels, clean = rng.integers(3, size=120), rng.random(120) < 0.6
    found = typical_samples(features, labels, clean, 3)
    assert found.shape == (3, 8) and found.dtype == np.int64
    directions = features.astype(np.float64) / np.linalg.norm(features.astype(np.float64), axis=1, keepdims=True)
    for label in range(3):
        members = [place for place in range(120) if clean[place] and labels[place] == label]
        mean = np.mean([directions[place] for place in members], axis=0)
        distance = {place: float(np.linalg.norm(directions[place] - mean)) for place in members}
        assert found[label].tolist() == sorted(members, key=lambda place: distance[place])[:8]


def test_a_class_with_few_clean_samples_is_padded() -> None:
    features = np.array([[1, 0], [1, 1], [0, 1], [1, 0]], dtype=np.float32)
    labels, clean = np.array([0, 0, 1, 1]), np.array([True, True, True, False])
    assert typical_samples(features, labels, clean, 3, count=3).tolist() == [[0, 1, -1], [2, -1, -1], [-1, -1, -1]]
