"""Which settings are not possible together, and what to specify instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from alc_tui.errors import UsageError
from alc_tui.session.settings.departures import VOG_PASS
from alc_tui.session.settings.names import BOTH, MEAN, ON, TWO_PEERS
from alc_tui.session.settings.setting import Setting

if TYPE_CHECKING:
    from alc_tui.session.settings.config import Config


def check_conflicts(config: Config, settings: Mapping[str, Setting]) -> None:
    """Raise UsageError for values that are valid, but not together. settings: all settings by name."""
    _check_noise(config)
    _check_method(config)
    _check_frozen(config, settings)


def check_effect(config: Config) -> None:
    """Raise UsageError for settings that would have no effect. Not for sessions that exist, which may have them."""
    if config.method == "alc-ct" and (config.balance, config.decided_weight) != (0, 1):
        raise UsageError(
            "The method alc-ct draws each sample once per epoch, so it cannot balance classes or weight decided "
            "samples; specify --balance 0 and --decided-weight 1."
        )


def _check_noise(config: Config) -> None:
    if config.noise is not None and config.noise_kind == "none":
        raise UsageError("The noise kind none is for labels that are already noisy; omit --noise.")
    if config.noise is None and config.noise_kind in ("pair", "instance"):
        raise UsageError(f"The noise kind {config.noise_kind} needs a noise rate; add --noise.")
    if config.noise is not None and config.noise_kind.startswith("matrix:"):
        raise UsageError("The noise matrix determines the noise rate; omit --noise.")
    if config.exempt_classes and not config.injects_noise:
        raise UsageError("Classes can be exempted only from injected noise; omit --noise-exempt.")


def _check_method(config: Config) -> None:
    if config.sampler == "peers" and config.method not in TWO_PEERS:
        raise UsageError(
            f"The sampler peers needs two peers, and the method {config.method} trains one network; choose another "
            "sampler, or the method ct-vog, ct, or dividemix."
        )
    if config.method == "alc-ct" and config.sampler != "joint":
        raise UsageError(
            f"The method alc-ct ranks by the joint rule, not by {config.sampler}; specify --sampler joint."
        )
    if config.tune_peers == BOTH and config.method not in TWO_PEERS:
        raise UsageError(
            f"The method {config.method} trains one network; specify --tune-peers one, or the method ct-vog, ct or "
            "dividemix."
        )
    if config.prediction == MEAN and config.tune_peers != BOTH:
        raise UsageError("The mean of both peers' predictions needs both retrained; specify --tune-peers both.")
    if config.has_departure(VOG_PASS) and config.vog_pass != "fused":
        raise UsageError(
            f"The departure {VOG_PASS} and the VOG pass {config.vog_pass} are mutually exclusive; remove one of them."
        )
    if config.method == "clean" and config.rounds:
        raise UsageError("With the method clean, all labels are true and none need cleaning; specify --rounds 0.")
    if config.method == "dividemix" and config.warmup >= config.epochs:
        raise UsageError(
            f"With a warm-up of {config.warmup} of {config.epochs} epochs, the method dividemix never divides the "
            "samples; specify a smaller --warmup or more --epochs."
        )


def _check_frozen(config: Config, settings: Mapping[str, Setting]) -> None:
    for name in ("views", "head", "live"):
        if getattr(config, name) != settings[name].default and not config.is_frozen:
            option = settings[name].option
            raise UsageError(f"{option} is for frozen features; add --freeze, or omit {option}.")
    if config.compile == ON and config.is_frozen:
        raise UsageError("Heads on frozen features are too small to compile; omit --compile.")
    if config.features is not None and config.views != settings["views"].default:
        raise UsageError("Features from a file have one view of each image; omit --views.")
