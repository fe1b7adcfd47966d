"""Where a data set may lie: in the data root or in a folder directly below it."""

from __future__ import annotations

from pathlib import Path

from alc_tui.errors import UsageError


def search_folders(root: Path) -> list[Path]:
    """The folder `root`, then those directly in it, sorted; raises UsageError if it cannot be read."""
    try:
        return [root, *sorted(path for path in root.iterdir() if path.is_dir())]
    except OSError as problem:
        raise UsageError(
            f"The data root {root} cannot be read ({problem.strerror}): check --data-root or ALC_DATA."
        ) from problem
