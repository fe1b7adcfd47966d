"""The environment of Python's processes, of this one and of those it starts.

Modules that happen to lie in the working folder are not imported: a `random.py` of the user's would otherwise replace
Python's. Threads sleep while they wait.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path

import alc_tui

SEARCH_PATH = "PYTHONPATH"
_WAITING = {"OMP_WAIT_POLICY": "passive"}
_WAITING_VARIABLES = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")


def module_command(module: str, *words: str) -> list[str]:
    """The command that runs a module of this package in a fresh interpreter; to be run in `module_environment`."""
    return [sys.executable, "-P", "-m", module, *words]


def module_environment(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment without the working folder in Python's search path, unless this package comes from there; with
    threads that sleep while they wait."""
    named = environment.get(SEARCH_PATH)
    entries = [] if named is None else _lasting(named.split(os.pathsep))
    if not sys.flags.safe_path and _is_working_folder(_package_root()) and str(_package_root()) not in entries:
        entries.append(str(_package_root()))
    others = {name: value for name, value in environment.items() if name != SEARCH_PATH} | waiting(environment)
    return {**others, SEARCH_PATH: os.pathsep.join(entries)} if entries else others


def waiting(environment: Mapping[str, str]) -> dict[str, str]:
    """Variables by which the threads of OpenMP, with which torch computes on a processor, sleep while they wait for
    each other; none if the environment says how they wait.

    By default, they wait in a loop. Where other programs need the cores, such a loop runs while the thread that it
    waits for does not. The variables have no effect once torch is imported.
    """
    return {} if any(environment.get(name) for name in _WAITING_VARIABLES) else dict(_WAITING)


def forget_working_folder(path: list[str] = sys.path, environment: Mapping[str, str] = os.environ) -> None:
    """Remove the working folder from the search path, unless it was named on purpose or holds this package."""
    if not _is_working_folder(_package_root()):
        named = _lasting(environment.get(SEARCH_PATH, "").split(os.pathsep))
        kept = [entry for entry in path if entry in named or _is_installed(entry) or not _is_working_folder(entry)]
        path[:] = kept


def is_in_search_path(folder: Path) -> bool:
    """Whether Python looks for modules in a folder."""
    return any(Path(entry).exists() and Path(entry).samefile(folder) for entry in sys.path)


def _lasting(entries: Sequence[str]) -> list[str]:
    """Entries of a search path that name the same folder wherever the process runs; an empty one is that of the
    moment."""
    return [entry for entry in entries if Path(entry).is_absolute()]


def _is_working_folder(entry: str | Path) -> bool:
    try:
        return Path(entry).samefile(os.curdir)
    except OSError:
        return False


def _is_installed(entry: str) -> bool:
    return entry in sysconfig.get_paths().values()


def _package_root() -> Path:
    return Path(alc_tui.__file__).resolve().parent.parent
