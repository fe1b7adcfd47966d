from __future__ import annotations

import shutil
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from alc_tui.errors import SessionUnavailable, UsageError
from alc_tui.session import replay
from alc_tui.session.export.formats import class_folders
from alc_tui.session.export.table import label_table
from alc_tui.session.labeling.merge import merge
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.relocation import missing_images, relocate
from alc_tui.session.store import checksums, lock
from alc_tui.session.store.arrays import load_samples
from alc_tui.session.store.document import Document
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Verdict
from alc_tui.session.training.workspace import open_workspace
from tests.data.images.samples import png
from tests.session.small import copy, make


@pytest.fixture
def moved(colors: Path, tmp_path: Path) -> tuple[SessionFolder, Path]:
    """A session whose images were moved after it was made, and the folder in which they are now."""
    there = tmp_path / "before" / "colors"
    shutil.copytree(colors, there)
    folder = make(there, tmp_path / "store", "small")
    (tmp_path / "after").mkdir()
    return folder, Path(shutil.move(there, tmp_path / "after" / "skin"))


def test_images_that_were_moved_are_found_and_their_place_is_recorded(moved: tuple[SessionFolder, Path]) -> None:
    folder, there = moved
    assert missing_images(folder) == there.parents[1] / "before" / "colors"
    found = relocate(folder, there)
    assert (found.root, found.images, found.compared) == (there, 72, 64)
    assert found.sentence() == f"Found all 72 images in {there}; 64 of them compared by content."
    assert Document(folder.document).session.dataset.root == str(there)
    assert missing_images(folder) is None
    assert SessionService(folder).images().read(0).size == (20, 20)
    assert len(open_workspace(folder, lambda _event: None).samples.ids) == 72


def test_the_folder_above_the_images_is_enough(moved: tuple[SessionFolder, Path]) -> None:
    folder, there = moved
    assert relocate(folder, there.parent).root == there


def test_a_folder_that_lacks_an_image_is_refused(moved: tuple[SessionFolder, Path]) -> None:
    folder, there = moved
    (there / "red" / "05.png").unlink()
    before = folder.document.read_bytes()
    with pytest.raises(
        UsageError, match=r"1 of 72 images of session 'small' are not in .*/skin, such as 'red/05\.png'"
    ):
        relocate(folder, there)
    with pytest.raises(UsageError, match=r"72 of 72 images .* are not in .*/red"):
        relocate(folder, there / "red")
    with pytest.raises(UsageError, match="cannot be read"):
        relocate(folder, there / "nowhere")
    assert folder.document.read_bytes() == before


def test_images_of_the_same_names_and_other_content_are_refused(moved: tuple[SessionFolder, Path]) -> None:
    folder, there = moved
    (there / "blue").rename(there / "x")
    (there / "red").rename(there / "blue")
    (there / "x").rename(there / "red")
    with pytest.raises(UsageError, match=r"\d+ of 64 compared images in .* are not those of session 'small', such as"):
        relocate(folder, there)


@pytest.mark.parametrize("is_earlier", [False, True])
def test_images_with_16_bits_are_recognized_by_the_checksums_of_any_version(
    is_earlier: bool, colors: Path, tmp_path: Path
) -> None:
    there = Path(shutil.copytree(colors, tmp_path / "colors"))
    for image in (there / "red").iterdir():
        with Image.open(image) as flat:
            image.write_bytes(png(np.asarray(flat).astype(np.uint16) * 257))
    folder = make(there, tmp_path / "store", "small")
    locators = load_samples(folder.samples).locators.tolist()
    if is_earlier:
        contents = [blake2b((there / each).read_bytes(), digest_size=16).digest() for each in locators]
        checksums.save(folder.checksums, np.frombuffer(b"".join(contents), np.uint8).reshape(-1, 16))
    assert relocate(folder, Path(shutil.move(there, tmp_path / "after"))).compared == 64


def test_frames_of_files_that_were_moved_are_found(colors: Path, tmp_path: Path) -> None:
    there = tmp_path / "stacks"
    there.mkdir()
    rows = ["image,label"]
    for folder in sorted(colors.iterdir()):
        pages = [Image.open(image) for image in sorted(folder.iterdir())]
        pages[0].save(there / f"{folder.name}.tif", save_all=True, append_images=pages[1:])
        rows += [f"{folder.name}.tif#{number},{folder.name}" for number in range(1, len(pages) + 1)]
    (there / "x.csv").write_text("\n".join(rows))
    session = make(there, tmp_path / "store", "small", dataset=f"csv:{there / 'x.csv'}")
    moved_to = Path(shutil.move(there, tmp_path / "after"))
    assert missing_images(session) == there
    assert relocate(session, moved_to).compared == 64 and missing_images(session) is None


def test_a_session_without_checksums_says_that_names_alone_were_compared(moved: tuple[SessionFolder, Path]) -> None:
    folder, there = moved
    folder.checksums.unlink()
    found = relocate(folder, there)
    assert found.compared == 0 and "compared by name only" in found.sentence()


def test_the_place_does_not_change_while_the_session_trains(moved: tuple[SessionFolder, Path]) -> None:
    folder, there = moved
    with lock.WriterLock(folder.worker_lock, "training"), pytest.raises(SessionUnavailable):
        relocate(folder, there)


def test_missing_images_are_an_error_that_says_where_they_were_sought(moved: tuple[SessionFolder, Path]) -> None:
    folder, _ = moved
    sentence = r"The images of session 'small' are not in .*/before/colors; .*--data-root"
    with pytest.raises(UsageError, match=sentence):
        SessionService(folder).images()
    with pytest.raises(UsageError, match=sentence):
        open_workspace(folder, lambda _event: None)


def test_a_root_that_lost_some_images_is_an_error_that_names_the_session(moved: tuple[SessionFolder, Path]) -> None:
    folder, there = moved
    relocate(folder, there)
    (there / "red" / "05.png").unlink()
    with pytest.raises(
        UsageError, match=r"1 images of session 'small' .* in .*/skin \(the first is red/05\.png: missing\)"
    ):
        open_workspace(folder, lambda _event: None)


def test_the_demo_has_no_place(tmp_path: Path, untrained: SessionFolder) -> None:
    folder = copy(untrained, tmp_path)
    document = Document(folder.document)
    document.update(replace(document.session, config=replace(document.config, dataset="demo")))
    assert missing_images(folder) is None
    with pytest.raises(UsageError, match="drawn by alc; remove --data-root"):
        relocate(folder, tmp_path)


def test_a_medmnist_file_is_found_by_its_name(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    arrays: dict[str, Any] = {}
    for part in ("train", "val", "test"):
        arrays[f"{part}_images"] = rng.integers(256, size=(30, 28, 28), dtype=np.uint8)
        arrays[f"{part}_labels"] = np.arange(30, dtype=np.uint8)[:, None] % 2
    (tmp_path / "data").mkdir()
    np.savez(tmp_path / "data" / "pneumoniamnist.npz", **arrays)
    folder = make(
        tmp_path, tmp_path / "store", "m", dataset="medmnist:pneumoniamnist", data_root=str(tmp_path), budget=1
    )
    (tmp_path / "data").rename(tmp_path / "moved")
    assert missing_images(folder) == tmp_path / "data" / "pneumoniamnist.npz"
    found = relocate(folder, tmp_path / "moved")
    assert (found.root, found.compared) == (tmp_path / "moved" / "pneumoniamnist.npz", 64)
    with pytest.raises(UsageError, match=r"no pneumoniamnist\.npz in"):
        relocate(folder, tmp_path / "store")


def test_links_are_not_exported_to_images_that_are_missing(
    trained: SessionFolder, colors: Path, tmp_path: Path
) -> None:
    folder = copy(trained, tmp_path / "store")
    moved = Path(shutil.copytree(colors, tmp_path / "moved"))
    relocate(folder, moved)
    for path in (moved / "red").iterdir():
        path.unlink()
    service = SessionService(folder)
    with pytest.raises(UsageError, match=r"images to export are not in .*/moved, such as .*--data-root"):
        class_folders.links(label_table(service), tmp_path / "out")
    shutil.copytree(colors, moved, dirs_exist_ok=True)
    links = class_folders.links(label_table(service), tmp_path / "out")
    assert links and all(image.is_relative_to(moved) and image.is_file() for image in links.values())


def test_copies_labeled_apart_are_merged_wherever_their_images_are(
    trained: SessionFolder, colors: Path, tmp_path: Path
) -> None:
    own, other = copy(trained, tmp_path / "store"), copy(trained, tmp_path / "elsewhere", "copy")
    relocate(other, Path(shutil.copytree(colors, tmp_path / "moved")))
    with SessionService(other, "eva", write=True) as theirs:
        theirs.decide(theirs.queue[0], Verdict("skip"))
    with SessionService(own, "anna", write=True) as service:
        assert merge(service, [SessionService(other)]).added == 1


def test_a_replay_looks_where_its_session_looks(trained: SessionFolder, colors: Path, tmp_path: Path) -> None:
    folder = copy(trained, tmp_path / "store")
    oracle = replay.parse_oracle("gt", folder, tmp_path / "store")
    replayed = replay.prepare(folder, oracle, {"rounds": 1}, lambda _event: None)
    relocate(folder, Path(shutil.copytree(colors, tmp_path / "moved")))
    assert replay.prepare(folder, oracle, {"rounds": 1}, lambda _event: None) == replayed
    assert Document(replayed.document).session.dataset.root == str(tmp_path / "moved")
    assert replayed.owner == folder and folder.owner == folder
    shutil.rmtree(tmp_path / "moved")
    with pytest.raises(UsageError, match=f"session {folder.name!r} are not in .*moved"):
        open_workspace(replayed, lambda _event: None)
