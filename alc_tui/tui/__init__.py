"""What a person sees: the app, its screens and widgets. Widgets draw snapshots; only screens talk to the service."""

import os

os.environ.setdefault("ESCDELAY", "300")
"""Milliseconds that Textual waits for the rest of an escape sequence: on a bad line, 100 tear pastes and replies apart, and
a paste whose end is torn leaves it deaf to every key. Read when Textual is imported."""
