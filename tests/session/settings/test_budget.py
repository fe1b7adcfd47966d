from __future__ import annotations

import pytest

from alc_tui.errors import UsageError
from alc_tui.session.settings.budget import check_budget, with_budget
from alc_tui.session.settings.resolution import resolve

LIVE = {"dataset": "isic", "noise": 0.5, "freeze": True, "live": True}


@pytest.mark.parametrize(
    ("options", "noisy", "rounds", "budget"),
    [
        ({}, 2000, 46, 20),  # 117 of 4,200 samples in 8 rounds are 936
        ({"budget": 30}, 2000, 8, 30),
        ({"rounds": 3}, 2000, 3, 20),
        ({"rounds": 3}, 45, 3, 15),
        ({}, 100, 4, 20),
        ({}, 8, 1, 8),
        ({"rounds": 0}, 2000, 0, 20),
    ],
)
def test_a_live_session_asks_for_as_many_labels_in_rounds_of_twenty(
    options: dict[str, int], noisy: int, rounds: int, budget: int
) -> None:
    config, origins = resolve({**LIVE, **options}, {}, None)
    config = with_budget(config, origins, 4200, noisy)
    assert (config.rounds, config.budget) == (rounds, budget)
    assert config.rounds * (config.budget or 0) <= noisy


def test_the_rounds_of_a_preset_are_divided_too() -> None:
    config, origins = resolve({**LIVE, "dataset": "demo"}, {}, None)
    config = with_budget(config, origins, 2000, 1000)
    assert (config.rounds, config.budget) == (18, 20)  # of 4 rounds of 90


def test_a_session_that_is_not_live_keeps_its_rounds() -> None:
    config, origins = resolve({**LIVE, "live": False}, {}, None)
    config = with_budget(config, origins, 4200, 2000)
    assert (config.rounds, config.budget) == (8, 117)


@pytest.mark.parametrize(
    ("rounds", "noisy", "most"), [(8, 40, "--budget 5, or fewer --rounds"), (41, 40, "--rounds 40")]
)
def test_what_is_said_to_fit_fits(rounds: int, noisy: int, most: str) -> None:
    config, _ = resolve({"dataset": "demo", "noise": 0.5, "rounds": rounds, "budget": 6}, {}, None)
    with pytest.raises(UsageError, match=f"specify at most {most}\\.$"):
        check_budget(config, noisy)
