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
    weights = config.weights
    if weights not in ("imagenet", "none"):
        path = expand_home(Path(weights)).absolute()
        in_root = None if root is None else root / weights
        if not path.exists() and in_root is not None and in_root.exists():
            path = in_root
        if not path.exists():
            raise UsageError(f"Weights {path} not found; specify --weights none, imagenet or a file.")
        weights = str(path)
    features = None if config.features is None else str(expand_home(Path(config.features)).absolute())
    first = None if config.show_first is None else str(expand_home(Path(config.show_first)).absolute())
    data_root = None if root is None else str(root)
    return replace(config, data_root=data_root, weights=weights, features=features, show_first=first), origins
