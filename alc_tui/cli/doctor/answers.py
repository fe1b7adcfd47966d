"""The answers of processes that import torch, which this one does not."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from alc_tui.interpreter import module_environment


def ask(command: tuple[str, ...], seconds: float) -> Any:
    """What a process prints as JSON. Raises TimeoutExpired if it takes longer than that, and ValueError, with the last
    line of its standard error or its exit code, if it prints anything else."""
    done = subprocess.run(
        command,
        env=module_environment(),
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
        timeout=seconds,
    )
    try:
        return json.loads(done.stdout)
    except ValueError as error:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise ValueError(last) from error
