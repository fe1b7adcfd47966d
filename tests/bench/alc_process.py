"""`alc` in a process of its own, which does not measure the network first."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def start(arguments: Sequence[object]) -> subprocess.Popen[str]:
    """Start `alc` with these arguments, in the current folder."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from tests.bench.alc_process import main; main()"
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def main() -> None:
    from alc_tui.cli.main import run
    from alc_tui.session import probe

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(probe, "probe_device", lambda _config: probe.DeviceProbe("cpu", None))
        run()
