"""Checks of what surrounds a command: the locale, the working folder's modules, environment variables, the load."""

from __future__ import annotations

import locale
import os
import sys
from collections.abc import Collection, Mapping
from importlib import metadata
from pathlib import Path

from alc_tui.cli.doctor.check import BAD, OK, WARN, Check
from alc_tui.cores import available_cores
from alc_tui.interpreter import SEARCH_PATH, is_in_search_path

FOLDERS = ("ALC_SESSIONS", "ALC_DATA", "ALC_CACHE", "ALC_CONFIG", "TORCH_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")
"""Variables that name folders or files."""
BUSY = 0.5
"""Load per core from which on measured times say little."""
_NAMED = 5


def check_locale(preferred: str, of_names: str) -> Check:
    """Whether files and their names are read as UTF-8. preferred: the locale's encoding. of_names: that of file
    names."""
    if all(name.lower().replace("-", "").replace("_", "") == "utf8" for name in (preferred, of_names)):
        return Check("locale", OK, "UTF-8")
    advice = "Images whose names have other letters are not found: run `export LC_ALL=C.UTF-8` before `alc`."
    return Check("locale", WARN, f"{preferred}, file names in {of_names}", advice)


def check_modules(folder: Path, installed: Collection[str], is_searched: bool) -> Check:
    """Whether modules in a folder have names of Python's or of installed ones, so that Python may confuse them.

    installed: names of modules. is_searched: whether Python looks for modules in the folder.
    """
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        return Check(
            "modules", WARN, f"{folder.absolute()} cannot be read: {error.strerror}", "Work in another folder."
        )
    names = [entry.name for entry in entries if _module_name(entry) in sys.stdlib_module_names.union(installed)]
    if not names:
        return Check("modules", OK, "nothing in the working folder is mistaken for a module of Python")
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    found = f"{', '.join(names[:_NAMED])}{more} in {folder.absolute()}: named like modules of Python"
    if is_searched:
        advice = f"Python runs them instead of its own: rename them, or remove this folder from {SEARCH_PATH}."
        return Check("modules", BAD, found, advice)
    return Check("modules", WARN, found, "`alc` does not run them, but other programs may: rename them.")


def _module_name(entry: Path) -> str:
    if entry.suffix == ".py":
        return entry.stem
    return entry.name if (entry / "__init__.py").is_file() else ""


def installed_modules() -> set[str]:
    """The top-level modules of all installed distributions."""
    return set(metadata.packages_distributions())


def check_variables(environment: Mapping[str, str]) -> Check:
    """Whether variables name the same files from every working folder."""
    relative = [name for name in FOLDERS if _is_relative(environment.get(name, ""))]
    if environment.get(SEARCH_PATH) and not all(map(os.path.isabs, environment[SEARCH_PATH].split(os.pathsep))):
        relative.append(SEARCH_PATH)
    if not relative:
        return Check("variables", OK, "none depends on the working folder")
    found = ", ".join(f"{name}={environment[name]}" for name in relative)
    advice = "They name something else in every working folder: make the paths absolute."
    return Check("variables", WARN, f"relative to the working folder: {found}", advice)


def _is_relative(path: str) -> bool:
    return bool(path) and not path.startswith("~") and not Path(path).is_absolute()


def check_load(load: float, cores: int) -> Check:
    """Whether others use the machine. load: processes that want to run, averaged over a minute."""
    found = f"load {load:.1f} on {cores} core{'s' * (cores > 1)}"
    if load < BUSY * cores:
        return Check("load", OK, found)
    advice = "Training uses only the free cores, unless --threads says otherwise, and estimates are uncertain."
    return Check("load", WARN, f"{found}: the machine is busy", advice)


def check_surroundings(load: float) -> list[Check]:
    """All checks of the surroundings. load: that from before the other checks, which are a load too."""
    return [
        check_load(load, available_cores()),
        check_locale(locale.getpreferredencoding(do_setlocale=False), sys.getfilesystemencoding()),
        check_modules(Path(), installed_modules(), is_in_search_path(Path())),
        check_variables(os.environ),
    ]
