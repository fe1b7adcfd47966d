"""Which devices torch finds here, and whether they compute: `python -m alc_tui.model.probing.devices`.

For processes that must not import torch. Prints one JSON object: `chosen`, what a session would run on; `cuda`, the
CUDA version torch was built for, or null; `gpus`, each with `name`, `memory` and `free` in bytes and `error`, what it
answered when it was tried, or null; `warnings`, what torch said meanwhile.
"""

from __future__ import annotations

import json
import sys
import warnings
from typing import Any

import torch
import torchvision  # noqa: F401  # one that does not fit torch fails here, as it would in a training

from alc_tui.model.device import choose


def main() -> None:
    """Look at every device and try it once."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        answer = {
            "chosen": choose().describe(),
            "cuda": torch.version.cuda,
            "gpus": [tried(index) for index in range(torch.cuda.device_count())],
        }
    json.dump(answer | {"warnings": [str(warning.message) for warning in said]}, sys.stdout)


def tried(index: int) -> dict[str, Any]:
    """A GPU, after a small multiplication on it."""
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
