"""A table of images: columns image and label and, optionally, split, truth and group, patient_id or lesion_id.

The metadata table of HAM10000, the tables that `alc session export` writes, those of cleanlab and the `metadata.csv` of
Hugging Face are read, too.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from alc_tui.data.case_data import CaseData
from alc_tui.data.class_names import class_of, is_missing
from alc_tui.data.dataset import TEST, TRAIN, UNASSIGNED, UNKNOWN, VAL, Dataset, natural_order
from alc_tui.data.inventory.contents import Inventory, Omission, Problem
from alc_tui.data.paths import UrlPath, expand_home, location
from alc_tui.data.remote.sources import images_at
from alc_tui.data.sources.references import References
from alc_tui.data.splits import split_of
from alc_tui.data.tables import CsvTable, read_table
from alc_tui.errors import UsageError

_TRIED = 20
"""How many images of a table decide which folder holds them."""


@dataclass(frozen=True)
class TableFormat:
    """The columns of a kind of table. groups: the first one with values counts. has_ids: whether the images' names or
    ids, rather than paths, are the ids.

    status: the column that says which rows to leave out, and its value for them, or None. is_apart: whether the images
    may be in the data root instead of beside the table. has_case_data: whether other columns are about the case.
    unlabeled: why an empty label is a problem.
    """

    image: str = "image"
    label: str = "label"
    groups: tuple[str, ...] = ("group", "patient_id", "lesion_id")
    split: str = "split"
    truth: str = "truth"
    has_ids: bool = False
    status: tuple[str, str] | None = None
    is_apart: bool = False
    has_case_data: bool = True
    unlabeled: str = "no label"

    @property
    def required(self) -> tuple[str, ...]:
        """The columns by which the format is recognized."""
        return (self.image, self.label, *(self.status or ())[:1])


_OWN = TableFormat()
_HAM = TableFormat(image="image_id", label="dx", groups=("patient_id", "lesion_id"), has_ids=True)
_EXPORT = TableFormat(
    image="id", label="final", has_ids=True, status=("status", "exclude"), is_apart=True, has_case_data=False
)
_CLEANLAB = TableFormat(label="given_label", is_apart=True, has_case_data=False)
_HUGGING_FACE = TableFormat(image="file_name")
_FORMATS = (_OWN, _HAM, _EXPORT, _CLEANLAB, _HUGGING_FACE)
_MARKS_OF_EXPORTS = frozenset({"given", "status", "who", "suggestion"})
_OF_EXPORTS = _MARKS_OF_EXPORTS | {"id", "final", "when", "round", "probability", "path", "note"}
"""The columns of `alc session export`, by which its tables are recognized, and all of them: they tell labels."""
OPTIONAL = ("split", "truth", "group", "patient_id", "lesion_id")


def open_table(path: Path, name: str, data_root: Path | None = None, merge_alike: bool = False) -> Dataset:
    """The data set in the CSV file at `path`; image paths are relative to its folder and are the ids.

    Classes are the labels of the training rows (of all rows if there is no split), in natural order. With train and
    test but no val, the training samples are unassigned, for `splits.assign` to divide. Rows without label are in the
    inventory's problems. data_root: where the images of an exported table or one of cleanlab are if they are not beside
    it. merge_alike: see `class_of`. Raises UsageError, with the row, for a missing column, a path outside the folder, a
    repeated image, an unknown label, an unknown split, and for labels that look alike.
    """
    path = expand_home(path).absolute()
    table = read_table(path, _OWN.required, OPTIONAL, [each.required for each in _FORMATS[1:]])
    if not table.rows:
        raise UsageError(f"The table {path} has no rows; add one row per image.")
    shape = next(each for each in _FORMATS if set(each.required) <= set(table.columns))
    return open_records(table, shape, name, data_root, merge_alike)


def open_records(table: CsvTable, shape: TableFormat, name: str, data_root: Path | None, merge_alike: bool) -> Dataset:
    """The data set of a table that has been read; see `open_table`."""
    rows = _Rows(table, shape)
    references = _references(rows, data_root)
    locators = _locators(rows, references)
    split = _split(rows)
    spelled = [label for column in (shape.label, shape.truth) for label in rows.column(column) if not is_missing(label)]
    group = next((column for column in shape.groups if any(_present(rows.column(column)))), "")
    names = class_of(spelled, f"the table {table.path}", merge_alike)
    classes = _classes(rows, split, names)
    return Dataset(
        name=name,
        classes=classes,
        ids=tuple(rows.column(shape.image)) if shape.has_ids else tuple(locators),
        labels=_labels(rows.column(shape.label), names, classes),
        split=_unassign_training(split),
        images=images_at(references.folder, locators),
        root=references.folder,
        truth=_labels(rows.column(shape.truth), names, classes) if shape.truth in table.columns else None,
        groups=tuple(_present(rows.column(group))) if group else None,
        group_column=group,
        inventory=Inventory(tuple(references.links.values()), rows.omissions, rows.problems),
        case_data=_case_data(table, rows),
    )


class _Rows:
    """The rows of a table that are samples; raises UsageError if there are none."""

    def __init__(self, table: CsvTable, shape: TableFormat) -> None:
        self.path, self.shape, self.record = table.path, shape, table.record
        self.numbered: list[tuple[int, Mapping[str, str]]] = []
        omissions, problems = [], []
        for number, cells in table.rows:
            label, place = cells[shape.label], f"{table.record} {number} ({cells[shape.image]})"
            if shape.status is not None and cells[shape.status[0]] == shape.status[1]:
                omissions.append(Omission(place, f"{table.record} of an excluded image"))
            elif is_missing(label):
                problems.append(Problem(place, f"the label {label!r} is missing" if label else shape.unlabeled))
            else:
                self.numbered.append((number, cells))
        self.omissions, self.problems = tuple(omissions), tuple(problems)
        if not self.numbered:
            raise UsageError(f"No {table.record} of {table.path} has a label; add the labels.")

    def column(self, name: str) -> list[str]:
        """The cells of a column, empty if there is none."""
        return [cells.get(name, "") for _, cells in self.numbered]

    def where(self, number: int) -> str:
        """The place of a row, for an error."""
        return f"{self.record.capitalize()} {number} of {self.path}"


def _case_data(table: CsvTable, rows: _Rows) -> CaseData | None:
    """The columns that the format gives no meaning."""
    shape = rows.shape
    if not shape.has_case_data:
        return None
    known = {"", shape.image, shape.label, shape.split, shape.truth, *shape.groups, *OPTIONAL}
    if set(table.columns) >= _MARKS_OF_EXPORTS:
        known |= _OF_EXPORTS
    columns = tuple(name for name in table.columns if name not in known)
    return CaseData(columns, tuple(tuple(_present(cells[name] for name in columns)) for _, cells in rows.numbered))


def _references(rows: _Rows, data_root: Path | None) -> References:
    """The images below the URL that the table names, in the folder of the table, of the file it links to, or, if they
    may be apart, in the data root."""
    folders = [_common_url(rows) or rows.path.parent]
    if rows.path.is_symlink():
        folders.append(Path(os.path.realpath(rows.path)).parent)
    if data_root is not None and (rows.shape.is_apart or isinstance(data_root, UrlPath)):
        folders.append(data_root)
    tried = rows.column(rows.shape.image)[:_TRIED]
    for folder in folders:
        references = References(folder)
        if any((path := references.locate(text)) is not None and references.exists(path) for text in tried):
            return references
    if rows.shape.is_apart or isinstance(data_root, UrlPath):
        searched = " or ".join(str(folder) for folder in folders)
        raise UsageError(
            f"The images of {rows.path}, such as {tried[0]!r}, are not in {searched}; specify their folder with "
            "--data-root."
        )
    return References(folders[0])


def _common_url(rows: _Rows) -> UrlPath | None:
    """The URL below which all images are, None if the table names none by URL; raises UsageError if only some are."""
    texts = rows.column(rows.shape.image)
    urls = [url for text in texts if isinstance(url := location(text), UrlPath)]
    if not urls:
        return None
    common = location(os.path.commonpath([url.parent for url in urls]))
    if len(urls) < len(texts) or not isinstance(common, UrlPath):
        other = next((text for text in texts if not text.startswith(str(urls[0].parent))), urls[-1])
        raise UsageError(
            f"The images of {rows.path} are in different places, such as {urls[0]} and {other}; use URLs below one "
            "bucket or server for all of them."
        )
    return common


def _locators(rows: _Rows, references: References) -> list[str]:
    row_of: dict[str, int] = {}
    for number, cells in rows.numbered:
        text = cells[rows.shape.image]
        locator = references.locate(text)
        if locator is None:
            raise UsageError(f"{rows.where(number)} has the image {text!r}; use a path inside {references.folder}.")
        if locator in row_of:
            raise UsageError(
                f"{rows.where(number)} repeats the image {text!r} of {rows.record} {row_of[locator]}; keep one of them."
            )
        row_of[locator] = number
    return list(row_of)


def _split(rows: _Rows) -> NDArray[np.int8]:
    split = np.full(len(rows.numbered), UNASSIGNED, dtype=np.int8)
    names = _present(rows.column(rows.shape.split))
    if not any(names):
        return split
    for position, ((number, _), name) in enumerate(zip(rows.numbered, names, strict=True)):
        part = split_of(name)
        if part is None:
            raise UsageError(
                f"{rows.where(number)} has the split {name!r}; use train, val, or test in every {rows.record}."
            )
        split[position] = part
    if TRAIN not in split:
        raise UsageError(f"The table {rows.path} has no row with the split 'train'; mark the training images with it.")
    return split


def _classes(rows: _Rows, split: NDArray[np.int8], names: Mapping[str, str]) -> tuple[str, ...]:
    labels = rows.column(rows.shape.label)
    classes = natural_order(
        names[label] for label, part in zip(labels, split, strict=True) if part in (TRAIN, UNASSIGNED)
    )
    for number, cells in rows.numbered:
        for what, column in (("label", rows.shape.label), ("truth", rows.shape.truth)):
            label = cells.get(column, "")
            if not is_missing(label) and names[label] not in classes:
                raise UsageError(
                    f"{rows.where(number)} has the {what} {label!r}, which occurs in no training row; correct it."
                )
    return classes


def _labels(labels: Iterable[str], names: Mapping[str, str], classes: Sequence[str]) -> NDArray[np.int64]:
    numbers: Mapping[str, int] = {label: classes.index(name) for label, name in names.items()}
    return np.array([numbers.get(label, UNKNOWN) for label in labels], dtype=np.int64)


def _present(cells: Iterable[str]) -> list[str]:
    """The cells, with "" for missing values."""
    return ["" if is_missing(cell) else cell for cell in cells]


def _unassign_training(split: NDArray[np.int8]) -> NDArray[np.int8]:
    """Mark training samples as UNASSIGNED if the data has a test set but no validation set."""
    if TEST in split and VAL not in split:
        return np.where(split == TRAIN, UNASSIGNED, split).astype(np.int8)
    return split
