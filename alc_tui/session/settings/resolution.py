"""Where a setting comes from: option > `ALC_*` variable > `alc.toml` > the dataset's preset > default."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

from alc_tui.errors import UsageError
from alc_tui.session.settings.config import AUTHORS_CODE, AUTO, Config, dataset_preset, names
from alc_tui.session.settings.departures import ALL

CONFIG_FILE = "alc.toml"
NOT_FROM_ENVIRONMENT = {"dataset", "data_root"}


def resolve(
    options: Mapping[str, Any], environment: Mapping[str, str], folder: Path | None
) -> tuple[Config, dict[str, str]]:
    """The configuration and, per setting, where it came from.

    options: what was given on the command line, None for what was not. environment: the process's variables.
    folder: where `alc.toml` may lie, None to read none; its table `[session]` holds settings by name.
    Raises UsageError for a value that does not parse or a setting that does not exist.
    """
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}

    def take(layer: Mapping[str, Any], origin: str) -> None:
        for name, value in layer.items():
            if value is not None and name not in values:
                values[name], origins[name] = value, origin

    take(options, "option")
    take(_from_environment(environment), "environment")
    take({} if folder is None else _from_file(folder / CONFIG_FILE), CONFIG_FILE)
    if "dataset" not in values:
        raise UsageError("No dataset was named; give --dataset, and `alc dataset list` shows what there is.")
    noise = values.get("noise")
    if noise is not None and "forget_rate" not in values:
        values["forget_rate"], origins["forget_rate"] = noise, "noise"
    if values.get("method") == "clean" and "rounds" not in values:
        values["rounds"], origins["rounds"] = 0, "method"
    if values.get("method") == "alc-ct":
        take({"sampler": "joint"}, "method")
    if values.get("preset") == AUTHORS_CODE:
        take({"departures": ALL}, "preset")
    take(dataset_preset(values["dataset"], noise), "preset")
    return Config.from_dict(values), {name: origins.get(name, "default") for name in names()}


def parse(name: str, text: str, where: str) -> Any:
    """The value that `text` stands for in the setting `name`; raises UsageError if it is of the wrong kind.

    where: what a person would have to change, such as `ALC_LR`.
    """
    kind = str(get_type_hints(Config)[name])
    if "bool" in kind:
        return _parse_flag(text, where)
    if name == "forget_rate" and text == AUTO:
        return AUTO
    for number in (int, float):
        if number.__name__ in kind:
            try:
                return number(text)
            except ValueError as error:
                if "float" in kind and number is int:
                    continue
                wanted = "a whole number" if number is int else "a number"
                raise UsageError(f"{where} is {text!r}, which is not {wanted}; give one.") from error
    return text


def _parse_flag(text: str, where: str) -> bool:
    if text.lower() not in ("1", "true", "yes", "0", "false", "no"):
        raise UsageError(f"{where} is {text!r}, which is neither yes nor no; give 1 or 0.")
    return text.lower() in ("1", "true", "yes")


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    wanted = {f"ALC_{name.upper()}": name for name in names() if name not in NOT_FROM_ENVIRONMENT}
    return {name: parse(name, environment[key], key) for key, name in wanted.items() if environment.get(key)}


def read_table(path: Path, name: str) -> dict[str, Any]:
    """The table [name] of a TOML file, empty if there is no such file or table; raises UsageError for a damaged one."""
    if not path.is_file():
        return {}
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")).get(name, {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not valid TOML ({error}); mend it or move it away.") from error
    if not isinstance(table, dict):
        raise UsageError(f"{path}: {name} is a value, not a table; write [{name}] and the settings below it.")
    return table


def _from_file(path: Path) -> dict[str, Any]:
    table = read_table(path, "session")
    known = {field.name for field in fields(Config)}
    for name, value in table.items():
        if name not in known:
            raise UsageError(f"{path}: unknown setting {name!r} in [session]; `alc session new --help` lists them.")
        text = str(value).lower() if isinstance(value, bool) else str(value)
        table[name] = parse(name, text, f"{name} in {path}")
    return table
