"""Reads `alc.toml` in the working folder and the user-level `alc.toml`, table by table."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from alc_tui.data.files.reading import read_whole
from alc_tui.data.paths import expand_home
from alc_tui.errors import UsageError

CONFIG_FILE = "alc.toml"
USER_FILE = f"user {CONFIG_FILE}"
"""The origin of settings from the user's file."""


def user_file(environment: Mapping[str, str]) -> Path | None:
    """The user's file: `ALC_CONFIG`, else `alc.toml` in the user's configuration folder, None without a home folder.

    Raises UsageError if `ALC_CONFIG` names a file that does not exist.
    """
    named = environment.get("ALC_CONFIG")
    if named:
        path = expand_home(Path(named))
        if path.is_char_device():  # /dev/null
            return None
        if not path.exists() or path.is_dir():
            raise UsageError(f"ALC_CONFIG names {path}, which is not a file; correct it, or run `unset ALC_CONFIG`.")
        return path
    from platformdirs import user_config_path

    try:
        return user_config_path("alc") / CONFIG_FILE
    except RuntimeError:
        return None


def config_files(folder: Path, environment: Mapping[str, str]) -> dict[str, Path]:
    """The files by origin, highest precedence first; they may not exist. Raises UsageError, see `user_file`."""
    users = user_file(environment)
    return {CONFIG_FILE: folder / CONFIG_FILE} | ({} if users is None else {USER_FILE: users})


def parse_toml(content: bytes) -> dict[str, Any]:
    """The tables of a TOML text in UTF-8, with or without a byte-order mark; raises ValueError if it is none."""
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def read_table(path: Path, name: str) -> dict[str, Any]:
    """The table [name] of a TOML file, empty if there is no such file or table; raises UsageError for a damaged one."""
    try:
        table = parse_toml(read_whole(path)).get(name, {})
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}); correct it or remove it.") from error
    except ValueError as error:
        raise UsageError(f"{path} is not valid TOML ({error}); correct it or remove the file.") from error
    if not isinstance(table, dict):
        raise UsageError(f"{path}: {name} is a value, not a table; write [{name}] and the settings below it.")
    return table
