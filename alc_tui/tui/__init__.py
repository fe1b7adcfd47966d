"""The app: screens and widgets. Widgets draw snapshots; only screens talk to the service."""

import os

os.environ.setdefault("ESCDELAY", "300")
"""How long Textual, which reads this on import, waits for the rest of an escape sequence, in milliseconds.

With the default of 100, pasted text and replies would be split on a slow connection; if the end of a paste is split,
Textual ignores all further keys.
"""
