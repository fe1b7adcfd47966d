"""Folders: one folder per class with links to the images, for those with clean labels."""

from __future__ import annotations

import re
from pathlib import Path

from alc_tui.session.export.table import CLEAN, LabelTable


def links(table: LabelTable, folder: Path) -> dict[Path, Path]:
    """Map each link to its image file: one folder per class in `folder`, for images with clean labels.

    Raises UsageError if the images have no separate files, or if some are missing.
    """
    rows = [row for row in table.rows if row.status in CLEAN]
    table.check_files(rows)
    folders, taken = _folder_names(table.classes), set[Path]()
    link_targets: dict[Path, Path] = {}
    for row in rows:
        source = Path(row.path)
        link_targets[_free(folder / folders[row.final] / _plain(row.id, source.suffix), taken)] = source
    return link_targets


def _folder_names(classes: tuple[str, ...]) -> dict[str, str]:
    """A unique folder name for each class, whatever its name."""
    taken: set[Path] = set()
    return {name: _free(Path(_plain(name)), taken).name for name in classes}


def _plain(name: str, suffix: str = "") -> str:
    plain = re.sub(r"[^\w.-]+", "_", name).strip(".") or "_"
    return plain if plain.lower().endswith(suffix.lower()) else plain + suffix


def _free(path: Path, taken: set[Path]) -> Path:
    number, free = 1, path
    while free in taken:
        number += 1
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
    taken.add(free)
    return free
