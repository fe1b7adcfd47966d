from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from alc_tui.data.sources.medmnist import CLASSES, MedMNISTName, open_medmnist, parse
from alc_tui.data.sources.medmnist_fetch import fetch
from alc_tui.errors import AlcError, UsageError


def save(path: Path, shape: tuple[int, ...] = (4, 4), labels: int = 1, classes: int = 3, **changes: Any) -> Path:
    arrays: dict[str, Any] = {}
    for part, count in (("train", 6), ("val", 3), ("test", 2)):
        arrays[f"{part}_images"] = np.arange(count, dtype=np.uint8).reshape(-1, *[1] * len(shape)) * np.ones(
            (1, *shape), np.uint8
        )
        arrays[f"{part}_labels"] = np.arange(count * labels).reshape(count, labels) % classes
    arrays |= changes
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **{name: array for name, array in arrays.items() if array is not None})
    return path


def test_labels_and_split_come_from_the_file_and_images_by_row(tmp_path: Path) -> None:
    path = save(tmp_path / "organamnist.npz", classes=11)
    data = open_medmnist(tmp_path, parse("organamnist"))
    assert data.name == "medmnist:organamnist" and data.root == path
    assert data.ids[:2] == ("train/0", "train/1") and data.ids[-1] == "test/1"
    assert data.split.tolist() == [0] * 6 + [1] * 3 + [2] * 2
    assert data.labels.tolist() == [0, 1, 2, 3, 4, 5, 0, 1, 2, 0, 1]
    assert data.classes[0] == "bladder" and len(data.classes) == 11
    assert data.images.read(5).getpixel((0, 0)) == (5, 5, 5)
    assert data.images.read(10).getpixel((0, 0)) == (1, 1, 1)


def test_a_larger_size_and_color_are_found_one_level_below(tmp_path: Path) -> None:
    save(tmp_path / "med" / "pathmnist_64.npz", shape=(4, 4, 3))
    data = open_medmnist(tmp_path, parse("pathmnist@64"))
    assert data.name == "medmnist:pathmnist@64" and data.images.read(0).mode == "RGB"


def test_a_flag_without_known_names_has_numbers_for_names(tmp_path: Path) -> None:
    save(tmp_path / "ownmnist.npz")
    assert open_medmnist(tmp_path, parse("ownmnist")).classes == ("0", "1", "2")


def test_every_known_flag_has_its_number_of_classes() -> None:
    assert {flag: len(names) for flag, names in CLASSES.items()} == {
        **{"pathmnist": 9, "dermamnist": 7, "octmnist": 4, "pneumoniamnist": 2, "retinamnist": 5, "breastmnist": 2},
        **{"bloodmnist": 8, "tissuemnist": 8, "organamnist": 11, "organcmnist": 11, "organsmnist": 11},
    }


@pytest.mark.parametrize("text", ["", "Path MNIST", "../x", "pathmnist@", "pathmnist@32", "pathmnist@x"])
def test_what_is_no_flag_or_size_is_refused(text: str) -> None:
    if text == "pathmnist@":
        assert parse(text) == MedMNISTName("pathmnist", 28)
        return
    with pytest.raises(UsageError, match="MedMNIST"):
        parse(text)


def test_a_missing_file_names_the_command_that_fetches_it(tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"bloodmnist_128\.npz not found .*alc dataset fetch medmnist:bloodmnist@128.*--data-root"
    ):
        open_medmnist(tmp_path, parse("bloodmnist@128"))


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"labels": 14}, "14 labels per image; only data with one label"),
        ({"shape": (4, 4, 4)}, "only 8-bit 2-D images"),
        ({"val_images": None}, "val_images"),
        ({"test_labels": None}, "test_labels"),
        ({"val_labels": np.zeros((7, 1), np.int64)}, "one label for each of its 3 val images"),
        ({"val_labels": np.zeros((3, 1))}, "one label"),
        ({"val_labels": np.full((3, 1), 9)}, r"labels outside \[0, 8\]"),
        ({"val_labels": np.full((3, 1), -1)}, "labels outside"),
        ({"val_images": np.zeros((3, 4, 4), np.float32)}, "dtype float32; only 8-bit 2-D images"),
        ({"val_labels": np.array([[None]] * 3, dtype=object)}, "cannot be read as a MedMNIST file"),
    ],
)
def test_files_of_another_kind_are_refused(tmp_path: Path, options: dict[str, object], problem: str) -> None:
    save(tmp_path / "pathmnist.npz", **options)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=problem):
        open_medmnist(tmp_path, parse("pathmnist"))


def test_half_a_file_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "pathmnist.npz")
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(UsageError, match="cannot be read as a MedMNIST file"):
        open_medmnist(tmp_path, parse("pathmnist"))


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Stands in for the medmnist package: publishes one file with a checksum, and fails if it is imported."""

    def publish(content: bytes, md5: str | None = None) -> Path:
        source = tmp_path / "server" / "file.npz"
        source.parent.mkdir(exist_ok=True)
        source.write_bytes(content)
        info = {"url_64": source.as_uri(), "MD5_64": md5 or hashlib.md5(content).hexdigest()}
        package = tmp_path / "site" / "medmnist"
        package.mkdir(parents=True, exist_ok=True)
        (package / "__init__.py").write_text("raise RuntimeError('imported')")
        (package / "info.py").write_text(f"INFO = {{'pathmnist': {info!r}}}")
        monkeypatch.syspath_prepend(tmp_path / "site")
        return source

    return publish


def test_a_file_is_fetched_checked_and_then_kept(published: Callable[..., Path], tmp_path: Path) -> None:
    source = published(b"x" * 3_000_000)
    calls: list[tuple[int, int]] = []
    path = fetch("pathmnist", 64, tmp_path / "new", lambda done, total: calls.append((done, total)))
    assert path == tmp_path / "new" / "pathmnist_64.npz" and path.read_bytes() == source.read_bytes()
    assert calls[-1] == (3_000_000, 3_000_000)
    source.unlink()
    assert fetch("pathmnist", 64, tmp_path / "new") == path
    assert [entry.name for entry in (tmp_path / "new").iterdir()] == ["pathmnist_64.npz"]


def test_a_file_with_another_checksum_is_not_kept(published: Callable[..., Path], tmp_path: Path) -> None:
    published(b"x", md5="0" * 32)
    with pytest.raises(AlcError, match="MD5 checksum"):
        fetch("pathmnist", 64, tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []


def test_an_address_that_cannot_be_reached_says_where_to_put_the_file(
    published: Callable[..., Path], tmp_path: Path
) -> None:
    published(b"x").unlink()
    with pytest.raises(AlcError, match=r"cannot be downloaded .* save it in .*new as pathmnist_64\.npz") as caught:
        fetch("pathmnist", 64, tmp_path / "new")
    assert caught.value.exit_code == 1
    assert list((tmp_path / "new").iterdir()) == []


def test_what_medmnist_does_not_have_is_refused(published: Callable[..., Path], tmp_path: Path) -> None:
    published(b"x")
    with pytest.raises(UsageError, match="no data set 'catmnist'"):
        fetch("catmnist", 64, tmp_path)
    with pytest.raises(UsageError, match="no 'pathmnist' at 224 px"):
        fetch("pathmnist", 224, tmp_path)


def test_a_folder_that_cannot_be_written_is_one_sentence(published: Callable[..., Path], tmp_path: Path) -> None:
    published(b"x")
    (tmp_path / "file").write_text("")
    with pytest.raises(AlcError, match="is not writable"):
        fetch("pathmnist", 64, tmp_path / "file" / "below")


def test_without_the_medmnist_package_the_command_that_installs_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'alc-tui\[fetch\]'"):
        fetch("pathmnist", 28, tmp_path)
