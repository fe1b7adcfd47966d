"""How many samples there will be to decide, and how many of them a session may show. Knows the settings alone."""

from __future__ import annotations

from dataclasses import replace

from alc_tui.errors import UsageError
from alc_tui.lnl.counts import clean_count, exact, forget_rate, keep_count
from alc_tui.session.settings.config import AUTO, CO_TEACHING, Config, paper_budget


def noisy_count(config: Config, training: int) -> int:
    """How many samples LNL will leave in the noisy set; all, the most there can be, where only LNL will tell.

    All, too, where the queue is not of the noisy set alone.
    """
    if config.method == "clean":
        return 0
    if config.method not in CO_TEACHING or config.ranks_all or config.forget_rate == AUTO:
        return training
    tau = float(config.forget_rate)
    of_all = config.clean_set == "global"
    rate = exact(tau) if of_all else forget_rate(tau, config.epochs - 1, config.warmup)
    return training - clean_count(training, config.batch_size, rate, config.clean_set)


def clean_guess(config: Config, training: int, noisy: int) -> int:
    """How many samples LNL will take for clean; all where the noise rate is still to be estimated."""
    if config.method in ("ce", "al"):
        return 0
    if config.forget_rate == AUTO:
        return training
    if config.method in ("elr", "dividemix"):
        return keep_count(training, exact(float(config.forget_rate)))
    return training - noisy


def with_budget(config: Config, origins: dict[str, str], training: int, noisy: int) -> Config:
    """A budget that nobody gave is the paper's or the preset's, as far as the noisy set allows."""
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
            "With a forget rate of 0 no sample counts as noisy and there is nothing to clean; give --rounds 0 or a "
            "--forget-rate."
        )
    if wanted > noisy:
        raise UsageError(
            f"A budget of {config.rounds} rounds × {config.budget} = {wanted} is larger than the noisy set of {noisy}; "
            f"give at most --budget {noisy // max(config.rounds, 1)}, or fewer --rounds."
        )
