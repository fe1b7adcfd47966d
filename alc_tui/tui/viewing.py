"""Starts and stops the viewer, and says where it is."""

from __future__ import annotations

import os
from socket import gethostname
from typing import Any

from textual.app import App

from alc_tui.errors import AlcError
from alc_tui.session.store import lock
from alc_tui.tui.dialogs.viewer import ViewerScreen
from alc_tui.tui.terminal import clipboard
from alc_tui.viewer.tunnel import ssh_command
from alc_tui.viewer.viewer import Viewer


async def show_viewer(app: App[Any], viewer: Viewer) -> None:
    """Start the viewer, unless it runs, copy its address and show it in a dialog; stop it if the user says so."""
    try:
        server = await viewer.start()
    except AlcError as error:
        app.notify(str(error), severity="error", timeout=15, markup=False)
        return
    clipboard.copy(app, server.address, os.environ)
    tunnel = ssh_command(server.port, lock.user_name(), gethostname(), os.environ)
    if await app.push_screen_wait(ViewerScreen(server.address, tunnel)):
        await viewer.stop()
