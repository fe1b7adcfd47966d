"""Runs the app in a terminal. Independent of screens."""

from __future__ import annotations

from pathlib import Path

from alc_tui.session.labeling.passes import SecondPass
from alc_tui.session.labeling.service import SessionService
from alc_tui.tui.app import AlcApp
from alc_tui.tui.choices import Choices
from alc_tui.tui.keymap import check_keys
from alc_tui.tui.terminal.input_bytes import read_any_bytes


def run(store: Path, service: SessionService | None, choices: Choices) -> int:
    """Show a session, or the list of sessions, until the user quits; closes the session and returns the exit code.

    Raises UsageError if the keys in `choices` conflict, if the terminal cannot show the preview, or if there is nothing
    to decide in a second pass.
    """
    check_keys(choices, () if service is None else service.classes)
    if service is not None and choices.second_pass:
        SecondPass(service)
    app = AlcApp(store, service, choices)
    read_any_bytes()
    app.collector.begin()
    code = app.run()
    if app.refusal is not None:
        raise app.refusal
    return app.return_code or 0 if code is None else code
