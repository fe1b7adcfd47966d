from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from alc_tui.data.cache import folder as cache
from tests.cli.person import Alc


def test_the_list_is_what_new_takes(alc: Alc) -> None:
    seen = alc("dataset", "list")
    names = [line.split()[0] for line in seen.out.splitlines()]
    assert seen.code == 0 and names == [
        "name", "isic", "nct", "nct-lt", "medmnist:FLAG[@SIZE]", "folder:PATH", "csv:PATH", "label-studio:PATH", "demo",
    ]  # fmt: skip
    (column,) = {len(line) - len(line[22:].lstrip()) for line in seen.out.splitlines()}  # where descriptions begin
    assert column == 22
    told = alc("dataset", "list", "--json").json
    assert [entry["name"] for entry in told] == names[1:] and all(entry["what"] for entry in told)


@pytest.fixture
def spoilt(colors: Path, tmp_path: Path) -> Path:
    """The colors with one unreadable image and one that is there twice."""
    own = Path(shutil.copytree(colors, tmp_path / "own"))
    shutil.copyfile(own / "red" / "05.png", own / "blue" / "99.png")
    (own / "red" / "06.png").write_bytes(b"")
    return own


def test_info_tells_classes_splits_bad_images_and_twins(alc: Alc, spoilt: Path) -> None:
    seen = alc("dataset", "info", f"folder:{spoilt}", "--image-size", 16)
    assert seen.code == 0
    cells = [line.split() for line in seen.out.splitlines()]
    assert ["class", "train", "val", "test"] in cells
    assert ["all", "51", "7", "15"] in cells
    assert "1 image cannot be used:" in seen.out and "  red/06.png: empty file" in seen.out
    assert "1 group of duplicate images:" in seen.out
    assert "blue/99.png (blue, " in seen.out and "different classes" in seen.out


def test_info_as_json_has_the_same_facts(alc: Alc, spoilt: Path) -> None:
    seen = alc("dataset", "info", f"folder:{spoilt}", "--image-size", 16, "--json")
    told = seen.json
    assert (told["samples"], told["root"]) == (73, str(spoilt))
    assert sum(sum(counts.values()) for counts in told["counts"].values()) == 73
    assert [(bad["locator"], bad["reason"]) for bad in told["bad"]] == [("red/06.png", "empty file")]
    (twins,) = told["twins"]
    assert sorted(twins["ids"]) == ["blue/99.png", "red/05.png"] and twins["disagrees"] is True


@pytest.fixture
def compared(colors: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A table of the colors with patients, and random features with three near duplicates and an outlier."""
    own = Path(shutil.copytree(colors, tmp_path / "own"))
    ids = sorted(str(path.relative_to(own)) for path in own.glob("*/*.png"))
    parts = ["test" if place % 4 == 0 else "val" if place % 4 == 1 else "train" for place in range(len(ids))]
    rows = [f"{name},{name.split('/')[0]},{parts[place]},P{place // 2}" for place, name in enumerate(ids)]
    (own / "labels.csv").write_text("\n".join(["image,label,split,patient_id", *rows]) + "\n")
    features = np.random.default_rng(0).normal(size=(len(ids), 30))
    features[2], features[71] = features[0], features[70] + 0.01  # blue in train and test; red in train
    features[30] = features[2] + 0.01  # green in train
    features[40] *= 9
    np.savez(tmp_path / "features.npz", ids=np.array(ids), features=features)
    return own / "labels.csv", tmp_path / "features.npz"


def test_info_with_features_lists_near_duplicates_and_outliers(alc: Alc, compared: tuple[Path, Path]) -> None:
    table, features = compared
    seen = alc("dataset", "info", f"csv:{table}", "--image-size", 16, "--features", features)
    assert seen.code == 0
    assert (
        "2 groups of near duplicates by features, 1 in several splits, 1 with different classes, 1 test sample with a "
        "training sample:\n"
        "  blue/00.png (blue, test), blue/02.png (blue, train), green/06.png (green, train) – similarity 1.00 – "
        "different classes – in several splits\n"
        "  red/22.png (red, train), red/23.png (red, train) – similarity 1.00\n"
    ) in seen.out
    assert "1 outlier by features:\n  green/16.png (green, test): " in seen.out


def test_info_with_features_as_json_has_the_same_facts(alc: Alc, compared: tuple[Path, Path]) -> None:
    table, features = compared
    words = ("dataset", "info", f"csv:{table}", "--image-size", 16, "--json")
    assert "near_duplicates" not in alc(*words).json
    told = alc(*words, "--features", features).json
    first, second = told["near_duplicates"]
    assert first["ids"] == ["blue/00.png", "blue/02.png", "green/06.png"]
    assert first["classes"] == ["blue", "blue", "green"] and first["splits"] == ["test", "train", "train"]
    assert (first["crosses_splits"], first["disagrees"]) == (True, True) and first["similarity"] > 0.99
    assert (second["crosses_splits"], second["disagrees"]) == (False, False)
    assert told["test_with_train"] == 1
    (outlier,) = told["outliers"]
    assert (outlier["id"], outlier["label"], outlier["split"]) == ("green/16.png", "green", "test")
    assert outlier["score"] > 3.5
    assert told["shared_groups"] == {"column": "patient_id", "groups": 18, "samples": 36, "leaking": 0}


def test_identical_images_are_not_listed_as_near_duplicates_again(alc: Alc, spoilt: Path) -> None:
    words = ("--image-size", 16, "--features", "computed", "--backbone", "small", "--weights", "none", "--json")
    told = alc("dataset", "info", f"folder:{spoilt}", *words).json
    (identical,) = told["twins"]
    groups = [set(group["ids"]) for group in told["near_duplicates"]]
    assert set(identical["ids"]) not in groups
    assert all("red/06.png" not in group for group in groups)  # it cannot be read


def test_computed_features_are_kept_in_the_cache(
    alc: Alc, colors: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALC_CACHE", str(tmp_path / "cache"))
    words = ("--image-size", 16, "--features", "computed", "--backbone", "small", "--weights", "none", "--json")
    first = alc("dataset", "info", f"folder:{colors}", *words).json
    size = cache.cache_size()
    assert alc("dataset", "info", f"folder:{colors}", *words).json == first and cache.cache_size() == size


@pytest.mark.slow
def test_patients_in_several_splits_are_a_warning_of_info_and_of_new(alc: Alc, compared: tuple[Path, Path]) -> None:
    table, _ = compared
    warning = "Warning: 36 samples share their patient_id with samples in another split (values: 18; test samples"
    assert warning in alc("dataset", "info", f"csv:{table}", "--image-size", 16).out
    seen = alc("session", "new", "--dataset", f"csv:{table}", "--image-size", 16, "--backbone", "small", "--weights",
               "none", "--noise", 0.2, "--no-train", "--name", "own")  # fmt: skip
    assert seen.code == 0 and warning in seen.err
    seen = alc("session", "new", "--dataset", f"csv:{table}", "--image-size", 16, "--backbone", "small", "--weights",
               "none", "--noise", 0.2, "--no-train", "--name", "kept", "--split", "lesion")  # fmt: skip
    assert seen.code == 0 and "Warning" not in seen.err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--features nowhere.npz", "The features, nowhere.npz, were not found"),
        ("--features other.csv", "Features are read from .npz, .npy and .parquet files, not from other.csv"),
        ("--backbone small", "--backbone is for features that are computed; add --features computed, or omit"),
        ("--features foreign.npz --weights none", "--weights is for features that are computed"),
        ("--features foreign.npz", "lacks the features of 72 of 72 samples"),
        ("--features constant.npz", "All samples have the same features in"),
        ("--features broken.npz", "The features of 1 samples in"),
        ("--features computed --backbone smal", "Unknown backbone 'smal'; did you mean small?"),
        ("--features computed --backbone small --weights nowhere.pth", "nowhere.pth not found"),
        ("--features computed --backbone small --weights none --device gpu", "gpu"),
        ("--features computed --backbone vit_b_16 --weights none", "does not support images of 16 px"),
    ],
)
def test_features_that_cannot_be_used_are_one_sentence(
    alc: Alc, colors: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    ids = sorted(str(path.relative_to(colors)) for path in colors.glob("*/*.png"))
    rows = np.random.default_rng(0).normal(size=(len(ids), 4))
    np.savez("foreign.npz", ids=np.arange(len(ids)), features=rows)
    np.savez("constant.npz", ids=np.array(ids), features=np.ones_like(rows))
    rows[3, 2] = np.nan
    np.savez("broken.npz", ids=np.array(ids), features=rows)
    seen = alc("dataset", "info", f"folder:{colors}", "--image-size", 16, *words.split())
    assert seen.code == 2 and seen.out == "" and sentence in seen.error


@pytest.fixture
def mixed(colors: Path, tmp_path: Path) -> Path:
    """The colors with what people, a NAS and a scanner leave among them, in a folder around them."""
    root = tmp_path / "mixed"
    own = Path(shutil.copytree(colors, root / "dataset"))
    for number in range(3):
        image = own / "red" / f"{number:02d}.png"
        (own / "red" / "@eaDir" / image.name).mkdir(parents=True)
        shutil.copyfile(image, own / "red" / "@eaDir" / image.name / "SYNOPHOTO_THUMB_M.png")
        shutil.copyfile(image, own / "red" / f"{number:02d}_mask.png")
        (own / "red" / f"scan{number}.nii").write_bytes(b"NIfTI")
    shutil.move(own / "blue", tmp_path / "elsewhere")
    (own / "blue").symlink_to(tmp_path / "elsewhere")
    (own / "green" / "batch2").symlink_to("/mnt/unmounted")
    return root


def test_info_says_in_counts_what_was_followed_left_out_and_cannot_be_used(alc: Alc, mixed: Path) -> None:
    seen = alc("dataset", "info", f"folder:{mixed}", "--image-size", 16)
    assert seen.code == 0
    assert ["all", "50", "7", "15"] in [line.split() for line in seen.out.splitlines()]
    left_out = "3 × mask or segmentation beside its image, 3 × NIfTI file (.nii)"
    assert (
        f"Links followed: 1, 1 of them out of the folder, such as dataset/blue → {mixed.parent}/elsewhere." in seen.out
    )
    assert left_out in seen.out and "1 × file or folder of a system (@eaDir)" in seen.out
    problem = "dataset/green/batch2: a link to /mnt/unmounted, which does not exist"
    assert f"Cannot be used: 1 ({problem})." in seen.out
    told = alc("dataset", "info", f"folder:{mixed}", "--image-size", 16, "--json").json["inventory"]
    assert told["images"] == 72 and sum(told["left_out"].values()) == 7
    assert [link["path"] for link in told["links"]] == ["dataset/blue"]
    assert [problem["path"] for problem in told["problems"]] == ["dataset/green/batch2"]


@pytest.mark.parametrize("command", ["info", "prepare"])
def test_files_of_which_only_the_first_page_is_used_are_counted(
    command: str, alc: Alc, colors: Path, tmp_path: Path
) -> None:
    own = Path(shutil.copytree(colors, tmp_path / "own"))
    pages = [Image.new("RGB", (20, 20), (page, 0, 0)) for page in range(4)]
    for name in ("a.tif", "b.gif"):
        pages[0].save(own / "red" / name, save_all=True, append_images=pages[1:])
    told = alc("dataset", command, f"folder:{own}", "--image-size", 16)
    sentence = "2 files have several pages or frames, of which only the first is used, such as red/a.tif with 4."
    assert sentence in " ".join((told.out + told.err).split())
    if command == "info":
        listed = alc("dataset", "info", f"folder:{own}", "--image-size", 16, "--json").json["frames_left_out"]
        assert [(each["locator"], each["frames"]) for each in listed] == [("red/a.tif", 4), ("red/b.gif", 4)]


def test_info_joins_classes_that_look_alike_when_asked_to(alc: Alc, mixed: Path) -> None:
    (mixed / "dataset" / "Red").mkdir()
    (mixed / "dataset" / "red" / "05.png").rename(mixed / "dataset" / "Red" / "05.png")
    seen = alc("dataset", "info", f"folder:{mixed}", "--image-size", 16)
    assert seen.code == 2 and "'Red' (1) and 'red' (23)" in seen.error and "--merge-alike" in seen.error
    told = alc("dataset", "info", f"folder:{mixed}", "--image-size", 16, "--merge-alike", "--json").json
    assert list(told["counts"]) == ["blue", "green", "red"] and told["samples"] == 72


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("info isik", "Unknown data set 'isik'; did you mean 'isic'?"),
        ("info folder:nowhere", "nowhere cannot be read"),
        ("info demo --split lesion", "has no groups of samples"),
        ("prepare", "No data set was specified"),
        ("prepare demo --clear", "omit the name"),
        ("fetch isic", "Only medmnist:FLAG[@SIZE] can be downloaded, not 'isic'"),
        ("fetch medmnist:pathmnist", "add --data-root or set ALC_DATA"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(alc: Alc, words: str, sentence: str) -> None:
    seen = alc("dataset", *words.split())
    assert seen.code == 2 and seen.out == "" and sentence in seen.error


def test_images_are_decoded_ahead_and_the_cache_can_be_cleared(
    alc: Alc, colors: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALC_CACHE", str(tmp_path / "cache"))
    seen = alc("dataset", "prepare", f"folder:{colors}", "--image-size", 16)
    assert seen.code == 0 and seen.out == ""
    assert "72 of 72 images are ready at 18 px" in seen.err
    assert cache.cache_size() > 72 * 18 * 18 * 3
    seen = alc("dataset", "prepare", "--clear")
    assert seen.code == 0 and seen.err.startswith("Freed ") and cache.cache_size() == 0


def test_prepare_says_what_was_left_out(alc: Alc, mixed: Path) -> None:
    seen = alc("dataset", "prepare", f"folder:{mixed}", "--image-size", 16)
    assert seen.code == 0 and "Left out: 3 × mask" in seen.err and "Cannot be used: 1 (" in seen.err


def test_images_that_cannot_be_decoded_are_named(alc: Alc, spoilt: Path) -> None:
    seen = alc("dataset", "prepare", f"folder:{spoilt}", "--image-size", 16)
    assert seen.code == 0 and "  cannot be used: red/06.png: empty file" in seen.err
    assert "72 of 73 images are ready" in seen.err


def test_names_with_line_breaks_and_control_characters_are_escaped(alc: Alc, colors: Path, tmp_path: Path) -> None:
    own = Path(shutil.copytree(colors, tmp_path / "own"))
    (own / "red").rename(own / "re\nd\x1b[2J")
    (own / "green" / "a\nb").symlink_to("/nowhere")
    seen = alc("dataset", "info", f"folder:{own}", "--image-size", 16)
    assert seen.code == 0 and "\x1b" not in seen.out
    assert r"re\nd\x1b[2J" in seen.out and r"green/a\nb: a link to /nowhere" in seen.out
    seen = alc("session", "new", "--dataset", f"folder:{own}", "--no-train")
    assert seen.code == 2 and r"green/a\nb: a link to /nowhere" in seen.error


def test_weights_are_looked_for_in_the_data_root_and_the_home_folder(
    alc: Alc, colors: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    words = ("dataset", "info", f"folder:{colors}", "--image-size", 16, "--features", "computed", "--backbone", "small")
    for file in ("root/mine.pth", "home/mine.pth"):
        (tmp_path / file).parent.mkdir()
        (tmp_path / file).write_text("no weights")
    in_root = alc(*words, "--weights", "mine.pth", "--data-root", tmp_path / "root")
    assert f"{tmp_path}/root/mine.pth cannot be read safely" in in_root.error
    assert f"{tmp_path}/home/mine.pth cannot be read safely" in alc(*words, "--weights", "~/mine.pth").error
