"""The samples that another tool found suspicious, in the order in which to show them.

Read are tables with a column `image`, `id` or `file_name`, such as those of cleanlab, and exports of Label Studio.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from alc_tui.data.sources.label_studio import images_without_label
from alc_tui.data.tables import CsvTable, read_table
from alc_tui.errors import UsageError

_IMAGES = ("image", "id", "file_name")
_ISSUE, _QUALITIES = "is_label_issue", ("label_quality", "label_score")
"""Columns of cleanlab: `CleanLearning.get_label_issues` and `Datalab.get_issues` differ in that of the quality."""


def read_show_first(path: Path) -> list[str]:
    """The names of images in a file, in the order in which to show them.

    Of a table, the rows whose `is_label_issue` is true, lowest `label_quality` or `label_score` first, or all rows in
    their order where there are no such columns; of Label Studio's JSON, the tasks without a label. Raises UsageError if
    the file is neither or names none.
    """
    names = images_without_label(path) if path.suffix.lower() == ".json" else _suspicious(path)
    if not names:
        raise UsageError(f"{path} names no image to show first; check the file.")
    return names


def match_names(names: Iterable[str], locators: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """The ids of the samples that are named, and the names that fit none or several; each sample counts once.

    locators: paths of the images, by id. A name fits by its longest end that is an id, a path, or a file name.
    """
    fitting: dict[str, set[str]] = {}
    for sample, locator in locators.items():
        for key in {sample, locator, *_ends(locator)[-1:]}:
            fitting.setdefault(key, set()).add(sample)
    matched: dict[str, None] = {}
    others = []
    for name in names:
        samples: set[str] = next((fitting[end] for end in _ends(name) if end in fitting), set())
        if len(samples) == 1:
            matched.update(dict.fromkeys(samples))
        else:
            others.append(name)
    return list(matched), others


def _ends(name: str) -> list[str]:
    """The name itself, then what follows each of its slashes."""
    parts = name.split("/")
    return ["/".join(parts[first:]) for first in range(len(parts))]


def _suspicious(path: Path) -> list[str]:
    table = read_table(path, _IMAGES[:1], (_ISSUE, *_QUALITIES), [[name] for name in _IMAGES[1:]])
    column = next(name for name in _IMAGES if name in table.columns)
    rows = [row for row in table.rows if row[1].get(_ISSUE, "true").casefold() in ("true", "1")]
    quality = next((name for name in _QUALITIES if name in table.columns), None)
    if quality is not None:
        rows.sort(key=lambda row: _quality(table, row, quality))
    return [cells[column] for _, cells in rows]


def _quality(table: CsvTable, row: tuple[int, Mapping[str, str]], column: str) -> float:
    """The value of a cell; an empty one is the highest."""
    number, cells = row
    try:
        value = float(cells[column] or "inf")
    except ValueError:
        value = math.nan
    if math.isnan(value):
        raise UsageError(f"Row {number} of {table.path} has the {column} {cells[column]!r}; expected a number.")
    return value


def check_matched(path: Path, matched: Sequence[str]) -> None:
    """Raise UsageError if none of the names in a file is a training sample."""
    if not matched:
        raise UsageError(f"{path} names no training sample of this data set; check the file.")
