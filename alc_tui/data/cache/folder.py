"""Location and size of the cache, and clearing it."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import platformdirs

from alc_tui.data.cache.disk import acquire_lock, disk_errors
from alc_tui.data.paths import expand_home
from alc_tui.errors import UsageError


def cache_folder() -> Path:
    """The folder of decoded images: `ALC_CACHE`, else the user's cache folder; raises UsageError without either."""
    override = os.environ.get("ALC_CACHE")
    try:
        return expand_home(Path(override or platformdirs.user_cache_dir("alc")))
    except RuntimeError as error:
        raise UsageError(
            "You have no home folder for the cache of decoded images; set ALC_CACHE to a folder, or set HOME."
        ) from error


def pixel_path(folder: Path, size: int | str) -> Path:
    """The pixel file for one size."""
    return folder / f"pixels-{size}.u8"


def feature_path(folder: Path, key: str) -> Path:
    """The file of features with one key, whose index and lock have the key in place of a size."""
    return folder / f"features-{key}.f32"


def index_path(folder: Path, size: int | str) -> Path:
    """The index of the pixel file for one size, or of a file of features."""
    return folder / f"index-{size}.sqlite"


def lock_path(folder: Path, size: int | str) -> Path:
    """The lock file of the single writer of a file and its index."""
    return folder / f"lock-{size}"


def cache_size(folder: Path | None = None) -> int:
    """Size of the whole cache in bytes. folder: default `cache_folder()`."""
    return sum(path.stat().st_size for path in _files(folder or cache_folder()))


def clear(folder: Path | None = None) -> int:
    """Delete the whole cache and return the number of bytes freed; raises AlcError while a process writes to it.

    folder: default `cache_folder()`.
    """
    freed = 0
    folder = folder or cache_folder()
    for size in sorted({path.stem.split("-")[1] for path in _files(folder)}):
        with disk_errors(folder), closing(acquire_lock(lock_path(folder, size), wait=False)):
            for path in _files(folder, size):
                freed += path.stat().st_size
                path.unlink()
    return freed


def _files(folder: Path, size: str = "*") -> list[Path]:
    index = index_path(folder, size).name
    patterns = (pixel_path(folder, size).name, feature_path(folder, size).name, index, f"{index}-journal")
    return [path for pattern in patterns for path in folder.glob(pattern)]
