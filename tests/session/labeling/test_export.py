from __future__ import annotations

import csv
import errno
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from alc_tui import __version__
from alc_tui.errors import UsageError
from alc_tui.session.labeling import export
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Verdict
from tests.made_sessions import finish_round, make_session


@pytest.fixture
def service(session: SessionFolder) -> Iterator[SessionService]:
    """A round with a confirmed, a changed, a skipped, a flagged and an excluded sample; finished."""
    with SessionService(session, "anna", write=True) as opened:
        confirmed, changed, skipped, flagged, excluded = opened.queue
        opened.decide(confirmed, Verdict("label", given(opened, confirmed), 1.0))
        opened.decide(changed, Verdict("label", other(opened, changed), 1.0))
        opened.decide(skipped, Verdict("skip"))
        opened.decide(flagged, Verdict("flag"))
        opened.decide(excluded, Verdict("exclude"))
        finish_round(session)
        opened.refresh()
        yield opened


def given(service: SessionService, sample: str) -> str:
    return service.given_label(sample)


def other(service: SessionService, sample: str) -> str:
    return next(name for name in service.classes if name != given(service, sample))


def queue_of_round_1(service: SessionService) -> list[str]:
    return [decision.sample for decision in service.verdicts().values()]


def test_every_training_sample_has_a_row_in_the_order_of_the_data(service: SessionService) -> None:
    train = [str(service.samples.ids[position]) for position in service.samples.train]
    table = export.rows(service)
    assert [row.id for row in table] == train and len(table) == 36
    assert all(row.given == given(service, row.id) for row in table)


def test_each_status_has_its_final_label_and_who_decided_when_in_which_round(service: SessionService) -> None:
    by_id = {row.id: row for row in export.rows(service)}
    confirmed, changed, skipped, flagged, excluded = (by_id[sample] for sample in queue_of_round_1(service))
    assert (confirmed.status, confirmed.final) == ("confirmed", confirmed.given)
    assert (changed.status, changed.final) == ("changed", other(service, changed.id))
    assert (skipped.status, skipped.final) == ("skip", skipped.given)
    assert (flagged.status, flagged.final) == ("flag", flagged.given)
    assert (excluded.status, excluded.final) == ("exclude", excluded.given)
    for row in (confirmed, changed, skipped, flagged, excluded):
        assert (row.who, row.round) == ("anna", "1")
        assert row.when == service.verdicts()[row.id].at


def test_what_nobody_decided_is_kept_or_noisy_as_lnl_found(service: SessionService) -> None:
    table = export.rows(service)
    decided = set(queue_of_round_1(service))
    # The clean set of a made session is the first third of its training samples; only others are shown.
    for place, row in enumerate(table):
        if row.id not in decided:
            assert row.status == ("kept" if place < 12 else "noisy")
            assert (row.final, row.who, row.when, row.round) == (row.given, "", "", "")
    assert export.counts(table) == {
        "kept": 12, "noisy": 19, "confirmed": 1, "changed": 1, "skip": 1, "flag": 1, "exclude": 1,
    }  # fmt: skip


def test_a_decision_taken_back_is_not_exported(service: SessionService) -> None:
    sample = service.queue[0]
    service.decide(sample, Verdict("label", other(service, sample)))
    assert {row.id: row.status for row in export.rows(service)}[sample] == "changed"
    service.undo()
    assert {row.id: row.status for row in export.rows(service)}[sample] == "noisy"


def test_decisions_of_the_round_in_progress_are_exported_too(service: SessionService) -> None:
    service.decide(service.queue[0], Verdict("label", given(service, service.queue[0])))
    row = next(row for row in export.rows(service) if row.id == service.queue[0])
    assert (row.status, row.round) == ("confirmed", "2")


def test_a_second_verdict_is_not_exported_and_a_review_is(service: SessionService) -> None:
    confirmed, changed = queue_of_round_1(service)[:2]
    before = export.rows(service)
    service.annotator = "ben"
    service.decide(changed, Verdict("skip"), occasion="second")
    assert export.rows(service) == before
    decision = service.review(confirmed, Verdict("label", other(service, confirmed)))
    row = next(row for row in export.rows(service) if row.id == confirmed)
    assert (row.status, row.who, row.round, row.when) == ("changed", "ben", "2", decision.at)


def test_the_table_is_a_csv_with_a_sidecar_of_provenance(service: SessionService, tmp_path: Path) -> None:
    table = export.rows(service)
    target = tmp_path / "deep" / "labels.csv"
    assert export.write_csv(service, table, target) == [target, target.with_name("labels.provenance.json")]
    with target.open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    assert lines[0] == ["id", "given", "final", "status", "who", "when", "round"]
    assert lines[1] == [table[0].id, table[0].given, table[0].final, "kept", "", "", ""]
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
    export.write_csv(service, export.rows(service), target)
    with target.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        assert {line["given"] for line in csv.DictReader(file)} == set(classes)
    assert b"\xffx" in target.read_bytes()


def test_a_failed_export_leaves_the_one_before(
    service: SessionService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    target = tmp_path / "labels.csv"
    target.write_text("before")
    target.with_name("labels.provenance.json").write_text("{}")
    with monkeypatch.context() as full:
        full.setattr("os.fsync", fail)
        with pytest.raises(OSError, match="No space left"):
            export.write_csv(service, export.rows(service), target, replace=True)
    assert target.read_text() == "before"
    assert target.with_name("labels.provenance.json").read_text() == "{}"


def test_a_failed_first_export_leaves_nothing_and_can_be_repeated(
    service: SessionService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_paths: Path) -> None:
        raise OSError(28, "No space left on device")

    target = tmp_path / "out" / "labels.csv"
    with monkeypatch.context() as full:
        full.setattr("alc_tui.data.files.atomic.rename", fail)
        with pytest.raises(OSError, match="No space left"):
            export.write_csv(service, export.rows(service), target)
    assert list(target.parent.iterdir()) == []
    export.write_csv(service, export.rows(service), target)


def test_an_earlier_export_is_replaced_only_if_asked(service: SessionService, tmp_path: Path) -> None:
    target, table = tmp_path / "labels.csv", export.rows(service)
    export.write_csv(service, table[:3], target)
    before = target.read_bytes()
    with pytest.raises(UsageError, match=r"labels\.csv exists; specify another --to, or replace it with --force"):
        export.write_csv(service, table, target)
    assert target.read_bytes() == before
    export.write_csv(service, table, target, replace=True)
    assert target.read_bytes().startswith(before) and target.read_bytes() != before


def test_an_export_that_has_lost_its_provenance_is_still_an_export(service: SessionService, tmp_path: Path) -> None:
    target, table = tmp_path / "labels.csv", export.rows(service)
    _, sidecar = export.write_csv(service, table, target)
    sidecar.unlink()
    export.write_csv(service, table, target, replace=True)
    assert sidecar.exists()


def test_a_provenance_without_its_table_is_no_obstacle(service: SessionService, tmp_path: Path) -> None:
    target, table = tmp_path / "labels.csv", export.rows(service)
    export.write_csv(service, table, target)
    target.unlink()
    export.write_csv(service, table, target)
    assert target.exists()


def test_a_file_that_is_no_earlier_export_is_not_replaced(service: SessionService, tmp_path: Path) -> None:
    target = tmp_path / "labels.csv"
    target.write_text("image,label")
    with pytest.raises(UsageError, match="exists and is not an earlier export; specify another --to"):
        export.write_csv(service, export.rows(service), target)
    assert target.read_text() == "image,label"


def test_links_lead_to_the_images_of_clean_labels_in_a_folder_per_class(
    service: SessionService, tmp_path: Path
) -> None:
    table = export.rows(service)
    target = tmp_path / "by class"
    export.write_links(service, table, target, export.links(service, table, target))
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
    table = export.rows(service)
    target = tmp_path / "out" / "links"
    links = export.links(service, table, target)
    export.write_links(service, table, target, links)
    folders = sorted(path.name for path in target.iterdir() if path.is_dir())
    kept = [row for row in table if row.status == "kept"]
    assert {row.final for row in kept} == set(ODD)
    assert folders == sorted(["a_b", "a_b-2", "a_b-3", "_", "MEL", "_.._etc", "β-γ"])
    assert all(path.resolve().is_relative_to(target.resolve()) for path in target.iterdir())
    assert len(links) == len(kept) == sum(path.is_symlink() for path in target.rglob("*"))


def test_samples_whose_names_become_alike_are_linked_side_by_side(tmp_path: Path) -> None:
    folder = make_session(tmp_path / "odd", classes=("x",), samples=15)
    service = SessionService(folder)
    names = ["a/1.png", "a_1.png", "a 1.png"]
    for position, name in zip(service.samples.train, names, strict=False):
        service.samples.ids[position] = name
    table = [export.ExportRow(name, "x", "x", "kept") for name in names]
    links = export.links(service, table, tmp_path / "links")
    assert [link.relative_to(tmp_path).as_posix() for link in links] == [
        "links/x/a_1.png", "links/x/a_1-2.png", "links/x/a_1-3.png",
    ]  # fmt: skip


def test_links_are_not_mixed_with_what_is_there(service: SessionService, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for target in (tmp_path / "full", tmp_path / "file"):
        for replace in (False, True):
            with pytest.raises(UsageError, match="is not an empty folder; specify another --to"):
                write_folder(service, target, replace)
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["mine.txt"]
    (tmp_path / "empty").mkdir()
    assert write_folder(service, tmp_path / "empty")
    assert len(linked(tmp_path / "empty")) == 14


def write_folder(service: SessionService, target: Path, replace: bool = False) -> bool:
    table = export.rows(service)
    return export.write_links(service, table, target, export.links(service, table, target), replace)


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


def test_images_without_files_cannot_be_linked(
    service: SessionService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Drawn:
        def path(self, _index: int) -> None:
            return None

    monkeypatch.setattr(service, "images", Drawn)
    with pytest.raises(UsageError, match="have no files to link to; export --format csv instead"):
        export.links(service, export.rows(service), tmp_path / "links")
    assert not (tmp_path / "links").exists()
