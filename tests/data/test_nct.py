from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from alc_tui.data.catalog import apply_split
from alc_tui.data.dataset import TEST, TRAIN, UNASSIGNED, VAL, Dataset
from alc_tui.data.images import FileImages
from alc_tui.data.sources.nct import CLASSES, DEVELOPMENT, TESTING, open_nct
from alc_tui.errors import UsageError

DEVELOPMENT_SIZES = (10407, 10566, 11512, 11557, 8896, 13536, 8763, 10446, 14317)
TESTING_SIZES = (1338, 847, 339, 634, 1035, 592, 741, 421, 1233)


@pytest.fixture
def nct(put: Callable[..., Path], tmp_path: Path) -> Path:
    for folder in (DEVELOPMENT, TESTING):
        for name in CLASSES:
            put(f"{folder}/{name}/{name}-B.tif")
            put(f"{folder}/{name}/{name}-A.TIF")
    return tmp_path


def test_the_100k_is_unassigned_and_the_7k_is_the_test_set(nct: Path) -> None:
    data = open_nct(nct)
    assert data.ids[:3] == (
        f"{DEVELOPMENT}/ADI/ADI-A.TIF",
        f"{DEVELOPMENT}/ADI/ADI-B.tif",
        f"{DEVELOPMENT}/BACK/BACK-A.TIF",
    )
    assert data.labels.tolist() == np.repeat(np.arange(9), 2).tolist() * 2
    assert data.split.tolist() == [UNASSIGNED] * 18 + [TEST] * 18
    assert data.images.read(35).size == (6, 4)


def test_the_folders_may_lie_one_level_below_and_apart(nct: Path) -> None:
    (nct / "one").mkdir()
    shutil.move(nct / DEVELOPMENT, nct / "one")
    data = open_nct(nct)
    assert data.ids[0] == f"{DEVELOPMENT}/ADI/ADI-A.TIF"
    assert data.images.locator(0) == f"one/{DEVELOPMENT}/ADI/ADI-A.TIF"
    assert data.images.read(0).size == data.images.read(35).size


def test_a_download_with_doubled_folders_is_read_the_same(nct: Path) -> None:
    ids = open_nct(nct).ids
    for folder in (DEVELOPMENT, TESTING):
        (nct / folder).rename(nct / "inner")
        (nct / folder).mkdir()
        (nct / "inner").rename(nct / folder / folder)
    data = open_nct(nct)
    assert data.ids == ids and data.images.read(0).size == (6, 4)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda root: shutil.rmtree(root / TESTING), f"Folder {TESTING} not found in .*--data-root"),
        (lambda root: shutil.copytree(root / TESTING, root / "b" / TESTING), f"more than one {TESTING}"),
        (lambda root: shutil.rmtree(root / DEVELOPMENT / "MUC"), "lacks the class folder 'MUC'"),
        (lambda root: (root / TESTING / "XYZ").mkdir(), "contains 'XYZ', which is not one of its classes"),
        (lambda root: [path.unlink() for path in (root / TESTING / "DEB").iterdir()], "DEB has no images"),
    ],
)
def test_folders_that_are_not_as_published_are_refused(
    nct: Path, change: Callable[[Path], object], problem: str
) -> None:
    change(nct)
    with pytest.raises(UsageError, match=problem):
        open_nct(nct)


def of_the_real_sizes(name: str) -> Dataset:
    sizes = (*DEVELOPMENT_SIZES, *TESTING_SIZES)
    labels = np.repeat(np.tile(np.arange(9), 2), sizes)
    split = np.repeat(np.array([UNASSIGNED, TEST], np.int8), [sum(DEVELOPMENT_SIZES), sum(TESTING_SIZES)])
    ids = tuple(map(str, range(len(labels))))
    return Dataset(name, CLASSES, ids, labels, split, FileImages(Path(), ids), Path())


def test_the_long_tail_of_the_real_sizes_is_the_papers(rng: np.random.Generator) -> None:
    data = apply_split(of_the_real_sizes("nct-lt"), None, None, rng, rng)
    assert np.bincount(data.split).tolist() == [15_924, 3_982, 7_180]
    development = data.labels[data.split != TEST]
    assert np.bincount(development).tolist() == [8763, 4927, 2771, 1558, 876, 492, 277, 155, 87]
    assert np.bincount(data.labels[data.split == TEST]).tolist() == list(TESTING_SIZES)


def test_nct_without_the_tail_is_divided_80_to_20(rng: np.random.Generator) -> None:
    data = apply_split(of_the_real_sizes("nct"), None, None, rng, rng)
    assert [int((data.split == part).sum()) for part in (TRAIN, VAL, TEST)] == [80_000, 20_000, 7_180]
