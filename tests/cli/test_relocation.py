"""`--data-root` of the commands that use an existing session."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from alc_tui.cli import next_step
from alc_tui.session.store.document import Document
from alc_tui.session.store.folder import SessionFolder
from tests.cli.person import Alc
from tests.session.small import copy


@pytest.fixture
def moved(trained: SessionFolder, colors: Path, store: Path, tmp_path: Path) -> tuple[SessionFolder, Path]:
    """A trained session that was copied from elsewhere, and the folder with its images here."""
    folder = copy(trained, store)
    document = folder.document.read_text()
    folder.document.write_text(document.replace(str(colors), "/elsewhere/colors"))
    return folder, Path(shutil.copytree(colors, tmp_path / "moved"))


def test_a_session_that_cannot_find_its_images_says_where_it_looked_and_what_to_specify(
    alc: Alc, moved: tuple[SessionFolder, Path]
) -> None:
    seen = alc("session", "export", "--format", "folders")
    assert seen.code == 2 and "are not in /elsewhere/colors" in seen.error and "--data-root" in seen.error
    seen = alc("session", "replay", "--rounds", "1")
    assert seen.code == 2 and "session 'small' are not in /elsewhere/colors" in seen.error


def test_export_takes_the_new_place_and_the_session_keeps_it(alc: Alc, moved: tuple[SessionFolder, Path]) -> None:
    folder, there = moved
    seen = alc("session", "export", "--format", "folders", "--to", "out", "--data-root", there)
    assert seen.code == 0 and f"Found all 72 images in {there}; 64 of them compared by content." in seen.err
    links = list(Path("out").rglob("*.png"))
    assert links and all(path.exists() and path.readlink().is_relative_to(there) for path in links)
    assert Document(folder.document).session.dataset.root == str(there)
    assert alc("session", "show", "--json").json["data_root"] == str(there)
    assert f"Images   {there}" in alc("session", "show").out


@pytest.mark.parametrize("command", ["train", "label", "replay", "export", "resume"])
def test_a_place_without_the_images_is_refused(
    alc: Alc, moved: tuple[SessionFolder, Path], tmp_path: Path, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(next_step, "is_terminal", lambda: True)
    (tmp_path / "empty").mkdir()
    seen = alc("session", command, "--data-root", tmp_path / "empty")
    assert seen.code == 2 and "72 of 72 images of session 'small' are not in" in seen.error
