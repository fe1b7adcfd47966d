from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from alc_tui.model.device import Compute
from alc_tui.model.optimization import Optimizer, TrainingPlan, learning_rate

CPU = Compute(torch.device("cpu"), bf16=False, channels_last=False)


def test_the_learning_rate_falls_along_half_a_cosine() -> None:
    rates = [learning_rate(TrainingPlan(4, 8, 0.2), epoch) for epoch in range(5)]
    half = math.sqrt(0.5)
    assert rates == pytest.approx([0.2, 0.1 * (1 + half), 0.1, 0.1 * (1 - half), 0.0])


def test_a_single_epoch_has_the_full_learning_rate() -> None:
    assert learning_rate(TrainingPlan(1, 8, 0.3), 0) == 0.3


def test_the_learning_rate_is_that_of_torchs_cosine_annealing() -> None:
    plan = TrainingPlan(25, 8, 0.01)
    sgd = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=plan.lr)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(sgd, T_max=plan.epochs)
    for epoch in range(plan.epochs):
        assert learning_rate(plan, epoch) == pytest.approx(sgd.param_groups[0]["lr"], abs=1e-12)
        sgd.step()
        schedule.step()


def test_a_descent_shorter_than_the_phase_is_torchs_cosine_annealing_stepped_beyond_its_end() -> None:
    plan = TrainingPlan(25, 8, 0.1, descent=9)
    sgd = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(sgd, T_max=9)
    rates = []
    for epoch in range(25):
        rates.append(learning_rate(plan, epoch))
        assert rates[-1] == pytest.approx(sgd.param_groups[0]["lr"], abs=1e-12)
        sgd.step()
        schedule.step()
    assert rates[9] == pytest.approx(0) and rates[18] == pytest.approx(0.1) and 0 < rates[24] < 0.05


@pytest.mark.parametrize(("momentum", "weight_decay"), [(0.9, 1e-4), (0.5, 0.0), (0.0, 0.01), (0.0, 0.0)])
def test_the_steps_are_those_of_torchs_sgd_digit_by_digit(momentum: float, weight_decay: float) -> None:
    plan = TrainingPlan(4, 8, 0.2, momentum, weight_decay)
    ours, theirs = ([nn.Parameter(torch.linspace(-1, 1, size)) for size in (40, 7)] for _ in range(2))
    optimizer = Optimizer(ours, plan, CPU)
    sgd = torch.optim.SGD(theirs, lr=0.2, momentum=momentum, weight_decay=weight_decay, fused=True)
    for rate in (0.2, 0.2, 0.1, 0.05):
        optimizer.rate = sgd.param_groups[0]["lr"] = rate
        for parameter in (*ours, *theirs):
            (parameter.sin() * rate).sum().backward()
        optimizer.step()
        sgd.step()
        assert all(torch.equal(one, other) for one, other in zip(ours, theirs, strict=True))
        optimizer.clear_gradients()
        sgd.zero_grad()
        assert all(parameter.grad is None for parameter in ours)
    assert set(optimizer.momentum) == (set(ours) if momentum else set())


def test_a_parameter_without_a_gradient_stays_as_it_is() -> None:
    learned, still = nn.Parameter(torch.ones(3)), nn.Parameter(torch.ones(3))
    optimizer = Optimizer([learned, still], TrainingPlan(1, 8, 0.2), CPU)
    learned.sum().backward()
    optimizer.step()
    assert torch.equal(still, torch.ones(3)) and not torch.equal(learned, still)


def test_the_defaults_of_a_plan_are_the_papers() -> None:
    assert (TrainingPlan(50, 256, 0.01).momentum, TrainingPlan(50, 256, 0.01).weight_decay) == (0.9, 1e-4)
