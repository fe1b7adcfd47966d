from __future__ import annotations

import numpy as np
import pytest
import torch

from alc_tui.lnl.selection import select


def by_hand(loss: list[float], by_loss: int, vog: list[float], by_vog: int) -> list[int]:
    """The mixing rule, one sample at a time."""
    left, picked = list(range(len(loss))), []
    for values, count in ((loss, by_loss), (vog, by_vog)):
        for _ in range(count):
            best = left[0]
            for position in left:
                if values[position] < values[best]:
                    best = position
            left.remove(best)
            picked.append(best)
    return picked


def test_the_smallest_losses_then_the_smallest_vog_of_the_rest() -> None:
    loss = torch.tensor([0.9, 0.1, 0.5, 0.3, 0.7])
    vog = torch.tensor([0.2, 0.0, 0.9, 0.1, 0.3])
    assert select(loss, 2, vog, 2).tolist() == [1, 3, 0, 4]


def test_ties_go_to_the_earlier_position() -> None:
    loss = torch.tensor([2.0, 1.0, 1.0, 1.0, 2.0, 2.0])
    vog = torch.zeros(6)
    assert select(loss, 2, vog, 2).tolist() == [1, 2, 0, 3]


def test_ties_go_to_the_earlier_position_in_a_large_batch_too() -> None:
    assert select(torch.ones(1000), 300).tolist() == list(range(300))


def test_a_sample_chosen_by_loss_is_not_chosen_again_by_vog() -> None:
    values = torch.tensor([0.0, 1.0, 2.0, 3.0])
    assert select(values, 2, values, 2).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("odd", [float("inf"), float("nan")])
def test_vog_that_is_no_number_comes_last_but_never_brings_a_sample_twice(odd: float) -> None:
    loss, vog = torch.tensor([0.0, 1.0, 2.0, 3.0]), torch.tensor([0.5, odd, odd, 0.1])
    assert select(loss, 1, vog, 3).tolist() == [0, 3, 1, 2]


def test_without_vog_only_losses_count() -> None:
    loss = torch.tensor([0.3, 0.1, 0.2])
    assert select(loss, 2).tolist() == [1, 2]
    assert select(loss, 2, torch.tensor([0.0, 1.0, 1.0]), 0).tolist() == [1, 2]


def test_nothing_can_be_chosen_and_everything_can() -> None:
    loss, vog = torch.tensor([0.3, 0.1, 0.2]), torch.tensor([0.1, 0.2, 0.3])
    assert select(loss, 0).tolist() == []
    assert select(loss, 0, vog, 3).tolist() == [0, 1, 2]
    assert select(loss, 3).tolist() == [1, 2, 0]


def test_the_selection_is_the_mixing_rule_taken_one_sample_at_a_time() -> None:
    rng = np.random.default_rng(1)
    for case in range(500):
        size = int(rng.integers(1, 20))
        loss, vog = (rng.integers(6, size=size) / 4 for _ in range(2))
        by_loss = int(rng.integers(size + 1))
        by_vog = int(rng.integers(size - by_loss + 1))
        expected = by_hand(loss.tolist(), by_loss, vog.tolist(), by_vog)
        got = select(torch.from_numpy(loss).float(), by_loss, torch.from_numpy(vog).float(), by_vog)
        assert got.tolist() == expected, case
