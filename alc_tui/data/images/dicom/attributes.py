"""Attributes of DICOM files that a user asks for by keyword, such as `PatientAge`."""

from __future__ import annotations

import io
import re
from contextlib import suppress
from typing import Any

from alc_tui.data.images.dicom.decoding import library, reads_dicom
from alc_tui.errors import UsageError

_FORMATTED = frozenset({"AS", "DA", "DT", "TM", "UI"})
_FORMAT = re.compile(r"[-+.:\d DWMY]*")
"""What ages, dates, times and identifiers consist of."""
_OTHERS = frozenset({"AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"}) | frozenset(
    {"DS", "FD", "FL", "IS", "SL", "SS", "SV", "UL", "US", "UV"}
)
"""The other types that are text or numbers (PS3.5, 6.2)."""
_CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def check_keyword(keyword: str) -> None:
    """Raise UsageError unless DICOM has an attribute of this keyword; it needs the extra `dicom`."""
    if not reads_dicom():
        raise UsageError(f"Reading {keyword} of DICOM files needs pydicom; run `pip install 'alc-tui[dicom]'`.")
    library()
    from pydicom.datadict import tag_for_keyword

    if tag_for_keyword(keyword) is None:
        raise UsageError(f"{keyword!r} is no attribute of DICOM; use keywords such as PatientAge or Modality.")


def read_attributes(content: bytes, keywords: tuple[str, ...]) -> tuple[str, ...]:
    """The values of these attributes as text, several ones separated by commas.

    "" where the file has none, where it is neither text nor a number, and where it is damaged: a wrong length may draw
    other elements in, such as the patient's name.
    """
    values = dict.fromkeys(keywords, "")
    with suppress(Exception):  # damaged files raise almost anything
        dataset = library().dcmread(io.BytesIO(content), stop_before_pixels=True, specific_tags=list(keywords))
        for keyword in keywords:
            with suppress(Exception):
                values[keyword] = _text(dataset[keyword], keyword) if keyword in dataset else ""
    return tuple(values[keyword] for keyword in keywords)


def _text(element: Any, keyword: str) -> str:
    from pydicom.datadict import dictionary_VR

    if element.VR not in (_FORMATTED | _OTHERS) & set(dictionary_VR(keyword).split(" or ")):
        return ""
    value = element.value
    texts = [str(one) for one in value] if isinstance(value, library().multival.MultiValue) else [str(value or "")]
    lines = [" ".join(text.split()) for text in texts]
    return ", ".join(lines) if all(_is_sound(line, element.VR) for line in lines) else ""


def _is_sound(line: str, type_: str) -> bool:
    if type_ in _FORMATTED:
        return _FORMAT.fullmatch(line) is not None
    return _CONTROL_CHARACTER.search(line) is None
