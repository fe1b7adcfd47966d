"""Settings that have another name than in earlier versions: wherever names come in, the former ones are understood."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

RENAMED = {"vog_normalised": "vog_normalized"}
"""Present names by former name."""
_FORMER = {present: former for former, present in RENAMED.items()}


def current_names(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values under the present names of their settings; where both names are there, the present one counts."""
    renamed = {RENAMED.get(name, name): value for name, value in values.items()}
    return renamed | {name: value for name, value in values.items() if name not in RENAMED}


def all_names(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values under the present names of their settings and under the former ones too, for who reads them by name."""
    return {**values, **{former: values[name] for former, name in RENAMED.items() if name in values}}


def first_names(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values under the names that their settings had first, which identifiers are made from."""
    return {_FORMER.get(name, name): value for name, value in values.items()}
