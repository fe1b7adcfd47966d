"""Renamed settings: former names are still accepted as input."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

RENAMED = {"vog_normalised": "vog_normalized", "preset": "recipe"}
"""Current names by former name."""
_FORMER = {present: former for former, present in RENAMED.items()}


def former_names(name: str) -> list[str]:
    """The former names of a setting."""
    return [former for former, current in RENAMED.items() if current == name]


def current_names(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values by the current names of their settings; if both names are present, the current one takes precedence."""
    renamed = {RENAMED.get(name, name): value for name, value in values.items()}
    return renamed | {name: value for name, value in values.items() if name not in RENAMED}


def all_names(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values by both the current and the former names of their settings, for consumers of either."""
    return {**values, **{former: values[name] for former, name in RENAMED.items() if name in values}}


def original_names(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values by the original names of their settings, from which identifiers are computed."""
    return {_FORMER.get(name, name): value for name, value in values.items()}
