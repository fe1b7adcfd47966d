"""Exports that are files: written whole with their provenance, never over what is no export."""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from alc_tui import __version__
from alc_tui.errors import UsageError
from alc_tui.session.export.files import is_export, sidecar_of
from alc_tui.session.export.names import CSV, CVAT, LABEL_STUDIO
from alc_tui.session.export.table import label_table
from alc_tui.session.export.writing import write_labels
from alc_tui.session.labeling.service import SessionService
from tests.made_sessions import make_session

BEFORE = ["id", "given", "final", "status", "who", "when", "round"]
"""The columns of earlier versions."""


def test_the_table_is_a_csv_with_a_sidecar_of_provenance(service: SessionService, tmp_path: Path) -> None:
    table = label_table(service)
    target = tmp_path / "deep" / "labels.csv"
    write_labels(table, CSV, target)
    assert sorted(target.parent.iterdir()) == [target, target.with_name("labels.provenance.json")]
    with target.open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    first = table.rows[0]
    assert lines[0] == [*BEFORE, "suggestion", "probability", "path", "note"]
    assert lines[1][:7] == [first.id, first.given, first.final, "kept", "", "", ""]
    assert lines[1][7:] == [first.suggestion, str(first.probability), first.path, ""]
    assert len(lines) == 37
    told = json.loads(target.with_name("labels.provenance.json").read_text())
    assert told["session"] == "skin" and told["alc_version"] == __version__
    assert told["dataset"]["root"] == str(service.folder.path.parent / "skin-images")
    assert told["classes"] == ["MEL", "NV", "BCC"] and told["config"]["noise"] == 0.5
    assert told["config"]["vog_normalized"] is told["config"]["vog_normalised"] is False
    assert told["rounds_finished"] == 2 and told["counts"]["changed"] == 1
    assert told["journal_sha256"] == hashlib.sha256(service.folder.journal.read_bytes()).hexdigest()


def test_names_of_any_kind_are_written_as_they_are(tmp_path: Path) -> None:
    classes = ('say "hi", MEL', "a\nb", "\udcffx")
    service = SessionService(make_session(tmp_path / "odd", classes=classes))
    target = tmp_path / "labels.csv"
    write_labels(label_table(service), CSV, target)
    with target.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        assert {line["given"] for line in csv.DictReader(file)} == set(classes)
    assert b"\xffx" in target.read_bytes()


def test_a_failed_export_leaves_the_one_before(
    service: SessionService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    target, table = tmp_path / "labels.csv", label_table(service)
    write_labels(replace(table, rows=table.rows[:3]), CSV, target)
    before = [path.read_bytes() for path in (target, sidecar_of(target))]
    with monkeypatch.context() as full:
        full.setattr("os.fsync", fail)
        with pytest.raises(OSError, match="No space left"):
            write_labels(table, CSV, target, replace=True)
    assert [path.read_bytes() for path in (target, sidecar_of(target))] == before


def test_a_failed_first_export_leaves_nothing_and_can_be_repeated(
    service: SessionService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_paths: Path) -> None:
        raise OSError(28, "No space left on device")

    target = tmp_path / "out" / "labels.csv"
    with monkeypatch.context() as full:
        full.setattr("alc_tui.data.files.atomic.rename", fail)
        with pytest.raises(OSError, match="No space left"):
            write_labels(label_table(service), CSV, target)
    assert list(target.parent.iterdir()) == []
    write_labels(label_table(service), CSV, target)


def test_an_earlier_export_is_replaced_only_if_asked(service: SessionService, tmp_path: Path) -> None:
    target, table = tmp_path / "labels.csv", label_table(service)
    write_labels(replace(table, rows=table.rows[:3]), CSV, target)
    before = target.read_bytes()
    with pytest.raises(UsageError, match=r"labels\.csv exists; specify another --to, or replace it with --force"):
        write_labels(table, CSV, target)
    assert target.read_bytes() == before
    write_labels(table, CSV, target, replace=True)
    assert target.read_bytes().startswith(before) and target.read_bytes() != before


def test_an_export_that_has_lost_its_provenance_is_still_an_export(service: SessionService, tmp_path: Path) -> None:
    target, table = tmp_path / "labels.csv", label_table(service)
    write_labels(table, CSV, target)
    sidecar = sidecar_of(target)
    sidecar.unlink()
    write_labels(table, CSV, target, replace=True)
    assert sidecar.exists()


def test_a_provenance_without_its_table_is_no_obstacle(service: SessionService, tmp_path: Path) -> None:
    target, table = tmp_path / "labels.csv", label_table(service)
    write_labels(table, CSV, target)
    target.unlink()
    write_labels(table, CSV, target)
    assert target.exists()


def test_a_file_that_is_no_earlier_export_is_not_replaced(service: SessionService, tmp_path: Path) -> None:
    target = tmp_path / "labels.csv"
    target.write_text("image,label")
    with pytest.raises(UsageError, match="exists and is not an earlier export; specify another --to"):
        write_labels(label_table(service), CSV, target)
    assert target.read_text() == "image,label"


def test_a_table_of_an_earlier_version_is_an_export(tmp_path: Path) -> None:
    target = tmp_path / "labels.csv"
    target.write_text(",".join(BEFORE) + "\n")
    assert is_export(target)


def test_an_export_does_not_make_other_files_of_its_name_exports(service: SessionService, tmp_path: Path) -> None:
    write_labels(label_table(service), CSV, tmp_path / "labels.csv")
    mine = tmp_path / "labels.xml"
    mine.write_text("mine")
    with pytest.raises(UsageError, match="exists and is not an earlier export"):
        write_labels(label_table(service), CVAT, mine, replace=True)
    assert mine.read_text() == "mine"


def test_a_file_beside_an_export_is_replaced_only_with_the_export(service: SessionService, tmp_path: Path) -> None:
    table, target = label_table(service), tmp_path / "tasks.json"
    config = tmp_path / "tasks.label_config.xml"
    config.write_text("mine")
    with pytest.raises(UsageError, match=r"tasks\.label_config\.xml exists and is not an earlier export"):
        write_labels(table, LABEL_STUDIO, target, replace=True)
    assert config.read_text() == "mine" and not target.exists()
    config.unlink()
    write_labels(table, LABEL_STUDIO, target)
    with pytest.raises(UsageError, match=r"tasks\.json exists; specify another --to"):
        write_labels(table, LABEL_STUDIO, target)
    write_labels(table, LABEL_STUDIO, target, replace=True)
    assert len(list(tmp_path.glob("tasks*"))) == 3


def test_the_provenance_of_something_else_is_not_replaced(service: SessionService, tmp_path: Path) -> None:
    notes = tmp_path / "labels.provenance.json"
    notes.write_text('{"tool": "dvc"}')
    for may_replace in (False, True):
        with pytest.raises(UsageError, match=r"labels\.provenance\.json exists and is not an earlier export"):
            write_labels(label_table(service), CSV, tmp_path / "labels.csv", may_replace)
    assert notes.read_text() == '{"tool": "dvc"}' and list(tmp_path.glob("*.csv")) == []


def test_two_exports_do_not_share_a_provenance(service: SessionService, tmp_path: Path) -> None:
    write_labels(label_table(service), CSV, tmp_path / "labels")
    before = (tmp_path / "labels.provenance.json").read_text()
    with pytest.raises(UsageError, match=r"labels\.provenance\.json is the provenance of .*labels; specify another"):
        write_labels(label_table(service), CSV, tmp_path / "labels.csv", replace=True)
    assert (tmp_path / "labels.provenance.json").read_text() == before
