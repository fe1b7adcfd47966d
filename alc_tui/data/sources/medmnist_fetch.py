"""Downloads one MedMNIST file. Addresses and checksums are those of the `medmnist` package."""

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

from alc_tui.data.sources.medmnist import SIZES, Choice
from alc_tui.errors import AlcError, UsageError

_BLOCK = 2**20
_TIMEOUT_SECONDS = 30


def fetch(flag: str, size: int, root: Path, progress: Callable[[int, int], None] | None = None) -> Path:
    """Put the file of `flag` at `size` px into the folder `root`, and return its path.

    progress: called with (bytes so far, bytes in all; 0 where unknown). A file that is there already and has
    the right checksum is kept. Raises UsageError if there is no such file or no `medmnist` package, AlcError
    if it cannot be downloaded, is damaged on arrival, or cannot be written.
    """
    choice = Choice(flag, size)
    url, checksum = _address(choice, _known_files())
    target = root / choice.file
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        if target.is_file() and _checksum(target) == checksum:
            return target
        root.mkdir(parents=True, exist_ok=True)
        partial.touch()
    except OSError as problem:
        raise _unwritable(root, problem) from problem
    try:
        _download(url, partial, target, progress)
        if _checksum(partial) != checksum:
            raise AlcError(f"The file from {url} is not what MedMNIST published (its MD5 differs): try again later.")
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return target


def _known_files() -> Mapping[str, Mapping[str, Any]]:
    found = importlib.util.find_spec("medmnist")
    if found is None or not found.submodule_search_locations:
        raise UsageError("Addresses of MedMNIST files need a package: run pip install 'alc-tui[fetch]'.")
    # Only the table: importing the package would import torch.
    table: Mapping[str, Mapping[str, Any]] = runpy.run_path(f"{found.submodule_search_locations[0]}/info.py")["INFO"]
    return table


def _address(choice: Choice, files: Mapping[str, Mapping[str, Any]]) -> tuple[str, str]:
    suffix = "" if choice.size == SIZES[0] else f"_{choice.size}"
    info = files.get(choice.flag)
    if info is None:
        raise UsageError(f"MedMNIST has no data set {choice.flag!r}: use one of {', '.join(files)}.")
    if f"url{suffix}" not in info:
        raise UsageError(f"MedMNIST has no {choice.flag!r} of {choice.size} px: use another size.")
    return str(info[f"url{suffix}"]), str(info[f"MD5{suffix}"])


def _download(url: str, path: Path, target: Path, progress: Callable[[int, int], None] | None) -> None:
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as source, path.open("wb") as file:
            total, done = int(source.headers.get("Content-Length") or 0), 0
            while block := source.read(_BLOCK):
                file.write(block)
                done += len(block)
                if progress is not None:
                    progress(done, total)
    except (OSError, ValueError, HTTPException) as problem:
        raise AlcError(
            f"{url} cannot be downloaded ({getattr(problem, 'reason', None) or problem}): download it "
            f"elsewhere and put it into {target.parent} as {target.name}."
        ) from problem


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _unwritable(root: Path, problem: OSError) -> AlcError:
    return AlcError(f"The folder {root} cannot be written ({problem.strerror}): name another with --data-root.")
