"""Exports that are folders of links, one per class or for Hugging Face."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from alc_tui.errors import UsageError
from alc_tui.session.export.formats import class_folders
from alc_tui.session.export.names import FOLDERS
from alc_tui.session.export.table import label_table
from alc_tui.session.export.writing import write_labels
from alc_tui.session.labeling.service import SessionService
from tests.made_sessions import make_session


def test_links_lead_to_the_images_of_clean_labels_in_a_folder_per_class(
    service: SessionService, tmp_path: Path
) -> None:
    table, target = label_table(service).rows, tmp_path / "by class"
    assert write_folder(service, target)
    found = {path.relative_to(target).as_posix(): path for path in target.rglob("*") if path.is_symlink()}
    clean = [row for row in table if row.status in ("kept", "confirmed", "changed")]
    assert len(clean) == 14
    assert set(found) == {f"{row.final}/{row.id}" for row in clean}
    images = service.folder.path.parent / "skin-images"
    for row in clean:
        assert found[f"{row.final}/{row.id}"].samefile(images / row.id)
    assert json.loads((target / "provenance.json").read_text())["counts"]["kept"] == 12


ODD = ("a/b", "a_b", "a b", "..", "MEL.", "../../etc", "β-γ")


def test_folders_of_oddly_named_classes_stay_inside_and_apart(tmp_path: Path) -> None:
    service = SessionService(make_session(tmp_path / "odd", classes=ODD, samples=210))
    table = label_table(service)
    target = tmp_path / "out" / "links"
    write_folder(service, target)
    folders = sorted(path.name for path in target.iterdir() if path.is_dir())
    kept = [row for row in table.rows if row.status == "kept"]
    assert {row.final for row in kept} == set(ODD)
    assert folders == sorted(["a_b", "a_b-2", "a_b-3", "_", "MEL", "_.._etc", "β-γ"])
    assert all(path.resolve().is_relative_to(target.resolve()) for path in target.iterdir())
    assert len(linked(target)) == len(kept)


def test_samples_whose_names_become_alike_are_linked_side_by_side(tmp_path: Path) -> None:
    table = label_table(SessionService(make_session(tmp_path / "odd", classes=("x",), samples=15)))
    names = ["a/1.png", "a_1.png", "a 1.png"]
    named = [replace(row, id=name, status="kept") for row, name in zip(table.rows, names, strict=False)]
    links = class_folders.links(replace(table, rows=tuple(named)), tmp_path / "links")
    assert [link.relative_to(tmp_path).as_posix() for link in links] == [
        "links/x/a_1.png", "links/x/a_1-2.png", "links/x/a_1-3.png",
    ]  # fmt: skip


def test_links_are_not_mixed_with_what_is_there(service: SessionService, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for target in (tmp_path / "full", tmp_path / "file"):
        for may_replace in (False, True):
            with pytest.raises(UsageError, match="is not an empty folder; specify another --to"):
                write_folder(service, target, may_replace)
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["mine.txt"]
    (tmp_path / "empty").mkdir()
    assert write_folder(service, tmp_path / "empty")
    assert len(linked(tmp_path / "empty")) == 14


def write_folder(service: SessionService, target: Path, replace: bool = False) -> bool:
    return write_labels(label_table(service), FOLDERS, target, replace)


def linked(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_symlink()]


def test_an_earlier_folder_is_replaced_only_if_asked(service: SessionService, tmp_path: Path) -> None:
    target = tmp_path / "links"
    write_folder(service, target)
    linked(target)[0].unlink()
    with pytest.raises(UsageError, match="links exists; specify another --to, or replace it with --force"):
        write_folder(service, target)
    assert len(linked(target)) == 13
    write_folder(service, target, replace=True)
    assert len(linked(target)) == 14
    assert list(tmp_path.glob(".*")) == []


@pytest.mark.parametrize("error", [errno.EPERM, errno.ENOTSUP, errno.ENOSYS])
def test_where_there_are_no_links_the_images_are_copied(
    service: SessionService, tmp_path: Path, error: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Path, _target: Path) -> None:
        raise OSError(error, os.strerror(error), str(self))

    monkeypatch.setattr(Path, "symlink_to", fail)
    target = tmp_path / "links"
    assert not write_folder(service, target)
    files = [path for path in target.rglob("*.png") if not path.is_symlink()]
    assert len(files) == 14
    images = service.folder.path.parent / "skin-images"
    assert all(path.read_bytes() == (images / path.name).read_bytes() for path in files)


@pytest.mark.parametrize("error", [OSError(errno.EIO, "Input/output error"), KeyboardInterrupt()])
def test_a_folder_that_cannot_be_finished_is_not_there(
    service: SessionService, tmp_path: Path, error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []

    def fail(self: Path, _target: Path) -> None:
        made.append(self)
        if len(made) == 5:
            raise error

    target = tmp_path / "links"
    with monkeypatch.context() as failing:
        failing.setattr(Path, "symlink_to", fail)
        with pytest.raises(type(error)) as caught:
            write_folder(service, target)
    if isinstance(caught.value, OSError):
        assert caught.value.filename == str(made[-1])
    assert [path.name for path in tmp_path.iterdir() if "links" in path.name] == []
    assert write_folder(service, target)


def test_images_without_files_cannot_be_linked(service: SessionService, tmp_path: Path) -> None:
    table = label_table(service)
    drawn = replace(table, rows=tuple(replace(row, path="") for row in table.rows))
    with pytest.raises(UsageError, match="have no files of their own; export --format csv or cleanlab instead"):
        write_labels(drawn, FOLDERS, tmp_path / "links")
    assert not (tmp_path / "links").exists()


def test_a_folder_of_another_tool_is_not_replaced(service: SessionService, tmp_path: Path) -> None:
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "provenance.json").write_text('{"tool": "dvc"}')
    with pytest.raises(UsageError, match="is not an empty folder; specify another --to"):
        write_folder(service, tmp_path / "links", replace=True)


@pytest.mark.parametrize("added", ["thesis.tex", "NV/mine.png", "deep/er/mine.png"])
def test_an_export_to_which_files_were_added_is_not_replaced(
    service: SessionService, tmp_path: Path, added: str
) -> None:
    target = tmp_path / "links"
    write_folder(service, target)
    (target / ".DS_Store").write_text("left by a file browser")
    write_folder(service, target, replace=True)
    mine = target / added
    mine.parent.mkdir(parents=True, exist_ok=True)
    mine.write_text("mine")
    with pytest.raises(UsageError, match=rf"holds {added!r}, which alc has not written; specify another --to"):
        write_folder(service, target, replace=True)
    assert mine.read_text() == "mine"


def test_an_export_of_an_earlier_version_can_be_replaced(service: SessionService, tmp_path: Path) -> None:
    target = tmp_path / "links"
    write_folder(service, target)
    told = json.loads((target / "provenance.json").read_text())
    (target / "provenance.json").write_text(json.dumps({name: told[name] for name in told if name != "files"}))
    write_folder(service, target, replace=True)
