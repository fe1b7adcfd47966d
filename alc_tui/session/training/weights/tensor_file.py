"""Writes tensors in the format of safetensors while other threads go on.

`safetensors.torch.save` copies all tensors into one string while it holds the interpreter's lock, so that a training
stands still meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import BinaryIO

import torch
from torch import Tensor

DTYPES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.int16: "I16",
    torch.int8: "I8",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}
_ALIGNMENT = 8


def write_tensors(file: BinaryIO, tensors: Mapping[str, Tensor]) -> None:
    """Write contiguous tensors on the host, one after the other, straight from their memory.

    The format: the length of the header in eight bytes, the header in JSON, the values, in little-endian order.
    https://huggingface.co/docs/safetensors/index#format
    """
    ordered = sorted(tensors.items(), key=lambda each: (-each[1].element_size(), each[0]))  # aligned without gaps
    header, start = {}, 0
    for name, value in ordered:
        header[name] = {
            "dtype": DTYPES[value.dtype],
            "shape": list(value.shape),
            "data_offsets": [start, start + value.nbytes],
        }
        start += value.nbytes
    encoded = json.dumps(header, separators=(",", ":")).encode()
    encoded += b" " * (-len(encoded) % _ALIGNMENT)
    file.write(len(encoded).to_bytes(8, "little") + encoded)
    for _, value in ordered:
        file.write(value.reshape(-1).view(torch.uint8).numpy().data)
