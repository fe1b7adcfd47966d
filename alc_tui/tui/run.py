"""Runs the app in a terminal. Independent of screens."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from alc_tui.errors import AlcError
from alc_tui.session.labeling.passes import SecondPass
from alc_tui.session.labeling.service import SessionService
from alc_tui.tui import remembered
from alc_tui.tui.app import AlcApp
from alc_tui.tui.keymap import check_keys
from alc_tui.tui.preferences import Preferences
from alc_tui.tui.terminal.driver import original_signals

FAILED = 1
"""Exit code of an app that ended without being told to."""


def run(store: Path, service: SessionService | None, preferences: Preferences) -> int:
    """Show a session, or the list of sessions, until the user quits; closes the session and returns the exit code.

    Raises UsageError if the keys in `preferences` conflict, if the terminal cannot show the preview, or if there is
    nothing to decide in a second pass; AlcError if the app fails.
    """
    check_keys(preferences, () if service is None else service.classes)
    if service is not None and preferences.second_pass:
        SecondPass(service)
    app = AlcApp(store, service, preferences, remember=partial(remembered.write, environment=os.environ))
    app.garbage_collector.disable_automatic()
    with original_signals():
        code = app.run()
    if app.refusal is not None:
        raise app.refusal
    if app.failure is not None:
        raise AlcError(
            f"The app ended unexpectedly ({type(app.failure).__name__}: {app.failure}), and every verdict that was "
            "shown as taken is saved; start it again, or set ALC_DEBUG=1 to see the traceback."
        ) from app.failure
    return FAILED if code is None else code
