"""What a person sees: the app, its screens and widgets. Widgets draw snapshots; only screens talk to the service."""

import os

os.environ.setdefault("ESCDELAY", "300")
"""Milliseconds that Textual, which reads this when it is imported, waits for the rest of an escape sequence.

After its own 100 a bad line tears pastes and replies apart, and a paste whose end is torn leaves it deaf to every key.
"""
