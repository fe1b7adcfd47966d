"""Paths as users type them, with `~` for the home folder."""

from __future__ import annotations

from pathlib import Path


def expand_home(path: Path) -> Path:
    """The path with a leading `~` replaced by the user's home folder; unchanged if there is no such user."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path
