"""Checks a node before a sweep uses it: `python -m alc_tui.bench.engines.probe FOLDER NODE [DATA…]`.

Reads the token in the folder, and writes beside it what it found; nothing where the folder is not that of the sweep.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from alc_tui.data.files.atomic import write_atomically
from alc_tui.data.files.reading import read_whole
from alc_tui.session.store.typed_json import encode

TOKEN = "token"


@dataclass(frozen=True)
class NodeAnswer:
    """token: what the node read. missing: data that is not there. gpu_memory: bytes of its smallest GPU, 0 without."""

    token: str
    missing: tuple[str, ...] = ()
    gpu_memory: int = 0


def answer_path(folder: Path, node: str) -> Path:
    """The file of a node's answer."""
    return folder / f"node-{node}.json"


def main(folder: Path, node: str, roots: Sequence[str]) -> None:
    """Write the answer of this node."""
    token = read_whole(folder / TOKEN).decode()
    missing = tuple(root for root in roots if not Path(root).exists())
    content = json.dumps(encode(NodeAnswer(token, missing, _gpu_memory()))).encode()
    write_atomically(answer_path(folder, node), lambda file: file.write(content))


def _gpu_memory() -> int:
    """Memory of the smallest GPU; torch, which would tell it, takes long to load where there is none."""
    words = ["--query-gpu=memory.total", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(["nvidia-smi", *words], capture_output=True, text=True, timeout=60, check=True)
        return min(map(int, done.stdout.split())) * 1024**2
    except (OSError, ValueError, subprocess.SubprocessError):
        return 0


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
