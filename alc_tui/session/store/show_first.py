"""The samples that a session shows before all others."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from alc_tui.data.files.atomic import write_whole
from alc_tui.data.files.reading import read_whole
from alc_tui.errors import AlcError


def save_show_first(path: Path, ids: Sequence[str]) -> None:
    """Write the ids, in the order in which to show them."""
    content = json.dumps(ids, indent=0).encode()
    write_whole(path, content)


def load_show_first(path: Path) -> list[str]:
    """Read what `save_show_first` wrote; raises AlcError naming a missing or damaged file."""
    try:
        ids = json.loads(read_whole(path))
        if not isinstance(ids, list) or not all(isinstance(sample, str) for sample in ids):
            raise ValueError("not a list of ids")
    except (OSError, ValueError) as error:
        raise AlcError(f"{path} is missing or damaged ({error}); restore it from a backup of the session.") from error
    return ids
