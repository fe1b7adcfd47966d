"""Reads NumPy's files in several threads.

NumPy parses the header of an array with Python's own parser, which in Python before 3.11.8 and in 3.12.0 and 3.12.1 may
raise SystemError ("AST constructor recursion depth mismatch", issue 106905 of CPython) while another thread parses
anything. The file is not at fault, so its header is read again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, Any, TypeVar

import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

_ATTEMPTS = 100

_T = TypeVar("_T")


def read_array(file: IO[bytes]) -> NDArray[Any]:
    """The array of an npy file, which must be seekable; raises ValueError or EOFError for other content."""
    start = file.tell()

    def read() -> NDArray[Any]:
        file.seek(start)
        array: NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
        return array

    return _repeated(read)


def read_header(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[np.generic]]:
    """Shape and type of the array of an npy file, which must be seekable; raises ValueError for other content."""
    start = file.tell()

    def read() -> tuple[tuple[int, ...], np.dtype[np.generic]]:
        file.seek(start)
        version = np.lib.format.read_magic(file)
        of_version = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = of_version(file)
        return shape, dtype

    return _repeated(read)


def read_member(archive: NpzFile, name: str) -> NDArray[Any]:
    """The array `name` of an open npz file; raises KeyError if there is none, and what NumPy raises for damage."""

    def read() -> NDArray[Any]:
        array: NDArray[Any] = archive[name]
        return array

    return _repeated(read)


def _repeated(read: Callable[[], _T]) -> _T:
    for _ in range(_ATTEMPTS - 1):
        try:
            return read()
        except SystemError:
            continue
    return read()
