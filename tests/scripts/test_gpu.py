"""The script that checks a GPU does all it can on a processor, and goes on where a part fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.gpu import PARTS

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def run(*options: str) -> tuple[int, list[dict[str, Any]]]:
    """The exit code, and the lines."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.gpu", "--device", "cpu", "--small", "--commit", "abc", *options],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.timeout(2400)
def test_every_part_passes_on_a_processor() -> None:
    code, lines = run("--minutes", "40")
    assert [line for line in lines if "error" in line or not line.get("passes", True)] == []
    assert code == 0
    assert list(dict.fromkeys(line["part"] for line in lines)) == list(PARTS)
    for line in lines:
        assert line["commit"] == "abc" and line["small"] and line["command"].endswith(f"--parts {line['part']} --small")
        assert line.keys() >= {"device", "torch", "python", "alc"} and line["device"].startswith("cpu")
    stages = {line["what"]: line for line in lines if line["part"] == "stages"}
    assert stages.pop("epoch over bare work")["ratio"] > 0
    assert stages.keys() >= {"augmentation", "forward", "backward", "selection", "variances", "validation"}
    assert all(line["stage_seconds"] >= 0 for what, line in stages.items() if what != "backward")
    (lnl,) = (line for line in lines if line["part"] == "whole" and line["what"].startswith("LNL"))
    assert lnl["epochs_measured"] == 8 and not lnl["is_extrapolated"]


def test_a_part_that_takes_too_long_does_not_end_the_others() -> None:
    code, lines = run("--parts", "parity,resume", "--minutes", "0.001")
    assert code == 1 and [line["part"] for line in lines] == ["parity", "resume"]
    assert "ended after" in lines[0]["error"] and "error" in lines[1]
