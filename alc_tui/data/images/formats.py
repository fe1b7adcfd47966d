"""The file formats that can be decoded."""

from __future__ import annotations

import functools

from PIL import Image

# EPS would run Ghostscript on an untrusted file; the others are stubs that Pillow cannot decode by itself.
_EXCLUDED_FORMATS = frozenset({"EPS", "BUFR", "GRIB", "HDF5", "MPEG", "WMF"})


@functools.cache
def formats() -> tuple[str, ...]:
    """Names of the formats that Pillow can decode without external programs, common ones first."""
    Image.init()
    return tuple(name for name in Image.ID if name in Image.OPEN and name not in _EXCLUDED_FORMATS)


@functools.cache
def extensions() -> frozenset[str]:
    """File name extensions (`.png`, lower case) of the formats that can be read."""
    readable = set(formats())
    return frozenset(extension for extension, name in Image.registered_extensions().items() if name in readable)
