from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.mixture import GaussianMixture

from alc_tui.lnl.mixture import best_split, clean_probability


def two_heaps(seed: int = 0, low: int = 120, high: int = 80) -> np.ndarray:
    rng = np.random.default_rng(seed)
    losses = np.concatenate([rng.normal(0.4, 0.1, low), rng.normal(2.5, 0.5, high)])
    return rng.permutation(losses).astype(np.float32)


def em(values: np.ndarray, split: np.ndarray, floor: float, steps: int) -> np.ndarray:
    """Expectation and maximization by the textbook, one sample at a time; the posterior of the first component."""
    posterior = [1.0 if low else 0.0 for low in split]
    for _ in range(steps):
        components = []
        for belongs in (posterior, [1 - q for q in posterior]):
            mass = sum(belongs)
            mean = sum(q * v for q, v in zip(belongs, values, strict=True)) / mass
            variance = sum(q * (v - mean) ** 2 for q, v in zip(belongs, values, strict=True)) / mass + floor
            components.append((mass / len(values), mean, variance))
        densities = [
            [w * math.exp(-((v - m) ** 2) / (2 * s)) / math.sqrt(2 * math.pi * s) for w, m, s in components]
            for v in values
        ]
        posterior = [first / (first + second) for first, second in densities]
    return np.array(posterior)


def test_the_probability_is_the_posterior_of_the_lower_component_after_em() -> None:
    losses = two_heaps(low=60, high=40)
    scaled = (losses - losses.min()).astype(np.float64) / float(losses.max() - losses.min())
    assert clean_probability(losses) == pytest.approx(em(scaled, scaled < 0.3, 5e-4, 50), abs=2e-3)


def test_another_start_of_the_library_ends_at_the_same_mixture() -> None:
    losses = two_heaps(1)
    scaled = ((losses - losses.min()) / (losses.max() - losses.min())).astype(np.float64)[:, None]
    other = GaussianMixture(2, reg_covar=5e-4, tol=1e-6, max_iter=500, init_params="kmeans", random_state=3).fit(scaled)
    expected = other.predict_proba(scaled)[:, other.means_.argmin()]
    assert clean_probability(losses) == pytest.approx(expected, abs=2e-3)


def test_small_losses_are_clean_and_large_ones_are_not() -> None:
    losses = two_heaps(2)
    clean = clean_probability(losses)
    assert ((clean > 0.5) == (losses < 1.2)).mean() > 0.98
    assert (clean >= 0).all() and (clean <= 1).all()


def test_the_scale_of_the_losses_does_not_matter_and_nothing_is_drawn() -> None:
    losses = two_heaps(3)
    assert clean_probability(losses * 8 + 1) == pytest.approx(clean_probability(losses), abs=1e-5)
    np.random.seed(1)
    first = clean_probability(losses)
    np.random.seed(2)
    assert clean_probability(losses).tobytes() == first.tobytes()


@pytest.mark.parametrize("losses", [[0.7], [0.7, 0.7, 0.7]])
def test_where_no_loss_stands_out_every_label_is_believed(losses: list[float]) -> None:
    assert clean_probability(np.array(losses, np.float32)).tolist() == [1.0] * len(losses)


def test_two_losses_are_one_of_each_kind() -> None:
    assert clean_probability(np.array([3.0, 0.1], np.float32)) == pytest.approx([0, 1], abs=1e-6)


def test_the_best_cut_is_that_of_all_cuts() -> None:
    rng = np.random.default_rng(4)
    for _ in range(200):
        values = rng.integers(7, size=int(rng.integers(2, 12))) / 4
        if values.min() == values.max():
            continue
        cuts = sorted(set(values.tolist()))[:-1]
        scatter = [sum(half.var() * len(half) for half in (values[values <= c], values[values > c])) for c in cuts]
        assert scatter[cuts.index(best_split(values))] == pytest.approx(min(scatter), abs=1e-12)


def test_the_best_cut_is_what_two_means_find() -> None:
    values = two_heaps(5).astype(np.float64)
    found = KMeans(2, n_init=10, random_state=0).fit(values[:, None])
    assert (values <= best_split(values)).tolist() == (found.labels_ == found.cluster_centers_.argmin()).tolist()
