"""Writes escape sequences to the terminal, in order with Textual's output."""

from __future__ import annotations

from typing import Any

from textual.app import App

from alc_tui.tui.graphics.layer import Layer
from alc_tui.tui.terminal.driver import TerminalDriver


def write(app: App[Any], sequence: str) -> bool:
    """Write a sequence to the app's terminal, unless it is empty; returns whether there is a terminal."""
    # A private attribute of Textual: the driver is the one writer to the terminal, and the app offers no way to it.
    driver = app._driver
    if driver is None or app.is_headless:
        return False
    if sequence:
        driver.write(sequence)
    return True


def graphics(app: App[Any]) -> Layer | None:
    """The graphics on the app's terminal; None if there is no terminal."""
    driver = app._driver
    return driver.graphics if isinstance(driver, TerminalDriver) else None


def written(app: App[Any]) -> int:
    """The number of bytes written to the app's terminal so far; 0 if there is none."""
    return getattr(app._driver, "written", 0)
