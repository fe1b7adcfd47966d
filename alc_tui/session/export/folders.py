"""Writes exports that are folders of links to images, each with its provenance, and never over other files."""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from alc_tui.data.files.atomic import UNSUPPORTED, rename, write_whole
from alc_tui.data.files.shared import make_folder
from alc_tui.data.files.temporary import clear_abandoned, remove, temporary_sibling
from alc_tui.errors import UsageError
from alc_tui.session.export.files import EarlierExport, provenance_in

_PROVENANCE = "provenance.json"
_FILES = "files"
_NO_LINKS = UNSUPPORTED | {errno.EPERM}


def check_folder(folder: Path, replace: bool = False) -> None:
    """Raise UsageError if `folder` is not empty, `EarlierExport` if it is an earlier export to which nothing was added
    and `replace` is false."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    provenance = provenance_in(folder / _PROVENANCE)
    if provenance is None:
        raise UsageError(f"{folder} is not an empty folder; specify another --to.")
    added = _names_in(folder) - set(provenance[_FILES]) if _FILES in provenance else set()
    if added:
        raise UsageError(f"{folder} holds {min(added)!r}, which alc has not written; specify another --to.")
    if not replace:
        raise EarlierExport(f"{folder} exists; specify another --to, or replace it with --force.")


def write_folder(
    folder: Path,
    links: Mapping[Path, Path],
    files: Mapping[str, bytes],
    provenance: Mapping[str, Any],
    replace: bool = False,
) -> bool:
    """Create the folder with the links from `links`, the files by name, and `provenance.json` next to them; returns
    False if its file system has no links, so that it holds copies.

    Raises UsageError as `check_folder` does, OSError if the folder cannot be written; then what was there before still
    is.
    """
    check_folder(folder, replace)
    target = folder.resolve()
    make_folder(target.parent)
    clear_abandoned(target.parent)
    hidden = temporary_sibling(target)
    try:
        make_folder(hidden)
        are_links = True
        for link, image in links.items():
            path = hidden / link.relative_to(folder)
            make_folder(path.parent)
            are_links = _link(image, path, are_links)
        for name, content in files.items():
            write_whole(hidden / name, content)
        written = sorted([*(link.relative_to(folder).as_posix() for link in links), *files])
        write_whole(hidden / _PROVENANCE, json.dumps({**provenance, _FILES: written}, indent=1).encode())
        _put_in_place(hidden, target)
    except BaseException:
        remove(hidden)
        raise
    return are_links


def _link(image: Path, path: Path, try_link: bool) -> bool:
    """Link to an image or, where there are no links, copy it; returns whether it is a link."""
    if try_link:
        try:
            path.symlink_to(image)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise OSError(error.errno, error.strerror, str(path)) from error
        else:
            return True
    shutil.copyfile(image, path)
    return False


def _names_in(folder: Path) -> set[str]:
    """The files in a folder and below, but for its provenance and hidden ones, such as a file browser leaves."""
    paths = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    names = {path.relative_to(folder).as_posix() for path in paths if not path.name.startswith(".")}
    return names - {_PROVENANCE}


def _put_in_place(hidden: Path, target: Path) -> None:
    """Rename the finished folder to `target`; an earlier one is moved out of its way and then removed."""
    if not target.exists() or not any(target.iterdir()):
        rename(hidden, target)
        return
    former = temporary_sibling(target)
    rename(target, former)
    try:
        rename(hidden, target)
    except OSError:
        rename(former, target)
        raise
    remove(former)
