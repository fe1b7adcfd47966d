"""Resolves settings from their sources.

Option > `ALC_*` variable > `alc.toml` of the folder > the user's `alc.toml` > the recipe > the data set's preset >
default.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from alc_tui.errors import UsageError
from alc_tui.session.settings.config import SETTINGS, Config
from alc_tui.session.settings.conflicts import check_effect
from alc_tui.session.settings.departures import ALL, DEPARTURES, NONE
from alc_tui.session.settings.files import config_files, read_table
from alc_tui.session.settings.names import PAPER
from alc_tui.session.settings.presets import RECIPE_SETTINGS, dataset_preset
from alc_tui.session.settings.renamed import RENAMED, current_names
from alc_tui.session.settings.setting import split_names


def resolve(
    options: Mapping[str, Any], environment: Mapping[str, str], folder: Path | None
) -> tuple[Config, dict[str, str]]:
    """The configuration and, per setting, where it came from.

    options: values from the command line, None if omitted. environment: environment variables. folder: the folder of
    `alc.toml`, None to read no files; settings are in its table `[session]`. Raises UsageError for a value that does
    not parse, a setting that does not exist, and settings that would have no effect.
    """
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}

    def take(layer: Mapping[str, Any], origin: str) -> None:
        for name, value in layer.items():
            if value is not None and name not in values:
                values[name], origins[name] = value, origin
        if _needs_no_rate(str(values.get("noise_kind"))):
            values.setdefault("noise", None)  # a rate from a lower source does not count

    take(current_names(options), "option")
    take(_from_environment(environment), "environment")
    for origin, path in ({} if folder is None else config_files(folder, environment)).items():
        take(_from_file(path), origin)
    if "dataset" not in values:
        raise UsageError("No data set was specified; add --dataset with a name from `alc dataset list`.")
    noise = values.get("noise")
    if noise is not None:
        take({"forget_rate": noise}, "noise")
    take(RECIPE_SETTINGS.get(str(values.get("recipe", PAPER)), {}), "recipe")
    if values.get("method") == "clean":
        take({"rounds": 0}, "method")
    if values.get("method") == "alc-ct":
        take({"sampler": "joint"}, "method")
    take(dataset_preset(values["dataset"], noise), "preset")
    departures = split_names(values.get("departures"))
    if departures == (NONE,):
        values["departures"] = None
    elif ALL in departures:
        values["departures"] = ",".join(DEPARTURES)
    config = Config.from_dict(values)
    check_effect(config)
    return config, {name: origins.get(name, "default") for name in SETTINGS}


def _needs_no_rate(noise_kind: str) -> bool:
    return noise_kind == "none" or noise_kind.startswith("matrix:")


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    former = {f"ALC_{old.upper()}": SETTINGS[new] for old, new in RENAMED.items()}
    variables = former | {each.variable: each for each in SETTINGS.values() if each.variable is not None}
    return {
        each.name: each.parse(environment[variable], variable)
        for variable, each in variables.items()
        if environment.get(variable)
    }


def _from_file(path: Path) -> dict[str, Any]:
    table = read_table(path, "session")
    for name, value in table.items():
        setting = SETTINGS.get(RENAMED.get(name, name))
        if setting is None:
            raise UsageError(f"{path}: unknown setting {name!r} in [session]; `alc session new --help` lists them.")
        table[name] = setting.parse(as_text(value), f"{name} in {path}")
    return current_names(table)


def as_text(value: Any) -> str:
    """A value from a TOML file as it would be typed on the command line."""
    return str(value).lower() if isinstance(value, bool) else str(value)
