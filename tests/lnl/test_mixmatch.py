from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from alc_tui.lnl.mixmatch import (
    co_guess,
    co_refine,
    labeled_loss,
    mix_up,
    prior_penalty,
    ramp_up,
    sharpen,
    unlabeled_loss,
)


def rows(*values: list[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def near(found: Tensor, expected: list[list[float]]) -> bool:
    return torch.allclose(found, torch.tensor(expected, dtype=torch.float64), rtol=0, atol=1e-12)


def test_sharpening_by_hand() -> None:
    # Squares of 1/2, 1/4, 1/4 are 4/16, 1/16, 1/16.
    assert near(sharpen(rows([0.5, 0.25, 0.25]), 0.5), [[4 / 6, 1 / 6, 1 / 6]])
    assert near(sharpen(rows([0.3, 0.7], [1.0, 0.0]), 1.0), [[0.3, 0.7], [1.0, 0.0]])
    assert near(sharpen(rows([0.49, 0.51]), 0.001), [[0.0, 1.0]])


def test_refining_by_hand() -> None:
    y, p = rows([1, 0], [1, 0], [1, 0]), rows([0.5, 0.5], [0.25, 0.75], [0.4, 0.6])
    # ¾·(1, 0) + ¼·(½, ½) = (7, 1)/8, sharpened (49, 1)/50; a label not believed is the prediction, sharpened.
    found = co_refine(y, torch.tensor([0.75, 0.0, 1.0], dtype=torch.float64), p, 0.5)
    assert near(found, [[0.98, 0.02], [0.1, 0.9], [1.0, 0.0]])


def test_guessing_by_hand() -> None:
    predictions = torch.stack([rows([0.9, 0.1]), rows([0.7, 0.3]), rows([0.8, 0.2]), rows([0.6, 0.4])])
    assert near(co_guess(predictions, 0.5), [[0.9, 0.1]])  # 0.75 : 0.25 squared is 9 : 1


def test_the_first_stays_the_larger_part_of_a_mixture() -> None:
    first, second = torch.ones(3, 2, 2), torch.zeros(3, 2, 2)
    assert mix_up(first, second, torch.tensor([0.25, 0.75, 0.5]))[:, 1, 1].tolist() == [0.75, 0.75, 0.5]
    assert mix_up(second, first, torch.tensor([0.25, 0.75, 1.0]))[:, 0, 1].tolist() == [0.25, 0.25, 0.0]


def test_labels_are_mixed_as_their_images_are() -> None:
    rng = torch.Generator().manual_seed(0)
    images, labels = torch.rand(4, 3, 2, 2, generator=rng), torch.rand(4, 5, generator=rng)
    lam, partner = torch.tensor([0.1, 0.4, 0.6, 0.9]), [2, 0, 3, 1]
    mixed, aims = mix_up(images, images[partner], lam), mix_up(labels, labels[partner], lam)
    for k, share in enumerate([0.9, 0.6, 0.6, 0.9]):
        assert torch.allclose(mixed[k], share * images[k] + (1 - share) * images[partner[k]])
        assert torch.allclose(aims[k], share * labels[k] + (1 - share) * labels[partner[k]])


LOGITS = rows([0.0, math.log(3)], [math.log(4), 0.0])  # (1/4, 3/4) and (4/5, 1/5)


def test_the_labeled_loss_is_the_cross_entropy_with_soft_labels() -> None:
    expected = -(0.5 * math.log(1 / 4) + 0.5 * math.log(3 / 4) + math.log(4 / 5)) / 2
    assert float(labeled_loss(LOGITS, rows([0.5, 0.5], [1.0, 0.0]))) == pytest.approx(expected)


def test_the_unlabeled_loss_is_the_squared_distance_per_class() -> None:
    # (1/4, 1/4) and (1/5, 1/5) off: (2/16 + 2/25) / (2 classes · 2 samples).
    expected = (2 / 16 + 2 / 25) / 4
    assert float(unlabeled_loss(LOGITS, rows([0.5, 0.5], [1.0, 0.0]))) == pytest.approx(expected)


def test_the_prior_penalty_is_the_divergence_of_the_mean_prediction_from_even_shares() -> None:
    mean = (0.25 + 0.8) / 2
    expected = 0.5 * math.log(0.5 / mean) + 0.5 * math.log(0.5 / (1 - mean))
    assert float(prior_penalty(LOGITS)) == pytest.approx(expected)
    assert float(prior_penalty(rows([5, 0], [0, 5]))) == pytest.approx(0)
    assert float(prior_penalty(rows([5, 0], [5, 0]))) > 0.5


def test_the_weight_of_the_unlabeled_rises_in_a_straight_line_and_stays() -> None:
    assert [ramp_up(done, 16) for done in (0, 4, 8.5, 16, 40)] == [0, 0.25, 0.53125, 1, 1]
    assert np.diff([ramp_up(done / 4, 2) for done in range(9)]) == pytest.approx(1 / 8)
