"""Attributes of DICOM files that are asked for by keyword; nothing that damage draws into them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("pydicom", reason="the extra dicom is not installed")

from alc_tui.data.images.dicom.attributes import read_attributes
from tests.data.images.dicoms import PATIENT, dicom, sequence

SAMPLES = np.zeros((2, 2), np.uint16)
AGE, NAME = b"\x10\x00\x10\x10", b"\x10\x00\x10\x00"
"""The tags of PatientAge and of PatientName, as a file stores them."""


def read(content: bytes, *keywords: str) -> tuple[str, ...]:
    return read_attributes(content, keywords)


@pytest.mark.parametrize(
    ("keyword", "value", "text"),
    [
        ("PatientAge", "045Y", "045Y"),
        ("StudyDescription", "Thorax  (à deux\nplans)", "Thorax (à deux plans)"),
        ("ImageType", ["ORIGINAL", "PRIMARY"], "ORIGINAL, PRIMARY"),
        ("PatientWeight", 70.5, "70.5"),
        ("StudyDate", "20260103", "20260103"),
        ("Rows", 2, "2"),
        ("PatientName", PATIENT, PATIENT),
        ("Modality", "", ""),
        ("Laterality", None, ""),
    ],
)
def test_an_attribute_is_its_values_as_text(keyword: str, value: Any, text: str) -> None:
    content = dicom(SAMPLES, SpecificCharacterSet="ISO_IR 100", **{keyword: value})
    assert read(content, keyword, "PatientSize") == (text, "")


def test_pixels_and_sequences_are_no_text() -> None:
    content = dicom(SAMPLES, RequestAttributesSequence=sequence(ScheduledProcedureStepDescription=PATIENT))
    assert read(content, "RequestAttributesSequence", "PixelData") == ("", "")


@pytest.mark.parametrize("keyword", ["Modality", "StudyDescription", "ImageType"])
def test_a_wrong_length_draws_no_other_element_in(keyword: str) -> None:
    value: dict[str, Any] = {keyword: ["CT", "CT"] if keyword == "ImageType" else "CT"}
    content = dicom(SAMPLES, StudyDate="20260103", **value)
    tag = {
        "Modality": b"\x08\x00\x60\x00CS",
        "StudyDescription": b"\x08\x00\x30\x10LO",
        "ImageType": b"\x08\x00\x08\x00CS",
    }
    place = content.index(tag[keyword]) + 6
    damaged = content[:place] + (200).to_bytes(2, "little") + content[place + 2 :]
    assert PATIENT.encode() in damaged[place : place + 202]
    assert read(damaged, keyword) == ("",)
    assert read(content, keyword) != ("",)


def test_a_name_under_another_tag_is_not_shown() -> None:
    content = dicom(SAMPLES)
    damaged = content.replace(NAME + b"PN", AGE + b"PN")
    assert damaged != content
    assert read(damaged, "PatientAge") == ("",)
    assert read(content.replace(NAME + b"PN", AGE + b"AS"), "PatientAge") == ("",)


def test_one_damaged_attribute_does_not_hide_the_others() -> None:
    content = dicom(SAMPLES, PatientAge="045Y", Modality="CT")
    assert read(content.replace(b"045Y", b"0\x005Y"), "PatientAge", "Modality") == ("", "CT")
    assert read(content[:100], "PatientAge", "Modality") == ("", "")
