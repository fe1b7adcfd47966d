"""Determines how many samples a session may show. Depends on settings only."""

from __future__ import annotations

from dataclasses import replace

from alc_tui.errors import UsageError
from alc_tui.session.settings.config import Config
from alc_tui.session.settings.presets import paper_budget


def with_budget(config: Config, origins: dict[str, str], training: int, noisy: int) -> Config:
    """Set an unspecified budget to the preset's or the paper's, limited by the size of the noisy set."""
    if config.budget is not None and origins["budget"] != "preset":
        return config
    origins["budget"] = "preset"
    budget = config.budget or paper_budget(config.dataset, config.noise, training)
    most = noisy // max(config.rounds, 1)
    return replace(config, budget=max(1, min(budget, most)))


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
            f"specify at most --budget {noisy // max(config.rounds, 1)}, or fewer --rounds."
        )
