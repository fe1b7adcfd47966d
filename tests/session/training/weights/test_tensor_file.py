from __future__ import annotations

import io
from typing import BinaryIO, cast

import numpy as np
import pytest
import safetensors.torch
import torch

from alc_tui.session.training.weights.tensor_file import DTYPES, write_tensors


def test_what_is_written_is_read_by_safetensors_to_the_bit() -> None:
    generator = torch.Generator().manual_seed(0)
    tensors = {str(dtype): torch.randn(3, 5, generator=generator).to(dtype) for dtype in DTYPES}
    tensors |= {"number": torch.tensor(7), "empty": torch.zeros(0, 2), "flags": torch.tensor([True, False, True])}
    file = io.BytesIO()
    write_tensors(file, tensors)
    read = safetensors.torch.load(file.getvalue())
    assert read.keys() == tensors.keys()
    for name, value in tensors.items():
        assert read[name].dtype == value.dtype and read[name].shape == value.shape
        assert torch.equal(read[name], value)


def test_the_values_are_written_from_where_they_are_without_a_copy() -> None:
    class Recording:
        def __init__(self) -> None:
            self.written: list[object] = []

        def write(self, data: object) -> None:
            self.written.append(data)

    value, file = torch.randn(1000), Recording()
    write_tensors(cast(BinaryIO, file), {"x": value})
    memory = np.frombuffer(cast(memoryview, file.written[-1]), dtype=np.float32)
    assert np.shares_memory(memory, value.numpy())


def test_a_type_that_the_format_lacks_is_no_file() -> None:
    with pytest.raises(KeyError):
        write_tensors(io.BytesIO(), {"x": torch.zeros(2, dtype=torch.complex64)})
