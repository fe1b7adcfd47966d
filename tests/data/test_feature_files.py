from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from alc_tui.data.sources.features import load_features, read_features, save_features
from alc_tui.errors import AlcError, UsageError

IDS = ["a", "b", "c", "d"]
ROWS = np.arange(8, dtype=np.float64).reshape(4, 2)
LABELS, CLASSES = np.array([0, 0, 1, 1]), ("MEL", "NV")


def written(folder: Path, name: str = "f.npz", **arrays: Any) -> Path:
    path = folder / name
    np.savez(path, **{"ids": np.array(IDS), "features": ROWS} | arrays)
    return path


def test_rows_are_found_by_id_in_the_order_of_the_samples(tmp_path: Path) -> None:
    features, surplus = read_features(written(tmp_path)).of(["c", "a", "b"], LABELS[:3], CLASSES)
    assert features.dtype == np.float32 and features.tolist() == [[4, 5], [0, 1], [2, 3]] and surplus == ("d",)


def test_an_npy_file_has_its_ids_in_a_text_file_beside_it(tmp_path: Path) -> None:
    np.save(tmp_path / "f.npy", ROWS.astype(np.float16))
    with pytest.raises(UsageError, match=r"The ids of the features, .*f\.txt, were not found"):
        read_features(tmp_path / "f.npy")
    (tmp_path / "f.txt").write_text("\n".join(IDS) + "\n", encoding="utf-8-sig")
    assert read_features(tmp_path / "f.npy").ids == tuple(IDS)


@pytest.mark.parametrize("ids", [np.array([b"a", b"b", b"c", b"d"]), np.array([["a"], ["b"], ["c"], ["d"]])])
def test_ids_as_bytes_or_in_a_column_will_do(ids: Any, tmp_path: Path) -> None:
    assert read_features(written(tmp_path, ids=ids)).ids == tuple(IDS)


def test_numbers_as_ids_are_texts(tmp_path: Path) -> None:
    assert read_features(written(tmp_path, ids=np.arange(4))).ids == ("0", "1", "2", "3")


@pytest.mark.parametrize(
    ("ids", "said"),
    [
        (
            "axcd",
            "1 of 4 samples (the first is 'x'), and 1 of its ids are no samples (the first is 'b'); use the ids of",
        ),
        ("abxy", "2 of 4 samples (the first is 'x'), among them all of class 'NV', and 2 of its ids"),
        ("wxyz", "4 of 4 samples (the first is 'w'), and 4 of its ids"),
    ],
)
def test_missing_and_surplus_ids_are_counted_and_named(ids: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=re.escape(f"lacks the features of {said}")):
        read_features(written(tmp_path)).of(list(ids), LABELS, CLASSES)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
def test_features_that_are_not_finite_are_named(value: float, tmp_path: Path) -> None:
    rows = ROWS.copy()
    rows[2, 1] = value
    with pytest.raises(UsageError, match=r"features of 1 samples in .* are not finite \(the first is 'c'\)"):
        read_features(written(tmp_path, features=rows)).of(IDS, LABELS, CLASSES)


def test_constant_features_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="All samples have the same features in"):
        read_features(written(tmp_path, features=np.ones((4, 3)))).of(IDS, LABELS, CLASSES)


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"ids": np.array(["a", "b", "a", "d"])}, "holds several features of the sample 'a'; keep one row"),
        ({"ids": np.array(["a", "b"])}, "holds 2 ids and features of shape (4, 2) and type float64; save them with"),
        ({"features": ROWS[:, 0]}, "holds 4 ids and features of shape (4,)"),
        ({"features": ROWS.astype(str)}, "type <U"),
        ({"features": ROWS[:, :0]}, "features of shape (4, 0)"),
        ({"ids": np.array(IDS, dtype=object)}, "cannot be read as features (Object arrays cannot be loaded"),
    ],
)
def test_a_file_with_anything_else_is_refused(arrays: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        read_features(written(tmp_path, **arrays))


def test_a_missing_array_a_damaged_file_and_other_formats_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", names=np.array(IDS), features=ROWS)
    (tmp_path / "damaged.npz").write_bytes(b"PK\x03\x04 no archive")
    with (tmp_path / "array.npz").open("wb") as file:
        np.save(file, ROWS)
    (tmp_path / "text.npy").write_text("no array")
    (tmp_path / "text.txt").write_text("a")
    for name, said in {
        "other.npz": "has no array named 'ids'; save them with numpy.savez",
        "damaged.npz": "cannot be read as features (",
        "array.npz": "cannot be read as features (",
        "text.npy": "cannot be read as features (",
        "f.parquet": "Features are read from .npz and .npy files, not from f.parquet; save them with numpy.savez",
        "absent.npz": "The features, ",
    }.items():
        with pytest.raises(UsageError, match=re.escape(said)):
            read_features(tmp_path / name)


def test_a_sessions_own_copy_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "features.npy"
    with path.open("wb") as file:
        save_features(file, ROWS.astype(np.float32))
    assert np.array_equal(load_features(path, 4), ROWS)
    with pytest.raises(AlcError, match=r"features\.npy is missing or damaged \(it holds float32\[4, 2\]\)"):
        load_features(path, 5)
    path.unlink()
    with pytest.raises(AlcError, match="restore it from a backup"):
        load_features(path, 4)
