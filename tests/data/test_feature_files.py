from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas
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


def test_a_hundred_thousand_ids_take_seconds(tmp_path: Path) -> None:
    """Half a minute even on a busy machine; a search for each id through all others would take many minutes."""
    ids = [f"image {number}" for number in range(100_000)]
    start = time.perf_counter()
    path = written(tmp_path, ids=np.array(ids), features=np.arange(200_000).reshape(-1, 2))
    _, surplus = read_features(path).of(ids[::-2], np.zeros(50_000, dtype=np.int64), CLASSES)
    assert len(surplus) == 50_000 and time.perf_counter() - start < 30


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
        "f.csv": "Features are read from .npz, .npy and .parquet files, not from f.csv; save them with numpy.savez",
        "absent.npz": "The features, ",
    }.items():
        with pytest.raises(UsageError, match=re.escape(said)):
            read_features(tmp_path / name)


def written_by_pandas(folder: Path, columns: dict[str, Any], index: list[str] | None = None) -> Path:
    pytest.importorskip("pyarrow", reason="needs the extra parquet")
    pandas.DataFrame(columns, index=index).to_parquet(folder / "f.parquet", engine="pyarrow")
    return folder / "f.parquet"


@pytest.mark.parametrize(
    ("columns", "index"),
    [
        ({"ids": IDS, "features": list(ROWS)}, None),
        ({"features": [row.astype(np.float32) for row in ROWS], "id": IDS}, None),
        ({"ids": IDS, "f0": ROWS[:, 0], "f1": ROWS[:, 1].astype(int)}, None),
        ({"f0": ROWS[:, 0], "f1": ROWS[:, 1]}, IDS),
    ],
)
def test_a_parquet_file_has_ids_and_lists_or_columns_of_numbers(
    columns: dict[str, Any], index: list[str] | None, tmp_path: Path
) -> None:
    table = read_features(written_by_pandas(tmp_path, columns, index))
    assert table.ids == tuple(IDS) and table.features.dtype == np.float32 and table.features.tolist() == ROWS.tolist()


def test_a_missing_number_in_a_parquet_file_is_not_finite(tmp_path: Path) -> None:
    path = written_by_pandas(tmp_path, {"ids": IDS, "f": pandas.array([1, None, 3, 4], dtype="Int64")})
    with pytest.raises(UsageError, match=r"features of 1 samples in .* are not finite \(the first is 'b'\)"):
        read_features(path).of(IDS, LABELS, CLASSES)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"f0": ROWS[:, 0]}, "has no column named 'ids' or 'id'; write a column `ids`"),
        ({"ids": ["a", None, "c", None], "f": ROWS[:, 0]}, "2 of 4 rows of "),
        ({"ids": IDS, "f": ROWS[:, 0], "site": IDS}, "The column 'site' of "),
        ({"ids": IDS, "f": [True, False, True, True]}, "f.parquet does not hold numbers; write a column `ids`"),
        ({"ids": IDS, "features": [[1.0], [1.0, 2.0], [1.0], [1.0]]}, "have the lengths 1, 2; write a column"),
        ({"ids": IDS, "features": [[1.0], None, [1.0], [1.0]]}, "have the lengths 0, 1; write a column"),
        ({"ids": IDS, "features": [["x"], ["y"], ["z"], ["w"]]}, "cannot be read as features (could not convert"),
        ({"ids": IDS}, "holds 4 ids and features of shape (4, 0)"),
    ],
)
def test_a_parquet_file_with_anything_else_is_refused(columns: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        read_features(written_by_pandas(tmp_path, columns))


def test_a_damaged_parquet_file_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="needs the extra parquet")
    (tmp_path / "f.parquet").write_bytes(b"PAR1 no table PAR1")
    with pytest.raises(UsageError, match=r"f\.parquet cannot be read as features \("):
        read_features(tmp_path / "f.parquet")


def test_without_the_extra_a_parquet_file_names_it(tmp_path: Path) -> None:
    """In a process that does not find pyarrow, whether it is installed or not."""
    (tmp_path / "pyarrow.py").write_text("raise ImportError('not installed')")
    (tmp_path / "f.parquet").write_bytes(b"PAR1")
    script = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from pathlib import Path\n"
        "from alc_tui.data.sources.features import read_features\n"
        f"read_features(Path({str(tmp_path / 'f.parquet')!r}))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, encoding="utf-8", check=False)
    assert (
        "UsageError: Reading f.parquet needs the packages pandas and pyarrow; run `pip install 'alc-tui[parquet]'`"
        in (run.stderr)
    )


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
