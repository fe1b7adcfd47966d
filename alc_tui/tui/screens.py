"""All screens by name, which is the prefix of their command ids."""

from __future__ import annotations

from importlib import import_module

from textual.screen import Screen

_SCREENS = {
    "label": ("labeling.screen", "LabelScreen"),
    "grid": ("grid.screen", "GridScreen"),
    "compare": ("compare.screen", "CompareScreen"),
    "review": ("review.screen", "ReviewScreen"),
    "progress": ("progress.screen", "ProgressScreen"),
    "gallery": ("gallery.screen", "GalleryScreen"),
    "training": ("training.screen", "TrainingScreen"),
    "sessions": ("sessions.screen", "SessionsScreen"),
    "new_session": ("sessions.new_session", "NewSessionScreen"),
    "summary": ("sessions.summary", "SummaryScreen"),
    "pick_class": ("dialogs.pick_class", "PickClassScreen"),
    "ask": ("dialogs.ask", "AskScreen"),
    "choose": ("dialogs.choose", "ChooseScreen"),
    "confirm": ("dialogs.confirm", "ConfirmScreen"),
    "viewer": ("dialogs.viewer", "ViewerScreen"),
    "help": ("dialogs.help", "HelpScreen"),
    "guideline": ("dialogs.help", "GuidelineScreen"),
}


def load() -> dict[str, type[Screen[object]]]:
    """Import all screens; returns them by name."""
    return {
        name: getattr(import_module(f"alc_tui.tui.{module}"), screen) for name, (module, screen) in _SCREENS.items()
    }
