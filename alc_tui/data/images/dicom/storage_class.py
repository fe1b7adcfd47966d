"""What a DICOM file is, from its first bytes: an image, a segmentation, or something without pixels such as a
structured report (PS3.4, B.5; PS3.10, 7.1). Needs no other package."""

from __future__ import annotations

import re

from alc_tui.data.images.dicom.names import is_dicom

BYTES = 512
"""How many of the first bytes of a file hold its storage class."""

_STORAGE_CLASS = b"\x02\x00\x02\x00UI"
"""The element (0002,0002), which is little endian with explicit type in every file."""
_DIRECTORY = r"1\.2\.840\.10008\.1\.3\.10"
_STORAGE = r"1\.2\.840\.10008\.5\.1\.4\.1\.1\."
_KINDS_WITHOUT_PIXELS = "|".join(
    (
        r"4\.2",  # spectroscopy
        r"(?:9|129)(?:\.\d+)*",  # curves, waveforms
        r"11(?:\.\d+)*",  # presentation states
        r"(?:66(?:\.[12356])?|67|68(?:\.\d+)*)",  # raw data, registrations, surfaces
        r"77\.1\.5\.3|(?:78|79|80)(?:\.\d+)*",  # measurements of eyes
        r"(?:88|90)(?:\.\d+)*",  # structured reports
        r"(?:91|104|131)(?:\.\d+)*",  # annotations, documents, displays
        r"20[01](?:\.\d+)*",  # protocols, inventories
        r"481\.(?:[3-9]|\d\d)",  # radiotherapy but images and doses
    )
)
_WITHOUT_PIXELS = re.compile(rf"{_DIRECTORY}|{_STORAGE}(?:{_KINDS_WITHOUT_PIXELS})")
_SEGMENTATION = re.compile(rf"{_STORAGE}66\.4")


def has_no_pixels(start: bytes) -> bool:
    """Whether files that begin like this hold no pixels. start: the first `BYTES` bytes of a file, or all."""
    return _WITHOUT_PIXELS.fullmatch(_storage_class(start)) is not None


def is_segmentation(start: bytes) -> bool:
    """Whether files that begin like this hold a segmentation of another file's image. start: as for `has_no_pixels`."""
    return _SEGMENTATION.fullmatch(_storage_class(start)) is not None


def _storage_class(start: bytes) -> str:
    """The identifier of the file's storage class, "" if it has none."""
    if not is_dicom(start):
        return ""
    place = start.find(_STORAGE_CLASS) + len(_STORAGE_CLASS)
    if place < len(_STORAGE_CLASS):
        return ""
    length = int.from_bytes(start[place : place + 2], "little")
    return start[place + 2 : place + 2 + length].rstrip(b"\0 ").decode("ascii", "replace")
