"""Attributes of DICOM files that a user asks for by keyword, such as `PatientAge`."""

from __future__ import annotations

import io

from alc_tui.data.images.dicom.decoding import library, reads_dicom
from alc_tui.errors import UsageError


def check_keyword(keyword: str) -> None:
    """Raise UsageError unless DICOM has an attribute of this keyword; it needs the extra `dicom`."""
    if not reads_dicom():
        raise UsageError(f"Reading {keyword} of DICOM files needs pydicom; run `pip install 'alc-tui[dicom]'`.")
    library()
    from pydicom.datadict import tag_for_keyword

    if tag_for_keyword(keyword) is None:
        raise UsageError(f"{keyword!r} is no attribute of DICOM; use keywords such as PatientAge or Modality.")


def read_attributes(content: bytes, keywords: tuple[str, ...]) -> tuple[str, ...]:
    """The values of these attributes as text, "" where the file has none or cannot be read."""
    try:
        dataset = library().dcmread(io.BytesIO(content), stop_before_pixels=True, specific_tags=list(keywords))
        values = [dataset.get(keyword) for keyword in keywords]
        return tuple("" if value is None else str(value) for value in values)
    except Exception:  # damaged files raise almost anything
        return ("",) * len(keywords)
