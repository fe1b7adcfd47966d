"""Checks numeric arguments against the ranges of the settings."""

from __future__ import annotations

from alc_tui.data.ranges import check_number
from alc_tui.session.settings.config import SETTINGS

SETTING_OF = {"learning_rate": "lr", "noise_rate": "noise"}
"""Maps arguments to the settings that define their range, if the names differ."""


def check_ranges(**arguments: object) -> None:
    """Raise UsageError naming the first argument that is not a number in its range."""
    for name, value in arguments.items():
        setting = SETTINGS[SETTING_OF.get(name, name)]
        check_number(name, value, setting.range, whole=setting.kind is int)
