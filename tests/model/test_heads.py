from __future__ import annotations

import numpy as np
import pytest
import torch

from alc_tui.model.heads import build_head, folded, statistics_of
from alc_tui.model.sizes import HIDDEN_UNITS

FEATURES = np.random.default_rng(0).normal([1, -200, 5e4, 3], [1, 10, 1e3, 0], (50, 4)).astype(np.float32)


def test_features_of_any_scale_come_out_standardized_and_a_constant_one_as_zero() -> None:
    head = build_head(statistics_of(FEATURES), hidden=False, classes=3, seed=0)
    _, standardized = head(torch.from_numpy(FEATURES))
    assert standardized.mean(0).abs().max() < 1e-3 and torch.equal(standardized[:, 3], torch.zeros(50))
    assert standardized[:, 2].std(0, correction=0) == pytest.approx(1, abs=1e-3)


def test_a_dimension_that_hardly_varies_does_not_dominate() -> None:
    rows = np.random.default_rng(1).normal(0, [1, 1, 1e-9], (30, 3)).astype(np.float32)
    head = build_head(statistics_of(rows), hidden=False, classes=2, seed=0)
    _, standardized = head(torch.from_numpy(np.array([[0, 0, 1e-3]], dtype=np.float32)))
    assert standardized.abs().max() < 1


def test_the_seed_draws_the_head() -> None:
    one, same, other = (build_head(statistics_of(FEATURES), True, 3, seed) for seed in (1, 1, 2))
    assert torch.equal(one.head.weight, same.head.weight) and not torch.equal(one.head.weight, other.head.weight)
    assert one.dimensions == HIDDEN_UNITS


def test_a_folded_head_gives_the_same_logits_from_features_as_they_are() -> None:
    rows = np.random.default_rng(2).normal(3, 2, (20, 5)).astype(np.float32)
    head = build_head(statistics_of(rows), hidden=False, classes=3, seed=0)
    inputs = torch.from_numpy(rows)
    assert torch.allclose(folded(head)(inputs), head(inputs)[0], atol=1e-5)
