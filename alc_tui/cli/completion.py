"""Shell completion for values of settings, sessions, and data sets. Imports nothing slow."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from textwrap import shorten

from alc_tui.data.dataset_names import DATASETS
from alc_tui.session.settings.setting import Setting

_WIDTH = 60
"""Columns of a meaning: in fish, what Typer would continue on a further line would be a value."""

Completer = Callable[[str], list[tuple[str, str]]]
"""Maps the typed prefix to (value, help) pairs."""


def values_of(setting: Setting) -> Completer | None:
    """The completer for a setting's value; None if the possible values are unknown."""
    if setting.name == "dataset":
        return datasets
    known = {**setting.choices, **setting.suggestions, **dict.fromkeys(setting.words, "")}
    if not known:
        return None
    return several_of(known) if setting.several else one_of(known)


def one_of(known: Mapping[str, str] | Iterable[str]) -> Completer:
    """One of the known values."""
    meanings = known if isinstance(known, Mapping) else dict.fromkeys(known, "")

    def complete(incomplete: str) -> list[tuple[str, str]]:
        matching = {value: meaning for value, meaning in meanings.items() if value.startswith(incomplete)}
        return [(_typed(value), shorten(meaning, _WIDTH, placeholder=" …")) for value, meaning in matching.items()]

    return complete


def several_of(known: Mapping[str, str]) -> Completer:
    """Several of the known values, separated by commas."""

    def complete(incomplete: str) -> list[tuple[str, str]]:
        before, comma, last = incomplete.rpartition(",")
        there = set(before.split(","))
        return [(f"{before}{comma}{value}", meaning) for value, meaning in one_of(known)(last) if value not in there]

    return complete


def datasets(incomplete: str) -> list[tuple[str, str]]:
    """Data sets: their names, and the flags of MedMNIST."""
    if incomplete.startswith("medmnist:"):
        from alc_tui.data.sources.medmnist import CLASSES

        return one_of(f"medmnist:{flag}" for flag in CLASSES)(incomplete)
    return one_of(DATASETS)(incomplete)


def sessions(incomplete: str) -> list[tuple[str, str]]:
    """The sessions of the store that `ALC_SESSIONS` names, else of `./sessions`; none where it cannot be read."""
    from alc_tui.session.store.folder import sessions as sessions_of
    from alc_tui.session.store.folder import store_path

    try:
        return one_of([folder.name for folder in sessions_of(store_path())])(incomplete)
    except OSError:
        return []


def _typed(value: str) -> str:
    """The literal part of a value: `folder:` for `folder:PATH`."""
    return re.split("[A-Z]", value, maxsplit=1)[0]
