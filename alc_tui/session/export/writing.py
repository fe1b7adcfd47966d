"""The export formats, and the writing of a session's labels in one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from alc_tui.session.export import names
from alc_tui.session.export.files import check_file, write_file
from alc_tui.session.export.folders import check_folder, write_folder
from alc_tui.session.export.formats import (
    class_folders,
    cleanlab,
    csv_table,
    cvat,
    fiftyone,
    hugging_face,
    label_studio,
)
from alc_tui.session.export.table import LabelTable


@dataclass(frozen=True)
class FileFormat:
    """A format that is one file. ending: of the default file name, after the session's. companions: files beside it."""

    ending: str
    content: Callable[[LabelTable], bytes]
    companions: Callable[[LabelTable, Path], Mapping[Path, bytes]] = lambda _table, _path: {}


@dataclass(frozen=True)
class FolderFormat:
    """A format that is a folder. ending: of its default name, after the session's. links: to image files, by path.
    files: by name."""

    ending: str
    links: Callable[[LabelTable, Path], Mapping[Path, Path]]
    files: Callable[[LabelTable], Mapping[str, bytes]] = lambda _table: {}


_FORMATS: Mapping[str, FileFormat | FolderFormat] = {
    names.CSV: FileFormat("labels.csv", csv_table.content),
    names.FOLDERS: FolderFormat("labels", class_folders.links),
    names.LABEL_STUDIO: FileFormat("label-studio.json", label_studio.content, label_studio.companions),
    names.CVAT: FileFormat("cvat.xml", cvat.content),
    names.FIFTYONE: FileFormat("fiftyone.json", fiftyone.content),
    names.HUGGING_FACE: FolderFormat("huggingface", hugging_face.links, hugging_face.files),
    names.CLEANLAB: FileFormat("cleanlab.csv", cleanlab.content),
}


def default_target(format_: str, session: str) -> Path:
    """The file or folder that is written if none is specified."""
    return Path(f"{session}-{_FORMATS[format_].ending}")


def is_folder(format_: str) -> bool:
    """Whether an export in this format is a folder rather than a file."""
    return isinstance(_FORMATS[format_], FolderFormat)


def write_labels(table: LabelTable, format_: str, target: Path, replace: bool = False, dry_run: bool = False) -> bool:
    """Write the labels to `target` with their provenance, or with `dry_run` only check that this is possible; returns
    False if images had to be copied where links were wanted.

    Raises UsageError if the format cannot hold the labels and if there is anything at `target`, `EarlierExport` if that
    is an earlier export and `replace` is false; OSError if it cannot be written. Then what was there before still is.
    """
    chosen = _FORMATS[format_]
    if isinstance(chosen, FolderFormat):
        check_folder(target, replace)
        links, files = chosen.links(table, target), chosen.files(table)
        return dry_run or write_folder(target, links, files, table.provenance, replace)
    companions = chosen.companions(table, target)
    check_file(target, companions, replace)
    content = chosen.content(table)
    if not dry_run:
        write_file(target, content, table.provenance, companions, replace)
    return True
