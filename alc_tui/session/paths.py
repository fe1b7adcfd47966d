"""Where the data and the files of a configuration are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from alc_tui.data import catalog
from alc_tui.data.paths import expand_home
from alc_tui.errors import UsageError
from alc_tui.session.settings.config import Config


def with_absolute_paths(config: Config, origins: Mapping[str, str]) -> tuple[Config, dict[str, str]]:
    """The configuration with the data root and all files as absolute paths; weights that are not in the
    working folder are looked for in the data root. Raises UsageError if they are nowhere."""
    origins = dict(origins)
    root = catalog.data_root(Path(config.data_root) if config.data_root else None)
    if root is not None and config.data_root is None:
        origins["data_root"] = "environment"
    weights = weights_file(config)
    if weights is not None and not weights.exists():
        raise UsageError(f"Weights {weights} not found; specify --weights none, imagenet or a file.")
    features = None if config.features is None else str(expand_home(Path(config.features)).absolute())
    first = None if config.show_first is None else str(expand_home(Path(config.show_first)).absolute())
    data_root = None if root is None else str(root)
    return replace(
        config,
        data_root=data_root,
        weights=config.weights if weights is None else str(weights),
        features=features,
        show_first=first,
    ), origins


def weights_file(config: Config) -> Path | None:
    """The absolute path of the file of weights, which may not exist; None if the weights are not in a file."""
    if config.weights in ("imagenet", "none"):
        return None
    path = expand_home(Path(config.weights)).absolute()
    root = catalog.data_root(Path(config.data_root) if config.data_root else None)
    in_root = None if root is None else root / config.weights
    return in_root if in_root is not None and in_root.exists() and not path.exists() else path
