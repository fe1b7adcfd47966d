"""The file formats that can be decoded."""

from __future__ import annotations

import functools

from PIL import Image

from alc_tui.data.images.dicom.decoding import reads_dicom
from alc_tui.data.images.dicom.names import EXTENSIONS as DICOM_EXTENSIONS

# EPS would run Ghostscript on an untrusted file; the others are stubs that Pillow cannot decode by itself.
_EXCLUDED_FORMATS = frozenset({"EPS", "BUFR", "GRIB", "HDF5", "MPEG", "WMF"})


@functools.cache
def formats() -> tuple[str, ...]:
    """Names of the formats that Pillow can decode without external programs, common ones first."""
    Image.init()
    return tuple(name for name in Image.ID if name in Image.OPEN and name not in _EXCLUDED_FORMATS)


def extensions() -> frozenset[str]:
    """File name extensions (`.png`, lower case) of the formats that can be read; DICOM's only with its extra."""
    return _extensions_of_pillow() | DICOM_EXTENSIONS if reads_dicom() else _extensions_of_pillow()


@functools.cache
def _extensions_of_pillow() -> frozenset[str]:
    readable = set(formats())
    return frozenset(extension for extension, name in Image.registered_extensions().items() if name in readable)
