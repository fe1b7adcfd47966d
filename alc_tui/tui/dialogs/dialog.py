"""What all dialogs have in common."""

from __future__ import annotations

from textual.screen import ModalScreen, ScreenResultType

from alc_tui.tui.app_screen import AppScreen


class Dialog(ModalScreen[ScreenResultType], AppScreen[ScreenResultType]):
    """A window on top of a screen, with a `StatusLine` that appears when it has something to say."""

    CSS_PATH = "dialog.tcss"
    NO_MEANING = "{} has no effect here. Press one of the keys that this window names, or Escape."
