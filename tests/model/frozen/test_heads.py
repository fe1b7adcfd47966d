from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from alc_tui.model.frozen.heads import build_head, folded, principal_components
from alc_tui.model.sizes import HIDDEN_UNITS, PRINCIPAL_COMPONENTS

RANDOM = np.random.default_rng(0)
FEATURES = (RANDOM.normal(size=(500, 200)) @ RANDOM.normal(size=(200, 200)) + 50).astype(np.float32)


def projected(features: NDArray[np.float32]) -> NDArray[np.float32]:
    return principal_components(features).components(features).numpy()


def test_heads_see_the_principal_components_in_their_proportions() -> None:
    components = PCA(PRINCIPAL_COMPONENTS, svd_solver="full").fit_transform(FEATURES.astype(np.float64))
    expected = np.abs(components) / np.sqrt((components**2).mean())
    assert np.allclose(np.abs(projected(FEATURES)), expected, atol=1e-3)


def test_features_of_any_scale_give_the_same_components() -> None:
    assert np.allclose(projected(FEATURES), projected(FEATURES * 1e4), atol=1e-3)


def test_a_dimension_that_hardly_varies_does_not_count() -> None:
    rows = RANDOM.normal(5, [1, 1e-4], (30, 2)).astype(np.float32)
    assert projected(rows).std(0) == pytest.approx([2**0.5, 0], abs=1e-2)


def test_constant_features_become_zero() -> None:
    assert not projected(np.full((5, 3), 7, dtype=np.float32)).any()


def test_the_sign_of_a_component_does_not_depend_on_the_order_of_the_samples() -> None:
    shuffled = FEATURES[RANDOM.permutation(len(FEATURES))]
    difference = principal_components(FEATURES).directions - principal_components(shuffled).directions
    assert difference[:, :50].abs().max() < 1e-3


def test_the_seed_draws_the_head() -> None:
    one, same, other = (build_head(5, True, 3, seed) for seed in (1, 1, 2))
    assert torch.equal(one.head.weight, same.head.weight) and not torch.equal(one.head.weight, other.head.weight)
    assert one.dimensions == HIDDEN_UNITS


def test_a_folded_head_gives_the_same_logits_from_features_as_they_are() -> None:
    projection = principal_components(FEATURES)
    head = build_head(PRINCIPAL_COMPONENTS, hidden=False, classes=3, seed=0)
    on_features = folded(head.head, projection)(torch.from_numpy(FEATURES))
    assert torch.allclose(on_features, head(projection.components(FEATURES))[0], atol=1e-3)
