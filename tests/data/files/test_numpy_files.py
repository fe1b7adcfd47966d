"""NumPy's files, read while Python parses something else."""

from __future__ import annotations

import ast
import gc
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from alc_tui.data.files.numpy_files import read_array, read_header, read_member

INTERRUPTIONS = 50


@contextmanager
def interrupted_parser() -> Iterator[None]:
    """Python parses something in the midst of parsing the header of an array, at the first few objects that it makes
    there, as another thread could at any of them."""
    threshold, left = gc.get_threshold(), INTERRUPTIONS

    def parse(phase: str, info: object) -> None:
        nonlocal left
        if left:
            left -= 1
            ast.parse("1")

    gc.callbacks.append(parse)
    gc.set_threshold(1)
    try:
        yield
    finally:
        gc.set_threshold(*threshold)
        gc.callbacks.remove(parse)


@pytest.fixture
def array() -> io.BytesIO:
    file = io.BytesIO()
    np.save(file, np.arange(12.0).reshape(3, 4))
    file.seek(0)
    return file


@pytest.mark.skipif(sys.version_info >= (3, 11, 8), reason="needs a Python whose parser cannot be interrupted")
def test_an_interrupted_parser_ends_numpy(array: io.BytesIO) -> None:
    with interrupted_parser(), pytest.raises(SystemError, match="AST constructor"):
        np.load(array)


def test_an_array_is_read_although_the_parser_is_interrupted(array: io.BytesIO) -> None:
    with interrupted_parser():
        found = read_array(array)
    assert found.tolist() == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]


def test_a_header_is_read_although_the_parser_is_interrupted(array: io.BytesIO) -> None:
    with interrupted_parser():
        header = read_header(array)
    assert header == ((3, 4), np.dtype(np.float64))


def test_an_array_of_an_archive_is_read_although_the_parser_is_interrupted() -> None:
    file = io.BytesIO()
    np.savez_compressed(file, ids=np.array(["a", "b"]))
    file.seek(0)
    with np.load(file, allow_pickle=False) as archive, interrupted_parser():
        ids = read_member(archive, "ids")
    assert ids.tolist() == ["a", "b"]


def test_an_array_is_read_from_where_the_file_stands(array: io.BytesIO) -> None:
    file = io.BytesIO(b"before" + array.getvalue())
    file.seek(len(b"before"))
    assert read_array(file).shape == (3, 4)


@pytest.mark.parametrize("content", [b"", b"no array", b"\x93NUMPY\x01\x00\x10\x00{'descr': ...}  "])
def test_what_is_no_array_is_an_error(content: bytes) -> None:
    with pytest.raises((ValueError, EOFError)):
        read_array(io.BytesIO(content))
    with pytest.raises((ValueError, EOFError)):
        read_header(io.BytesIO(content))
