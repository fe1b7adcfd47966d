from __future__ import annotations

from collections.abc import Callable

import pytest
from torch import Tensor, nn

from alc_tui.model.device import select_device
from alc_tui.model.networks import build
from alc_tui.model.probing.speed import measure, per_image


class Machine:
    """Steps that take `seconds(size, how many before)` on a clock of its own. taken: the sizes, step by step."""

    def __init__(self, seconds: Callable[[int, int], float]) -> None:
        self._seconds, self.now = seconds, 0.0
        self.taken: list[int] = []

    def prepare(self, size: int) -> Callable[[], None]:
        def step() -> None:
            self.now += self._seconds(size, len(self.taken))
            self.taken.append(size)

        return step

    def per_image(self, largest: int) -> float:
        return per_image(self.prepare, largest, lambda: self.now)


def test_batches_grow_until_a_step_can_be_timed() -> None:
    machine = Machine(lambda size, _: 0.02 * size)
    assert machine.per_image(256) == pytest.approx(0.02)
    assert machine.taken == [2, 2, 4, 4, 8, 8, 16, 16, 32, 32, 32, 32]  # 32 take 0.64 s, 16 take 0.32 s


def test_batches_grow_no_larger_than_training_has_them() -> None:
    machine = Machine(lambda size, _: 0.001 * size)
    assert machine.per_image(6) == pytest.approx(0.001)
    assert machine.taken == [2, 2, 4, 4, 6, 6, 6, 6]


@pytest.mark.parametrize("slow", [0, 2, 4, 6, 8, 10, 11])
def test_the_first_step_of_a_size_and_a_late_hitch_do_not_count(slow: int) -> None:
    machine = Machine(lambda size, before: 9.0 if before == slow else 0.02 * size)
    assert machine.per_image(256) == pytest.approx(0.02)


def test_what_a_step_costs_whatever_its_size_hardly_counts() -> None:
    machine = Machine(lambda size, _: 0.3 + 0.02 * size)
    assert machine.per_image(256) < 0.05


@pytest.mark.parametrize("slow", range(12))
def test_a_hitch_is_not_taken_for_a_step_that_is_long_enough(slow: int) -> None:
    machine = Machine(lambda size, before: 0.7 if before == slow else 0.02 * size)
    assert machine.per_image(256) == pytest.approx(0.02)


def test_a_slow_network_is_tried_twice_only() -> None:
    machine = Machine(lambda size, _: 4.0 * size)
    assert machine.per_image(256) == pytest.approx(4)
    assert machine.taken == [2, 2]


def test_learning_is_a_pass_there_and_back_and_scoring_one_pass_through_the_network() -> None:
    """By a clock that ticks 1 s for each image that enters the network, and 2 s for each whose gradient comes back."""
    network, now = build("small", 2, "none", 0), 0.0

    def there(_layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        nonlocal now
        now += len(inputs[0])

    def back(_layer: nn.Module, _to: object, slopes: tuple[Tensor, ...]) -> None:
        nonlocal now
        now += 2 * len(slopes[0])

    network.body.register_forward_pre_hook(there)
    network.head.register_full_backward_hook(back)
    assert measure(network, 32, 16, select_device("cpu"), clock=lambda: now) == (3, 1)
