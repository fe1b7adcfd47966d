from __future__ import annotations

import numpy as np
import pytest

from alc_tui.session.labeling.repeats import showing_order


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("queue", [0, 1, 5, 90])
def test_without_repeats_a_queue_is_shown_in_its_order(queue: int) -> None:
    assert showing_order(queue, 0.0, rng()) == [(place, False) for place in range(queue)]


@pytest.mark.parametrize("share", [0.01, 0.05, 0.1, 0.3, 0.5])
@pytest.mark.parametrize("queue", [1, 2, 3, 7, 20, 90, 491])
def test_repeats_are_as_many_as_asked_and_far_from_the_first_showing(queue: int, share: float) -> None:
    for seed in range(20):
        slots = showing_order(queue, share, rng(seed))
        assert [place for place, again in slots if not again] == list(range(queue))
        repeated = [place for place, again in slots if again]
        assert len(set(repeated)) == len(repeated)
        assert len(repeated) == min(int(round(share * queue * 1000) // 1000), queue - -(-queue // 3))
        for place in repeated:
            between = slots[slots.index((place, False)) + 1 : slots.index((place, True))]
            others = [one for one, again in between if not again]
            assert len(others) >= queue / 3


def test_a_tenth_of_fifty_is_five_in_spite_of_binary_decimals() -> None:
    assert sum(again for _, again in showing_order(50, 0.1, rng())) == 5
    assert sum(again for _, again in showing_order(100, 0.29, rng())) == 29  # 0.29 · 100 is 28.999… in binary


def test_the_same_stream_gives_the_same_order_and_another_one_another() -> None:
    assert showing_order(60, 0.2, rng(3)) == showing_order(60, 0.2, rng(3))
    assert showing_order(60, 0.2, rng(3)) != showing_order(60, 0.2, rng(4))


def test_any_sample_of_the_first_two_thirds_may_be_repeated() -> None:
    seen = {place for seed in range(200) for place, again in showing_order(9, 0.2, rng(seed)) if again}
    assert seen == set(range(6))
