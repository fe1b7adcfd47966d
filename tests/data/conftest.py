from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def png() -> Callable[..., bytes]:
    """The bytes of a small PNG of one gray value."""

    def make(gray: int = 0, size: tuple[int, int] = (6, 4)) -> bytes:
        file = io.BytesIO()
        Image.new("RGB", size, (gray, gray, gray)).save(file, "PNG")
        return file.getvalue()

    return make


@pytest.fixture
def put(tmp_path: Path, png: Callable[..., bytes]) -> Callable[..., Path]:
    """Writes a file below the test's folder: an image of one gray value, or what it is given."""

    def write(name: str, content: bytes | str | None = None, gray: int = 0) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            content = content.encode()
        path.write_bytes(png(gray) if content is None else content)
        return path

    return write


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.fixture
def real_data() -> Path:
    """The folder of real tables and images that ALC_DATA names."""
    if "ALC_DATA" not in os.environ:
        pytest.skip("ALC_DATA does not name a folder with real data")
    return Path(os.environ["ALC_DATA"])
