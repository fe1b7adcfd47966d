"""Paths as users type them, with `~` for the home directory."""

from __future__ import annotations

from pathlib import Path


def expand_home(path: Path) -> Path:
    """The path with a leading `~` replaced by the user's home folder; unchanged if the user does not exist."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path
