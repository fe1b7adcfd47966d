"""Determines how many samples a session may show. Depends on settings only."""

from __future__ import annotations

from dataclasses import replace

from alc_tui.errors import UsageError
from alc_tui.session.settings.config import Config
from alc_tui.session.settings.presets import paper_budget

LIVE_ROUND = 20
"""Samples per round of a live session."""


def with_budget(config: Config, origins: dict[str, str], training: int, noisy: int) -> Config:
    """Set an unspecified budget to the preset's or the paper's, limited by the size of the noisy set.

    A live session divides it into smaller rounds, if their number is not specified either.
    """
    if config.budget is not None and origins["budget"] != "preset":
        return config
    origins["budget"] = "preset"
    budget = config.budget or paper_budget(config.dataset, config.noise, training)
    most = noisy // max(config.rounds, 1)
    budget = max(1, min(budget, most))
    if not config.live:
        return replace(config, budget=budget)
    size, rounds = min(LIVE_ROUND, max(1, most)), config.rounds
    if origins["rounds"] in ("default", "preset"):
        size = min(LIVE_ROUND, budget * rounds)
        origins["rounds"], rounds = "preset", budget * rounds // max(size, 1)
    return replace(config, budget=max(1, size), rounds=rounds)


def check_budget(config: Config, noisy: int) -> None:
    """Raise UsageError if the rounds would show more samples than the noisy set has."""
    wanted = config.rounds * (config.budget or 0)
    if noisy == 0 and wanted:
        raise UsageError(
            "With a forget rate of 0, no sample counts as noisy, so there is nothing to clean; specify --rounds 0 or "
            "a --forget-rate."
        )
    if wanted > noisy:
        raise UsageError(
            f"A budget of {config.rounds} rounds × {config.budget} = {wanted} is larger than the noisy set of {noisy}; "
            f"specify at most {_most(config.rounds, noisy)}."
        )


def _most(rounds: int, noisy: int) -> str:
    """What to specify so that the noisy set suffices, of fewer rounds than it has samples or of one sample each."""
    return f"--rounds {noisy}" if rounds > noisy else f"--budget {noisy // rounds}, or fewer --rounds"
