"""One screen per file."""

from __future__ import annotations

from importlib import import_module

from textual.screen import Screen

_CLASSES = {
    "label": "LabelScreen",
    "grid": "GridScreen",
    "review": "ReviewScreen",
    "progress": "ProgressScreen",
    "training": "TrainingScreen",
    "sessions": "SessionsScreen",
    "new_session": "NewSessionScreen",
    "found": "FoundScreen",
    "pick_class": "PickClassScreen",
    "ask": "AskScreen",
    "confirm": "ConfirmScreen",
    "help": "HelpScreen",
}


def load() -> dict[str, type[Screen[object]]]:
    """All screens with commands of their own, by the module they are in."""
    return {name: getattr(import_module(f"{__name__}.{name}"), found) for name, found in _CLASSES.items()}
