"""Downloads one MedMNIST file. URLs and checksums come from the `medmnist` package."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import runpy
import urllib.request
from collections.abc import Callable, Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Any

from alc_tui.data.files.shared import create_file, make_folder
from alc_tui.data.files.temporary import clear_abandoned, temporary_sibling
from alc_tui.data.sources.medmnist import SIZES, MedMNISTName
from alc_tui.errors import AlcError, UsageError

_BLOCK = 2**20
_TIMEOUT_SECONDS = 30


def fetch(flag: str, size: int, root: Path, on_progress: Callable[[int, int], None] | None = None) -> Path:
    """Download the file of `flag` at `size` px into the folder `root`, and return its path.

    on_progress: called with (bytes so far, total bytes; 0 if unknown). An existing file with the right checksum is not
    downloaded again. Raises UsageError if MedMNIST has no such file or the `medmnist` package is missing, AlcError if
    the file cannot be downloaded, fails verification, or cannot be written.
    """
    name = MedMNISTName(flag, size)
    url, checksum = _address(name, _published_files())
    target = root / name.file
    partial = temporary_sibling(target)
    try:
        if target.is_file() and _checksum(target) == checksum:
            return target
        make_folder(root)
        clear_abandoned(root)
        os.close(create_file(partial, os.O_WRONLY))
    except OSError as error:
        raise _unwritable(root, error) from error
    try:
        _download(url, partial, target, on_progress)
        if _checksum(partial) != checksum:
            raise AlcError(f"The file from {url} does not match its published MD5 checksum; try again later.")
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return target


def _published_files() -> Mapping[str, Mapping[str, Any]]:
    package = importlib.util.find_spec("medmnist")
    if package is None or not package.submodule_search_locations:
        raise UsageError("Downloading MedMNIST files requires an extra package; run pip install 'alc-tui[fetch]'.")
    # Only the table: importing the package would import torch.
    table: Mapping[str, Mapping[str, Any]] = runpy.run_path(f"{package.submodule_search_locations[0]}/info.py")["INFO"]
    return table


def _address(name: MedMNISTName, files: Mapping[str, Mapping[str, Any]]) -> tuple[str, str]:
    suffix = "" if name.size == SIZES[0] else f"_{name.size}"
    info = files.get(name.flag)
    if info is None:
        raise UsageError(f"MedMNIST has no data set {name.flag!r}; use one of {', '.join(files)}.")
    if f"url{suffix}" not in info:
        raise UsageError(f"MedMNIST has no {name.flag!r} at {name.size} px; use another size.")
    return str(info[f"url{suffix}"]), str(info[f"MD5{suffix}"])


def _download(url: str, path: Path, target: Path, on_progress: Callable[[int, int], None] | None) -> None:
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as source, path.open("wb") as file:
            total, done = int(source.headers.get("Content-Length") or 0), 0
            while block := source.read(_BLOCK):
                file.write(block)
                done += len(block)
                if on_progress is not None:
                    on_progress(done, total)
    except (OSError, ValueError, HTTPException) as error:
        raise AlcError(
            f"{url} cannot be downloaded ({getattr(error, 'reason', None) or error}); download it "
            f"manually and save it in {target.parent} as {target.name}."
        ) from error


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _unwritable(root: Path, error: OSError) -> AlcError:
    return AlcError(f"The folder {root} is not writable ({error.strerror}); specify another one with --data-root.")
