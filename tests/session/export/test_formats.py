"""What each format holds, read by what reads it: the standard library, alc itself, or what the other tool documents."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from alc_tui.data.catalog import open_dataset
from alc_tui.data.texts import Texts
from alc_tui.errors import UsageError
from alc_tui.session.export import names
from alc_tui.session.export.table import ExportRow, LabelTable, label_table
from alc_tui.session.export.writing import write_labels
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.arrays import load_samples, save
from tests.made_sessions import make_session
from tests.session.export.decided import decide_one_of_each_kind


@pytest.fixture
def table(service: SessionService) -> LabelTable:
    return label_table(service)


@pytest.fixture
def blind(tmp_path: Path) -> LabelTable:
    """Of a blind session with five verdicts that is not done."""
    with SessionService(make_session(tmp_path / "blind", blind=True), "anna", write=True) as service:
        decide_one_of_each_kind(service)
        return label_table(service)


def row_of(table: LabelTable, status: str) -> ExportRow:
    return next(row for row in table.rows if row.status == status)


def place_of(table: LabelTable, status: str) -> int:
    return table.rows.index(row_of(table, status))


def renamed(table: LabelTable, name: str) -> LabelTable:
    """The table with another name for its first class."""
    first = table.classes[0]
    rows = [
        replace(row, given=row.given.replace(first, name), final=row.final.replace(first, name)) for row in table.rows
    ]
    return replace(table, classes=(name, *table.classes[1:]), rows=tuple(rows))


def wrote(table: LabelTable, format_: str, path: Path) -> Path:
    write_labels(table, format_, path)
    return path


def choices(task: dict[str, Any], kind: str) -> list[list[str]]:
    return [[result["value"]["choices"][0] for result in each["result"]] for each in task[kind]]


class TestLabelStudio:
    def tasks(self, table: LabelTable, folder: Path) -> list[dict[str, Any]]:
        tasks: list[dict[str, Any]] = json.loads(wrote(table, names.LABEL_STUDIO, folder / "tasks.json").read_text())
        return tasks

    def test_labels_are_annotations_and_suggestions_are_predictions(self, table: LabelTable, tmp_path: Path) -> None:
        tasks = self.tasks(table, tmp_path)
        for task, row in zip(tasks, table.rows, strict=True):
            assert choices(task, "predictions") == [[row.suggestion]]
            assert task["predictions"][0]["score"] == row.probability
            assert task["data"]["given"] == row.given and task["data"]["status"] == row.status
            assert task["data"].get("who", "") == row.who and task["data"]["path"] == row.path
        changed, confirmed = row_of(table, "changed"), row_of(table, "confirmed")
        assert choices(tasks[place_of(table, "changed")], "annotations") == [[changed.final]]
        assert choices(tasks[place_of(table, "confirmed")], "annotations") == [[confirmed.given]]
        skipped = tasks[place_of(table, "skip")]["annotations"]
        assert skipped == [{"result": [], "was_cancelled": True}]
        for status in ("kept", "noisy", "flag", "exclude"):
            assert tasks[place_of(table, status)]["annotations"] == []

    def test_images_are_served_from_the_folder_above_theirs(self, table: LabelTable, tmp_path: Path) -> None:
        odd = Path(table.rows[0].path).with_name("50% ä&+ b.png")
        Path(table.rows[0].path).rename(odd)
        table = replace(table, rows=(replace(table.rows[0], path=str(odd)), *table.rows[1:]))
        for task, row in zip(self.tasks(table, tmp_path), table.rows, strict=True):
            url = urlsplit(task["data"]["image"])
            assert url.path == "/data/local-files/"
            assert table.root.parent / parse_qs(url.query)["d"][0] == Path(row.path)

    def test_the_labeling_configuration_names_the_classes(self, table: LabelTable, tmp_path: Path) -> None:
        named = renamed(table, 'a "b" & <c>')
        self.tasks(named, tmp_path)
        view = ET.parse(tmp_path / "tasks.label_config.xml").getroot()
        assert [each.get("value") for each in view.iter("Choice")] == list(named.classes)
        shown, control = view.find("Image"), view.find("Choices")
        assert shown is not None and control is not None and shown.get("value") == "$image"
        assert (control.get("name"), control.get("toName")) == ("label", shown.get("name"))

    def test_alc_reads_the_final_labels_back(self, table: LabelTable, tmp_path: Path) -> None:
        path = wrote(table, names.LABEL_STUDIO, tmp_path / "out" / "tasks.json")
        assert_read_back(table, f"label-studio:{path}", "task of an excluded image")

    def test_a_blind_session_gives_nothing_away(self, blind: LabelTable, tmp_path: Path) -> None:
        for task, row in zip(self.tasks(blind, tmp_path), blind.rows, strict=True):
            if not row.who:
                assert task["predictions"] == task["annotations"] == [] and "given" not in task["data"]


def assert_read_back(table: LabelTable, spec: str, omission: str) -> None:
    data = open_dataset(spec, table.root)
    included = [row for row in table.rows if row.status != "exclude"]
    assert data.ids == tuple(row.id for row in included)
    assert [data.classes[label] for label in data.labels] == [row.final for row in included]
    assert data.inventory.omission_counts() == {omission: 1}


class TestCvat:
    def images(self, table: LabelTable, folder: Path) -> tuple[ET.Element, list[ET.Element]]:
        root = ET.parse(wrote(table, names.CVAT, folder / "cvat.xml")).getroot()
        return root, root.findall("image")

    def test_each_image_has_a_tag_with_what_is_known_about_it(self, table: LabelTable, tmp_path: Path) -> None:
        root, images = self.images(table, tmp_path)
        assert root.findtext("version") == "1.1"
        assert [each.findtext("name") for each in root.iter("label")] == list(table.classes)
        assert [each.get("id") for each in images] == [str(number) for number in range(len(table.rows))]
        for image, row in zip(images, table.rows, strict=True):
            assert (image.get("name"), image.get("width"), image.get("height")) == (row.id, "24", "18")
            tags = [(tag.get("label"), tag.get("source")) for tag in image.iter("tag")]
            assert tags == [(row.final, "manual" if row.who else "file")][: row.status != "exclude"]
        changed = images[place_of(table, "changed")]
        row = row_of(table, "changed")
        assert {each.get("name"): each.text for each in changed.iter("attribute")} == {
            "status": "changed", "given": row.given, "suggestion": row.suggestion,
            "probability": str(row.probability), "who": "anna", "when": row.when,
        }  # fmt: skip

    def test_attributes_are_declared(self, table: LabelTable, tmp_path: Path) -> None:
        root, images = self.images(table, tmp_path)
        used = {each.get("name") for image in images for each in image.iter("attribute")}
        for label in root.iter("label"):
            assert {each.findtext("name") for each in label.iter("attribute")} == used
            assert label.findtext("type") == "tag"

    @pytest.mark.parametrize("kind", ["jpeg", "png", "tiff", "webp"])
    def test_an_image_that_was_turned_has_the_size_that_is_shown(
        self, table: LabelTable, tmp_path: Path, kind: str
    ) -> None:
        path = Path(table.rows[0].path)
        exif = Image.Exif()
        exif[0x0112] = 6
        with Image.open(path) as image:
            image.save(path, format=kind, exif=exif)
        _, images = self.images(table, tmp_path)
        assert (images[0].get("width"), images[0].get("height")) == ("18", "24")

    def test_an_image_that_cannot_be_read_is_named(self, table: LabelTable, tmp_path: Path) -> None:
        path = Path(table.rows[0].path)
        path.write_text("no image")
        with pytest.raises(UsageError, match=rf"{path.name} cannot be read \(.*\); restore it"):
            self.images(table, tmp_path)

    @pytest.mark.parametrize("format_", [names.CVAT, names.LABEL_STUDIO])
    def test_a_class_that_xml_cannot_hold_is_refused(self, table: LabelTable, tmp_path: Path, format_: str) -> None:
        with pytest.raises(UsageError, match=r"XML cannot hold the characters of '\\x1b\[2J'"):
            write_labels(renamed(table, "\x1b[2J"), format_, tmp_path / "out")
        assert [path for path in tmp_path.iterdir() if path.name.startswith("out")] == []

    def test_a_blind_session_gives_nothing_away(self, blind: LabelTable, tmp_path: Path) -> None:
        _, images = self.images(blind, tmp_path)
        assert [bool(list(image)) for image in images] == [
            bool(row.who) and row.status != "exclude" for row in blind.rows
        ]


class TestFiftyOne:
    def labels(self, table: LabelTable, folder: Path) -> Any:
        return json.loads(wrote(table, names.FIFTYONE, folder / "labels.json").read_text())

    def test_labels_are_numbers_of_classes_by_path_without_extension(self, table: LabelTable, tmp_path: Path) -> None:
        written = self.labels(table, tmp_path)
        assert written["classes"] == list(table.classes)
        for (name, label), row in zip(written["labels"].items(), table.rows, strict=True):
            assert f"{name}.png" == row.id
            if row.status == "exclude":
                assert label is None
                continue
            assert written["classes"][label["label"]] == row.final
            assert label["attributes"]["suggestion"] == row.suggestion
            assert label["attributes"]["probability"] == row.probability
            assert label["attributes"].get("who", "") == row.who

    def test_images_that_differ_in_their_extension_only_are_refused(self, table: LabelTable, tmp_path: Path) -> None:
        path = Path(table.rows[0].path)
        twin = path.with_suffix(".jpg")
        twin.touch()
        same = replace(table, rows=(*table.rows, replace(table.rows[0], path=str(twin))))
        with pytest.raises(UsageError, match=f"Two images are named '{path.stem}' but for their extension"):
            self.labels(same, tmp_path)

    def test_a_blind_session_gives_nothing_away(self, blind: LabelTable, tmp_path: Path) -> None:
        labels = self.labels(blind, tmp_path)["labels"].values()
        assert [label is not None for label in labels] == [
            bool(row.who) and row.status != "exclude" for row in blind.rows
        ]


class TestHuggingFace:
    def test_metadata_describe_the_images_linked_under_numbers(self, table: LabelTable, tmp_path: Path) -> None:
        folder = wrote(table, names.HUGGING_FACE, tmp_path / "out")
        with (folder / "metadata.csv").open(encoding="utf-8", newline="") as file:
            lines = list(csv.DictReader(file))
        included = [row for row in table.rows if row.status != "exclude"]
        assert len(lines) == len(included) == len(table.rows) - 1
        for line, row in zip(lines, included, strict=True):
            assert (folder / line["file_name"]).samefile(row.path)
            assert (line["label"], line["id"], line["status"]) == (row.final, row.id, row.status)
            assert (line["suggestion"], line["probability"]) == (row.suggestion, str(row.probability))
            assert (line["who"], line["path"]) == (row.who, row.path)
        # ImageFolder takes words such as test in a path for a split.
        assert all(Path(line["file_name"]).stem.isdigit() for line in lines)

    def test_alc_reads_the_labels_back(self, table: LabelTable, tmp_path: Path) -> None:
        folder = wrote(table, names.HUGGING_FACE, tmp_path / "out")
        data = open_dataset(f"csv:{folder / 'metadata.csv'}", None)
        included = [row for row in table.rows if row.status != "exclude"]
        assert [data.classes[label] for label in data.labels] == [row.final for row in included]
        assert all(data.images.read(place).size == (24, 18) for place in range(3))


class TestCleanlab:
    def lines(self, table: LabelTable, folder: Path) -> list[dict[str, str]]:
        with wrote(table, names.CLEANLAB, folder / "issues.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def test_the_first_columns_are_those_of_cleanlab(self, table: LabelTable, tmp_path: Path) -> None:
        lines = self.lines(table, tmp_path)
        assert list(lines[0])[:4] == ["is_label_issue", "label_score", "given_label", "predicted_label"]
        for line, row in zip(lines, table.rows, strict=True):
            assert line["is_label_issue"] == str(row.status not in ("kept", "confirmed"))
            assert float(line["label_score"]) == row.given_probability
            assert (line["given_label"], line["predicted_label"]) == (row.given, row.suggestion)
            assert (line["id"], line["final"], line["who"]) == (row.id, row.final, row.who)

    def test_a_blind_session_gives_nothing_away(self, blind: LabelTable, tmp_path: Path) -> None:
        for line, row in zip(self.lines(blind, tmp_path), blind.rows, strict=True):
            if not row.who:
                assert line["label_score"] == line["predicted_label"] == line["probability"] == ""


@pytest.mark.parametrize("format_", [names.CSV, names.CLEANLAB])
def test_alc_reads_its_tables_back(table: LabelTable, tmp_path: Path, format_: str) -> None:
    path = wrote(table, format_, tmp_path / "out" / "out.csv")
    assert_read_back(table, f"csv:{path}", "row of an excluded image")


@pytest.mark.parametrize("format_", [names.LABEL_STUDIO, names.CVAT, names.FIFTYONE, names.HUGGING_FACE])
def test_images_that_are_missing_are_named_before_anything_is_written(
    table: LabelTable, tmp_path: Path, format_: str
) -> None:
    Path(table.rows[0].path).unlink()
    with pytest.raises(UsageError, match=r"1 of 3\d images to export are not in .*; specify .* --data-root"):
        write_labels(table, format_, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("format_", names.FORMATS)
def test_frames_of_one_file_are_exported_where_they_can_be_named(tmp_path: Path, format_: str) -> None:
    folder = make_session(tmp_path / "s")
    samples = load_samples(folder.samples)
    locators = np.array([f"{name}#2" if place == 0 else name for place, name in enumerate(samples.locators.tolist())])
    save(folder.samples, replace(samples, locators=Texts(locators)))
    table, target = label_table(SessionService(folder)), tmp_path / "out"
    assert table.rows[0].path == f"{table.root / samples.locators[0]}#2"
    if format_ in (names.CSV, names.CLEANLAB):
        write_labels(table, format_, target)
        assert table.rows[0].path in target.read_text()
        return
    with pytest.raises(UsageError, match=r"1 of \d+ images are frames of a file, such as '.*\.png#2', which only"):
        write_labels(table, format_, target)
    assert not target.exists()


@pytest.mark.parametrize("format_", names.FORMATS)
def test_no_format_tells_the_truth_behind_injected_noise(tmp_path: Path, format_: str) -> None:
    folder = make_session(tmp_path / "s")
    samples = load_samples(folder.samples)
    assert samples.truth_is_known
    written = []
    for number, truth in enumerate((samples.truth, (samples.truth + 1) % 3)):
        save(folder.samples, replace(samples, truth=truth))
        target = tmp_path / str(number) / "out"
        write_labels(label_table(SessionService(folder)), format_, target)
        written.append({path.relative_to(target.parent): path.read_bytes() for path in files_in(target.parent)})
    assert written[0] == written[1] and written[0]


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("format_", sorted(names.FORMATS.keys() - {names.FOLDERS}))
def test_every_format_but_folders_has_the_notes_of_flags(table: LabelTable, tmp_path: Path, format_: str) -> None:
    target = tmp_path / "export"
    write_labels(table, format_, target)
    file = target / "metadata.csv" if target.is_dir() else target
    assert "very" in file.read_text() and "blurred" in file.read_text()
