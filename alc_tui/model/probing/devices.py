"""Which devices torch finds on this machine, and whether they work: `python -m alc_tui.model.probing.devices`.

For processes that must not import torch. Prints one JSON object: `chosen`, the default device of a session; `cuda`, the
CUDA version torch was built for, or null; `gpus`, each with `name`, `memory` and `free` in bytes and `error`, the
message if a small computation failed, or null; `warnings`, those of torch.
"""

from __future__ import annotations

import json
import sys
import warnings
from typing import Any

import torch
import torchvision  # noqa: F401  # one that does not fit torch fails here, as in a training

from alc_tui.model.device import select_device


def main() -> None:
    """Find every device and test it once."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        answer = {
            "chosen": select_device().describe(),
            "cuda": torch.version.cuda,
            "gpus": [try_gpu(index) for index in range(torch.cuda.device_count())],
        }
    json.dump(answer | {"warnings": [str(warning.message) for warning in caught]}, sys.stdout)


def try_gpu(index: int) -> dict[str, Any]:
    """Properties of a GPU, tested with a small matrix multiplication."""
    name, free, memory, error = torch.cuda.get_device_name(index), 0, 0, None
    try:
        free, memory = torch.cuda.mem_get_info(index)
        ones = torch.ones(16, 16, device=f"cuda:{index}")
        (ones @ ones).sum().item()
    except RuntimeError as problem:
        error = str(problem).splitlines()[0]
    return {"name": name, "memory": memory, "free": free, "error": error}


if __name__ == "__main__":
    main()
