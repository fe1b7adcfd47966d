"""Searches for data sets in the data root and in the folders directly below it."""

from __future__ import annotations

from pathlib import Path

from alc_tui.errors import UsageError


def search_folders(root: Path) -> list[Path]:
    """The folder `root`, then those directly in it, sorted; raises UsageError if it cannot be read."""
    try:
        return [root, *sorted(path for path in root.iterdir() if path.is_dir())]
    except OSError as error:
        raise UsageError(
            f"The data root {root} cannot be read ({error.strerror}); check --data-root or ALC_DATA."
        ) from error
