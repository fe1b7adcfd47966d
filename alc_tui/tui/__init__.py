"""The app: screens and widgets. Widgets draw snapshots; only screens talk to the service."""

import os

os.environ.setdefault("ESCDELAY", "300")
"""Milliseconds for which Textual, which reads this on import, waits for the rest of an escape sequence.

After its default of 100, pastes and replies on a slow line would be split; if the end of a paste is split, Textual
ignores every key from then on.
"""
