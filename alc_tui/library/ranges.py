"""Checks numeric arguments against the ranges of the settings."""

from __future__ import annotations

from numbers import Integral, Real

from alc_tui.errors import UsageError
from alc_tui.session.settings.config import SETTINGS

SETTING_OF = {"learning_rate": "lr", "noise_rate": "noise"}
"""Maps arguments to the settings that define their range, if the names differ."""


def check_ranges(**arguments: object) -> None:
    """Raise UsageError naming the first argument that is not a number in its range."""
    for name, value in arguments.items():
        if not isinstance(value, Real):
            raise UsageError(f"`{name}` is {value!r}; pass a number.")
        setting = SETTINGS[SETTING_OF.get(name, name)]
        if setting.kind is int and not isinstance(value, Integral):
            raise UsageError(f"`{name}` is {value!r}; pass a whole number.")
        limits = setting.range
        if limits is not None and float(value) not in limits:
            raise UsageError(f"`{name}` is {value}; pass a number in {limits}.")
