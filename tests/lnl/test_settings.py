"""What a method can be asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from alc_tui import CoTeachingSettings, DivideMixSettings, ELRSettings, TrainingPlan


@pytest.mark.parametrize(
    ("make", "arguments", "problem"),
    [
        (CoTeachingSettings, {"forget_rate": float("nan")}, r"`forget_rate` is nan; pass a number in \[0, 1\)"),
        (CoTeachingSettings, {"forget_rate": 1.0}, r"`forget_rate` is 1.0; pass a number in \[0, 1\)"),
        (CoTeachingSettings, {"forget_rate": "a"}, "`forget_rate` is 'a'; pass a number"),
        (CoTeachingSettings, {"forget_rate": 0.5, "warmup": -1}, "`warmup` is -1; pass a number in"),
        (CoTeachingSettings, {"forget_rate": 0.5, "warmup": 1.5}, "`warmup` is 1.5; pass a whole number"),
        (CoTeachingSettings, {"forget_rate": 0.5, "mix_ratio": 1.1}, "`mix_ratio` is 1.1; pass a number in"),
        (CoTeachingSettings, {"forget_rate": 0.5, "window": 0}, "`window` is 0; pass a number in"),
        (
            CoTeachingSettings,
            {"forget_rate": 0.5, "vog_pass": "x"},
            "`vog_pass` is 'x'; pass one of fused, eval, train",
        ),
        (CoTeachingSettings, {"forget_rate": 0.5, "vog_gradient": None}, "`vog_gradient` is None; pass one of row"),
        (ELRSettings, {"beta": 5}, r"`beta` is 5; pass a number in \[0, 1\)"),
        (ELRSettings, {"strength": -1}, "`strength` is -1; pass a number in"),
        (DivideMixSettings, {"temperature": 0}, r"`temperature` is 0; pass a number in \(0, 1\]"),
        (DivideMixSettings, {"augmentations": 1}, "`augmentations` is 1; pass a number in"),
        (DivideMixSettings, {"alpha": float("inf")}, "`alpha` is inf; pass a number in"),
        (TrainingPlan, {"epochs": -1, "batch_size": 2, "lr": 0.1}, "`epochs` is -1; pass a number in"),
        (TrainingPlan, {"epochs": 1, "batch_size": 0, "lr": 0.1}, "`batch_size` is 0; pass a number in"),
        (TrainingPlan, {"epochs": 1, "batch_size": 2, "lr": -1}, "`lr` is -1; pass a number in"),
        (TrainingPlan, {"epochs": 1, "batch_size": 2, "lr": None}, "`lr` is None; pass a number"),
        (TrainingPlan, {"epochs": 1, "batch_size": 2, "lr": 0.1, "momentum": 1}, "`momentum` is 1; pass a number in"),
        (TrainingPlan, {"epochs": 1, "batch_size": 2, "lr": 0.1, "descent": 0}, "`descent` is 0; pass a number in"),
    ],
)
def test_a_value_out_of_its_range_is_refused_with_the_range(
    make: Callable[..., object], arguments: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        make(**arguments)


def test_the_ends_of_the_ranges_are_allowed() -> None:
    assert CoTeachingSettings(forget_rate=0, warmup=0, mix_ratio=1, window=1).mix_ratio == 1
    assert TrainingPlan(epochs=0, batch_size=1, lr=0).epochs == 0
    assert ELRSettings(beta=0, strength=0).beta == 0
    assert DivideMixSettings(warmup=0, threshold=0, augmentations=2, temperature=1).temperature == 1
