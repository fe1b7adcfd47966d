"""Writes exports that are single files, each with its provenance beside it, and never over other files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from alc_tui.data.files.atomic import flush_to_disk, write_atomically, write_whole
from alc_tui.data.files.reading import read_whole
from alc_tui.data.files.shared import make_folder
from alc_tui.data.files.temporary import clear_abandoned, remove
from alc_tui.errors import UsageError
from alc_tui.session.export.formats.csv_table import HEADER

_OF_PROVENANCE = {"alc_version", "session"}


class EarlierExport(UsageError):
    """There is an earlier export, which may be replaced if that is wanted."""


def sidecar_of(path: Path) -> Path:
    """The file with the provenance of an export."""
    return path.with_name(f"{path.stem if path.suffix in ('', '.csv') else path.name}.provenance.json")


def provenance_in(path: Path) -> Mapping[str, Any] | None:
    """What an export wrote to a file about its provenance; None if there is no file, or another one."""
    with suppress(OSError, ValueError, RecursionError):
        found = json.loads(read_whole(path))
        if isinstance(found, dict) and found.keys() >= _OF_PROVENANCE:
            return found
    return None


def is_export(path: Path) -> bool:
    """Whether the file has its provenance or, if an export was interrupted before writing it, the header of a table."""
    if not path.is_file():
        return False
    with suppress(OSError), path.open("rb") as file:
        return provenance_in(sidecar_of(path)) is not None or file.read(len(HEADER)) == HEADER
    return False


def check_file(path: Path, companions: Mapping[Path, bytes], replace: bool = False) -> None:
    """Raise UsageError if there is a file at `path`, at that of its provenance or of a companion, `EarlierExport` if it
    is of an earlier export and `replace` is false. A provenance without its export is no obstacle."""
    sidecar = sidecar_of(path)
    for each in (path, sidecar, *companions):
        if not each.exists():
            continue
        if not (is_export(path) if each == path else provenance_in(sidecar) is not None):
            raise UsageError(f"{each} exists and is not an earlier export; specify another --to.")
        if not replace and each != sidecar:
            raise EarlierExport(f"{each} exists; specify another --to, or replace it with --force.")
    for other in (path.with_suffix(""), path.with_suffix(".csv")):
        if other != path and sidecar_of(other) == sidecar and other.is_file() and sidecar.exists():
            raise UsageError(f"{sidecar} is the provenance of {other}; specify another --to.")


def write_file(
    path: Path, content: bytes, provenance: Mapping[str, Any], companions: Mapping[Path, bytes], replace: bool = False
) -> list[Path]:
    """Write an export and, next to it, its companions and `<name>.provenance.json`; returns the paths.

    Raises UsageError as `check_file` does, OSError if they cannot be written; then what was there before still is.
    """
    check_file(path, companions, replace)
    others = {sidecar_of(path): json.dumps(provenance, indent=1).encode(), **companions}
    new = [each for each in others if not each.exists()]

    def write(file: BinaryIO) -> None:
        file.write(content)
        file.flush()
        flush_to_disk(file.fileno())
        for other, text in others.items():  # first, so that no export is without them
            write_whole(other, text)

    make_folder(path.parent)
    clear_abandoned(path.parent)
    try:
        write_atomically(path, write)
    except OSError:
        for each in new:
            remove(each)
        raise
    return [path, *others]
