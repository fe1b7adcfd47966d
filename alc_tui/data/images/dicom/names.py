"""Which files are DICOM files: by their names and, where names leave it open, by their first bytes."""

from __future__ import annotations

import re
from pathlib import Path

EXTENSIONS = frozenset({".dcm", ".dicom", ".ima"})

_ENDINGS = tuple(EXTENSIONS)
_OPEN = re.compile(r"[^.]+|.*\.\d+")
_PREAMBLE, _MAGIC = 128, b"DICM"


def has_dicom_extension(name: str) -> bool:
    """Whether a file or path has an extension of DICOM files."""
    return name.lower().endswith(_ENDINGS)


def leaves_kind_open(name: str) -> bool:
    """Whether the name of a file, without its folder, has no extension, as in `IM000001`, or ends in a number, as
    identifiers of DICOM do: `1.2.840.10008.1`."""
    return _OPEN.fullmatch(name) is not None


def is_dicom(content: bytes) -> bool:
    """Whether a file has DICOM's preamble. content: all of it, or its beginning."""
    return content[_PREAMBLE : _PREAMBLE + len(_MAGIC)] == _MAGIC


def is_dicom_file(path: Path) -> bool:
    """Whether a file is a DICOM file, or named as one. It is opened only if its name leaves that open."""
    if has_dicom_extension(path.name):
        return True
    if not leaves_kind_open(path.name):
        return False
    try:
        with path.open("rb") as file:
            return is_dicom(file.read(_PREAMBLE + len(_MAGIC)))
    except OSError:
        return False
