"""The expected sizes of LNL's clean and noisy sets, as far as the settings determine them."""

from __future__ import annotations

from math import ceil

from alc_tui.errors import UsageError
from alc_tui.lnl.counts import clean_count, exact, forget_rate, keep_count
from alc_tui.session.settings.config import Config
from alc_tui.session.settings.names import AUTO, CO_TEACHING


def check_selection(config: Config) -> None:
    """Raise UsageError if the forget rate leaves nothing of a batch to learn from."""
    if config.method in CO_TEACHING and config.forget_rate != AUTO:
        tau = float(config.forget_rate)
        if selects_nothing(config, tau):
            raise UsageError(
                f"With a forget rate of {tau:g}, nothing of a batch of {config.batch_size} samples is learned from; "
                f"specify a --batch-size of at least {ceil(1 / (1 - exact(tau)))}, or a smaller --forget-rate."
            )


def selects_nothing(config: Config, tau: float) -> bool:
    """Whether no sample of a batch is selected at the forget rate τ, in [0, 1)."""
    return keep_count(config.batch_size, exact(tau)) == 0


def expected_noisy(config: Config, training: int) -> int:
    """The expected size of the noisy set; `training` if it is known only after LNL, or if the queue is not limited to
    the noisy set.
    """
    if config.method == "clean":
        return 0
    if config.method not in CO_TEACHING or config.ranks_all or config.forget_rate == AUTO:
        return training
    tau = float(config.forget_rate)
    of_all = config.clean_set == "global"
    rate = exact(tau) if of_all else forget_rate(tau, config.epochs - 1, config.warmup)
    return training - clean_count(training, config.batch_size, rate, config.clean_set)


def expected_clean(config: Config, training: int, noisy: int) -> int:
    """The expected size of the clean set; `training` if the noise rate has yet to be estimated.

    noisy: see `expected_noisy`.
    """
    if config.method in ("ce", "al"):
        return 0
    if config.forget_rate == AUTO:
        return training
    if config.method in ("elr", "dividemix"):
        return keep_count(training, exact(float(config.forget_rate)))
    return training - noisy
