"""Paths as a person types them, with `~` for the home folder."""

from __future__ import annotations

from pathlib import Path


def expand_home(path: Path) -> Path:
    """The path with a leading `~` as the user's home folder; left as it is where there is no such user."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path
