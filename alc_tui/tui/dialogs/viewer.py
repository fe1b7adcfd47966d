"""A dialog that says where the viewer is."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from alc_tui.tui.commands import footer_command
from alc_tui.tui.dialogs.dialog import Dialog
from alc_tui.tui.keys import display_key, keys_of
from alc_tui.tui.widgets.status_line import StatusLine


class ViewerScreen(Dialog[bool]):
    """Returns whether the viewer shall stop."""

    BINDINGS: ClassVar[list[BindingType]] = [
        footer_command("v", "dismiss(True)", "Stop", "viewer.stop", "Stop the viewer."),
        footer_command("escape,enter", "dismiss(False)", "Back", "viewer.back", "Go back; the viewer goes on."),
    ]

    def __init__(self, address: str, tunnel: str) -> None:
        """address: of the page. tunnel: the command that makes it reachable from another computer."""
        super().__init__()
        self._address, self._tunnel = address, tunnel

    def compose(self) -> ComposeResult:
        """Where the page is, and the keys."""
        with VerticalScroll(classes="window"):
            yield Static("The viewer shows this sample at full resolution. Open it in a browser:", markup=False)
            yield Static(self._address, markup=False, classes="address")
            yield Static("If the browser is on another computer, run this command there first:", markup=False)
            yield Static(self._tunnel, markup=False, classes="address")
            yield Static(
                "The address is on the clipboard if your terminal allows it. Whoever knows it can see the images "
                "until you stop the viewer or quit.",
                markup=False,
            )
            stop, back = (display_key(keys_of(self, f"viewer.{name}")[0]) for name in ("stop", "back"))
            yield Static(f"\n{stop}  stop the viewer      {back}  back", markup=False)
            yield StatusLine()
