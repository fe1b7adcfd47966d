"""Small DICOM files of every kind that `medical_files` damages, and damages of their own."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from tests.campaign.damage import Damage

SIDE = 20
_NUMBER = re.compile(rb"(?:DS|IS)(..)", re.DOTALL)
_ELEMENT = re.compile(rb"(?:..){2}(?:AE|AS|CS|DA|DS|IS|LO|PN|SH|UI|US|SS)(..)", re.DOTALL)
_TEXTS = (b"nan", b"inf", b"-inf", b"1e999", b"-1", b"0", b"abc", b"1\\2", b"9\\", b"\\", b"", b"1e-320", b"99999999")
_BINARY = {
    "Rows": (0, 1, 19, 21, 65535),
    "Columns": (0, 1, 19, 21, 65535),
    "SamplesPerPixel": (0, 2, 3, 4, 65535),
    "BitsAllocated": (0, 1, 7, 8, 12, 16, 32, 64),
    "BitsStored": (0, 1, 12, 17, 65535),
    "HighBit": (0, 3, 40, 65535),
    "PixelRepresentation": (0, 1, 2),
    "PlanarConfiguration": (0, 1, 7),
    "PixelPaddingValue": (0, 65535),
    "LUTDescriptor": (0, 1, 65535),
}
_CODES = {
    "PhotometricInterpretation": ("", "MONOCHROME1", "MONOCHROME3", "RGB", "YBR_FULL", "YBR_ICT", "PALETTE COLOR"),
    "VOILUTFunction": ("SIGMOID", "LINEAR_EXACT", "LINEAR", "?", ""),
    "SpecificCharacterSet": ("ISO_IR 6", "nonsense", "ISO 2022 IR 87", "ISO_IR 192", ""),
    "Modality": ("\x1b[2J", "a\nb", "\u202e", "x" * 300, ""),
    "PatientAge": ("045Y", "1\x07", "", "9" * 40),
    "WindowCenterWidthExplanation": ("\x1b[2J\x1b[31m", "a\nb", "\u202egnp", "x" * 300, "full range", "", "%s%n,a"),
}


def samples_by_kind() -> dict[str, bytes]:
    """A valid file of each kind, of a patient named `dicoms.PATIENT`."""
    from pydicom.uid import RLELossless

    from tests.data.images.dicoms import compressed, dicom, sequence

    rng = np.random.default_rng(0)
    deep = rng.integers(0, 4096, (SIDE, SIDE)).astype(np.uint16)
    color = rng.integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)
    facts: dict[str, Any] = {
        "PatientAge": "045Y",
        "Modality": "CT",
        "StudyDescription": "a study",
        "SpecificCharacterSet": "ISO_IR 100",
    }
    windows: dict[str, Any] = {
        "WindowCenter": [2000, 600.5],
        "WindowWidth": [4000, 1500],
        "WindowCenterWidthExplanation": ["soft tissue", "lung"],
        "RescaleSlope": "1.5",
        "RescaleIntercept": "-1024",
    }
    table: dict[str, Any] = {"LUTDescriptor": [3, 10, 16], "LUTData": np.array([65535, 25700, 0], "<u2").tobytes()}
    palette: dict[str, Any] = {"PhotometricInterpretation": "PALETTE COLOR"} | {
        f"{color}PaletteColorLookupTable{part}": value
        for color in ("Red", "Green", "Blue")
        for part, value in (("Descriptor", [256, 0, 8]), ("Data", bytes(range(256))))
    }
    frame = sequence(
        PixelValueTransformationSequence=sequence(RescaleSlope=1, RescaleIntercept=-1024, RescaleType="HU"),
        FrameVOILUTSequence=sequence(WindowCenter=41, WindowWidth=400, WindowCenterWidthExplanation="first"),
    )
    report: dict[str, Any] = {"PixelData": None, "Rows": None, "Columns": None}
    return _compressed_ones() | {
        "windows": dicom(deep, **facts, **windows),
        "inverted": dicom(deep, **facts, **windows, PhotometricInterpretation="MONOCHROME1", VOILUTFunction="SIGMOID"),
        "signed, padded": dicom(deep.astype(np.int16) - 1000, **facts, PixelPaddingValue=-1000),
        "tables": dicom(deep, **facts, VOILUTSequence=sequence(**table, LUTExplanation="negative"), **windows),
        "modality table": dicom(deep, ModalityLUTSequence=sequence(**table, ModalityLUTType="US")),
        "8 bits": dicom(color[..., 0], **facts),
        "color": dicom(color, **facts),
        "16-bit color": dicom(color.astype(np.uint16) * 16),
        "luminance": dicom(color, PhotometricInterpretation="YBR_FULL"),
        "palette": dicom(color[..., 0], **palette),
        "frames": dicom(np.stack([deep] * 3), 3, **facts, PerFrameFunctionalGroupsSequence=frame),
        "compressed": compressed(dicom(deep, **facts, **windows), RLELossless),
        "a report": dicom(deep, **facts, **report, SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11"),
        "a report that claims to be an image": dicom(deep, **facts, **report),
        "a directory": dicom(deep, **report, SOPClassUID="1.2.840.10008.1.3.10"),
    }


def _compressed_ones() -> dict[str, bytes]:
    """Files of pydicom's tests, with another patient."""
    from pydicom.data import get_testdata_file

    from tests.data.images.dicoms import PATIENT

    names = {"JPEG": "SC_rgb_jpeg_dcmtk", "JPEG-LS": "JPEGLSNearLossless_08", "JPEG 2000": "MR_small_jp2klossless"}
    files = {kind: Path(str(get_testdata_file(f"{name}.dcm", download=False))) for kind, name in names.items()}
    return {kind: _replaced(path.read_bytes(), "PatientName", PATIENT) for kind, path in files.items()}


def odd_number(random: Random, content: bytes) -> bytes:
    """A number that is stored as text is another one, or none."""
    places = [match for match in _NUMBER.finditer(content) if 0 < int.from_bytes(match[1], "little") <= 64]
    if not places:
        return content
    match = random.choice(places)
    length = int.from_bytes(match[1], "little")
    text = random.choice(_TEXTS)[:length]
    return content[: match.end()] + text.ljust(length) + content[match.end() + length :]


def odd_length(random: Random, content: bytes) -> bytes:
    """An element is longer or shorter than it says, so that others are drawn into it or begin in it."""
    places = list(_ELEMENT.finditer(content, 132))
    if not places:
        return content
    match = random.choice(places)
    length = random.choice((0, 1, 2, 10, 30, 100, 400, 65534, random.randrange(200)))
    return content[: match.start(1)] + length.to_bytes(2, "little") + content[match.end(1) :]


def odd_tag(random: Random, content: bytes) -> bytes:
    """The patient's name has the tag of something that is shown, or something else has that of an element."""
    places = list(_ELEMENT.finditer(content, 132))
    if not places:
        return content
    to = random.choice(places).start()
    tags = [content[match.start() : match.start() + 4] for match in places]
    new = random.choice((b"\x10\x00\x10\x10", b"\x08\x00\x60\x00", b"\x28\x00\x55\x10", *tags))
    return content[:to] + new + content[to + 4 :]


def odd_element(random: Random, content: bytes) -> bytes:
    """An element of a number or a code has another value, whatever the rest of the file says."""
    name = random.choice([*_BINARY, *_CODES])
    return _replaced(content, name, random.choice(_BINARY.get(name) or _CODES[name]))


def long_name(random: Random, content: bytes) -> bytes:
    """The patient has a long name, or several."""
    from tests.data.images.dicoms import PATIENT

    return _replaced(content, "PatientName", random.choice(("\\", "=", "^")).join([PATIENT] * random.choice((2, 900))))


def without_element(random: Random, content: bytes) -> bytes:
    """An element is missing."""
    return _edited(content, lambda dataset: dataset.pop(random.choice(list(dataset.keys()))))


ODD: tuple[Damage, ...] = (odd_number, odd_length, odd_tag, odd_element, long_name, without_element)


def _replaced(content: bytes, name: str, value: object) -> bytes:
    """The file with an element of this name, also in its sequences, if it can be written."""

    def replace(dataset: Any) -> None:
        owners = [dataset, *(item for element in dataset if element.VR == "SQ" for item in element.value)]
        if name == "LUTDescriptor":
            for owner in owners:
                if name in owner:
                    owner.LUTDescriptor[0] = value
        else:
            setattr(dataset, name, value)

    return _edited(content, replace)


def _edited(content: bytes, edit: Callable[[Any], object]) -> bytes:
    """The file after an edit; as it was if it cannot be read or the result cannot be written."""
    import pydicom
    from pydicom import config

    before = config.settings.writing_validation_mode
    config.settings.writing_validation_mode = config.IGNORE
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            dataset = pydicom.dcmread(io.BytesIO(content))
            edit(dataset)
            dataset.save_as(file)
        except Exception:  # pydicom cannot write everything
            return content
        finally:
            config.settings.writing_validation_mode = before
    return file.getvalue()
