"""A folder of images in a bucket, compared with the same one on the disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from alc_tui.data.cache.pixels import PixelCache
from alc_tui.data.catalog import open_dataset
from tests.session.small import draw_colors


def put_colors(put: Callable[[str, bytes], object], folder: Path) -> Path:
    """Draw images into a new folder, and put each below `skin/` in a bucket. put: called with its key and content."""
    draw_colors(folder, per_class=4)
    for path in folder.rglob("*.png"):
        put(f"skin/{path.relative_to(folder).as_posix()}", path.read_bytes())
    return folder


def check_same_data_set(url: str, folder: Path, work: Path) -> None:
    """Assert that the URL has the samples, labels and pixels of the folder. work: for caches."""
    here, there = open_dataset(f"folder:{folder}", None), open_dataset(f"folder:{url}", None)
    assert (here.ids, here.labels.tolist()) == (there.ids, there.labels.tolist()) and str(there.root) == url
    caches = PixelCache(16, work / "here"), PixelCache(16, work / "there")
    for cache, data in zip(caches, (here, there), strict=True):
        assert not cache.prepare(data.images).bad
    assert (caches[0].digests(here.images) == caches[1].digests(there.images)).all()
