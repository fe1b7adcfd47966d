from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from alc_tui.model.sources import Kept, content_of

CPU, META = torch.device("cpu"), torch.device("meta")
ROWS = np.arange(3)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "pixels"
    path.write_bytes(bytes(range(48)))
    return path


def mapped(path: Path) -> NDArray[np.uint8]:
    return np.memmap(path, np.uint8, "r").reshape(-1, 2, 2, 3)


def test_the_same_rows_of_a_file_are_known_again_even_after_it_has_grown(file: Path) -> None:
    before = content_of(mapped(file), ROWS)
    assert before is not None and content_of(mapped(file), ROWS) == before
    with file.open("ab") as end:
        end.write(bytes(12))
    assert content_of(mapped(file), ROWS) == before


def test_other_rows_another_size_and_another_file_in_its_place_are_something_else(file: Path) -> None:
    before = content_of(mapped(file), ROWS)
    assert content_of(mapped(file), ROWS[::-1].copy()) != before
    assert content_of(np.memmap(file, np.uint8, "r").reshape(-1, 4, 1, 3), ROWS) != before
    other = file.with_name("other")
    other.write_bytes(file.read_bytes())
    other.replace(file)
    assert content_of(mapped(file), ROWS) != before


def test_arrays_that_may_change_are_never_known_again() -> None:
    content = content_of(np.zeros((3, 2, 2, 3), dtype=np.uint8), ROWS)
    kept = Kept()
    kept.put(CPU, content, torch.zeros(1))
    assert content is None and kept.get(CPU, content) is None


def test_images_are_kept_until_a_device_gets_others() -> None:
    kept, images = Kept(), torch.zeros(1)
    assert kept.get(CPU, b"a") is None
    kept.put(CPU, b"a", images)
    assert kept.get(META, b"a") is None
    assert kept.get(CPU, b"a") is images
    assert kept.get(CPU, b"b") is None and kept.get(CPU, b"a") is None
