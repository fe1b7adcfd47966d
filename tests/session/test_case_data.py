"""A session keeps the case data that it shows, and blind mode hides what it is told to hide."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from alc_tui.data.case_data import CaseData
from alc_tui.errors import AlcError, UsageError
from alc_tui.session import create
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.probe import DeviceProbe
from alc_tui.session.settings.resolution import resolve
from alc_tui.session.store.case_data import load_case_data, save_case_data
from alc_tui.session.store.folder import SessionFolder
from tests.made_sessions import make_session
from tests.session.small import SETTINGS

CLASSES = ("blue", "red")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """48 images of two classes, with an age, a site, a diagnosis that is the label, and a name."""
    lines = ["image,label,age,site,diagnosis,source"]
    for number in range(48):
        name = CLASSES[number % 2]
        Image.new("RGB", (16, 16), (number, 60 * (number % 2), 99)).save(tmp_path / f"{number}.png")
        lines.append(f"{number}.png,{name},{20 + number // 4},{'arm' if number % 3 else 'leg'},{name}-like,s{number}")
    path = tmp_path / "labels.csv"
    path.write_text("\n".join(lines))
    return path


def draft(table: Path, **changes: Any) -> create.SessionDraft:
    options = {"dataset": f"csv:{table}", **SETTINGS, "rounds": 1, **changes}
    config, origins = resolve(options, {}, table.parent)
    return create.check(config, origins, device=DeviceProbe("cpu", None))


def test_a_session_keeps_what_it_shows_of_each_sample(table: Path, tmp_path: Path) -> None:
    made = draft(table)
    folder = create.write(made, tmp_path / "store", "skin")
    kept = load_case_data(folder.case_data, len(made.samples.ids))
    assert kept is not None and kept.columns == ("age", "site")
    for sample, row in zip(made.samples.ids.tolist(), kept.rows, strict=True):
        number = int(sample.removesuffix(".png"))
        assert row == (str(20 + number // 4), "arm" if number % 3 else "leg")


def test_columns_that_tell_the_label_are_kept_only_if_asked_for(table: Path, tmp_path: Path) -> None:
    asked = draft(table, show="diagnosis, site").case_data
    assert asked is not None and asked.columns == ("diagnosis", "site")
    nothing = draft(table, show="none")
    assert nothing.case_data is None
    assert not create.write(nothing, tmp_path / "store", "skin").case_data.exists()


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"show": "stie"}, "did you mean 'site'"),
        ({"blind_hides": "diagnosis"}, "The case data shown of .* has no column 'diagnosis'; use age, site."),
        ({"show": "none", "blind_hides": "site"}, "omit --blind-hides"),
        ({"dataset": "demo", "image_size": 16, "show": "site"}, "demo has no table with columns to show; omit --show"),
    ],
)
def test_columns_that_do_not_exist_are_refused(table: Path, settings: dict[str, Any], problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        draft(table, **settings)


def with_case_data(path: Path, **settings: Any) -> SessionFolder:
    folder = make_session(path, **settings)
    rows = tuple((str(number), "" if number % 2 else "arm") for number in range(60))
    save_case_data(folder.case_data, CaseData(("age", "site"), rows))
    return folder


def test_the_facts_of_a_sample_are_its_row_without_missing_values(tmp_path: Path) -> None:
    with SessionService(with_case_data(tmp_path / "skin")) as service:
        item = service.item(0)
        expected = [("age", str(item.position)), *([] if item.position % 2 else [("site", "arm")])]
        assert [(fact.name, fact.value) for fact in item.facts_shown(hidden=True)] == expected


@pytest.mark.parametrize(("hides", "names"), [("age", {"site"}), ("all", set())])
def test_blind_mode_hides_columns(tmp_path: Path, hides: str, names: set[str]) -> None:
    with SessionService(with_case_data(tmp_path / "skin", blind=True, blind_hides=hides)) as service:
        items = [service.item(place) for place in range(len(service.queue))]
        assert {fact.name for item in items for fact in item.facts_shown(hidden=True)} <= names
        assert {fact.name for item in items for fact in item.facts_shown(hidden=False)} >= {"age"}


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """24 DICOM files and a PNG, in folders of classes."""
    pytest.importorskip("pydicom", reason="the extra dicom is not installed")
    from tests.data.images.dicoms import dicom

    for number in range(25):
        path = tmp_path / "scans" / CLASSES[number % 2] / f"{number}.dcm"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.full((16, 16), number * 9, np.uint8)
        path.write_bytes(dicom(pixels, PatientAge=f"0{20 + number}Y", PatientSex="F" if number % 3 else None))
    Image.new("RGB", (16, 16)).save(tmp_path / "scans" / CLASSES[0] / "photo.png")
    return tmp_path / "scans"


def test_attributes_of_dicom_files_are_shown_only_if_asked_for(scans: Path) -> None:
    assert draft(scans, dataset=f"folder:{scans}").case_data is None
    asked = draft(scans, dataset=f"folder:{scans}", show="PatientSex,PatientAge")
    assert asked.case_data is not None and asked.case_data.columns == ("PatientSex", "PatientAge")
    for sample, row in zip(asked.samples.ids.tolist(), asked.case_data.rows, strict=True):
        name = sample.rpartition("/")[2].partition(".")[0]
        expected = ("", "") if name == "photo" else ("F" if int(name) % 3 else "", f"0{20 + int(name)}Y")
        assert row == expected


def test_an_attribute_that_dicom_does_not_have_is_refused(scans: Path) -> None:
    with pytest.raises(UsageError, match="'PatientAeg' is no attribute of DICOM"):
        draft(scans, dataset=f"folder:{scans}", show="PatientAeg")


ROWS = (("1", 'a "quoted", [text]'), ("", "two\nlines, ä\\"), ("3", "]}"))


def test_case_data_comes_back_as_it_was_written_by_any_version_or_hand(tmp_path: Path) -> None:
    path = tmp_path / "case-data.json"
    made = CaseData(("age", "a\nnote"), ROWS)
    save_case_data(path, made)
    current = path.read_text()
    earlier = json.dumps({"columns": made.columns, "rows": made.rows}, ensure_ascii=False)
    for content in (current, earlier, json.dumps(json.loads(current), indent=1)):
        path.write_text(content)
        kept = load_case_data(path, 3)
        assert kept is not None and kept.columns == made.columns
        assert tuple(kept.rows) == ROWS and kept.rows[-1] == ROWS[2] and tuple(kept.rows[1:]) == ROWS[1:]
    path.write_text(current.replace("quoted", "edited"))
    edited = load_case_data(path, 3)
    assert edited is not None and edited.rows[0] == ("1", 'a "edited", [text]')


def test_what_differs_from_the_samples_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "case-data.json"
    save_case_data(path, CaseData(("age", "site"), ROWS))
    content = path.read_text()
    for damaged in (content[:-9], content.replace('["3", ', "["), content.replace('"3"', "3")):
        path.write_text(damaged)
        with pytest.raises(AlcError, match=r"case-data\.json is damaged"):
            load_case_data(path, 3)
    path.write_text(content)
    with pytest.raises(AlcError, match="expected texts for 4 samples"):
        load_case_data(path, 4)


@pytest.mark.parametrize("content", ["", "[]", '{"columns": ["age"], "rows": [["1"]]}', '{"columns": [1], "rows": []}'])
def test_a_damaged_file_is_named(tmp_path: Path, content: str) -> None:
    folder = make_session(tmp_path / "skin")
    folder.case_data.write_text(content)
    with pytest.raises(AlcError, match=r"case-data\.json is damaged"):
        SessionService(folder)
