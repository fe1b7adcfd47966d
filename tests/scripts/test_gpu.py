"""The script that checks a GPU does all it can on a processor, and goes on where a part fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import gpu
from benchmarks.gpu import PARTS

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


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_every_part_passes_on_a_processor() -> None:
    code, lines = run("--minutes", "40")
    assert [line for line in lines if "error" in line or not line.get("passes", True)] == []
    assert code == 0
    assert list(dict.fromkeys(line["part"] for line in lines)) == list(PARTS)
    for line in lines:
        assert line["commit"] == "abc" and line["small"]
        assert line["command"] == "python -m benchmarks.gpu --device cpu --small --commit abc --minutes 40"
        assert line.keys() >= {"device", "torch", "python", "alc"} and line["device"].startswith("cpu")
    stages = {line["what"]: line for line in lines if line["part"] == "stages"}
    assert stages.pop("epoch over bare work")["ratio"] > 0
    assert stages.keys() >= {"augmentation", "forward", "backward", "selection", "variances", "validation"}
    assert all(line["stage_seconds"] >= 0 for what, line in stages.items() if what != "backward")
    (lnl,) = (line for line in lines if line["part"] == "whole" and line["what"].startswith("LNL"))
    assert lnl["epochs_measured"] == 8 and not lnl["is_extrapolated"]


@pytest.mark.slow
def test_a_part_that_takes_too_long_does_not_end_the_others() -> None:
    code, lines = run("--parts", "parity,resume", "--minutes", "0.001")
    assert code == 1 and [line["part"] for line in lines] == ["parity", "resume"]
    assert "ended after" in lines[0]["error"] and "error" in lines[1]


class Part:
    """Stands for the process of a part: what becomes of it, and what it was asked."""

    def __init__(self, end: int | Exception) -> None:
        self.end, self.words = end, list[str]()

    def run(self, words: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        if gpu.CARD in words:
            return subprocess.CompletedProcess(words, 0, f"{words[-1]} (a card)\n")
        self.words = words
        if isinstance(self.end, Exception):
            raise self.end
        return subprocess.CompletedProcess(words, self.end)


@pytest.mark.parametrize(
    ("end", "seconds", "error"),
    [
        (subprocess.TimeoutExpired("part", 9), 9.0, "ended after 9 s"),
        (-11, 9.0, "exit code -11"),
        (0, 0.0, "no time was left"),
    ],
)
def test_a_part_without_a_line_of_its_own_is_told_with_the_card_the_versions_and_the_command(
    end: int | Exception,
    seconds: float,
    error: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    part = Part(end)
    monkeypatch.setattr(gpu, "commit", lambda: "unknown")
    monkeypatch.setattr(subprocess, "run", part.run)
    monkeypatch.setattr(sys, "argv", ["gpu.py", "--device", "cuda:1", "--minutes", "3", "--commit", "abc"])
    asked = gpu.arguments()
    assert not gpu.run_in_process(asked, "parity", seconds)
    line = json.loads(capsys.readouterr().out)
    assert (line["part"], line["error"], line["commit"]) == ("parity", error, "abc")
    assert line["device"] == "cuda:1 (a card)" and line.keys() >= {"torch", "python", "alc", "small"}
    assert line["command"] == "python -m benchmarks.gpu --device cuda:1 --minutes 3 --commit abc"
    if part.words:  # the part tells the same command
        monkeypatch.setattr(sys, "argv", part.words[2:])
        assert gpu.arguments().command == line["command"]


def test_a_part_tells_what_it_measured_with_the_command_as_it_was_called(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(gpu.PARTS, "parity", (lambda _setting: iter([{"what": "it", "passes": False}]), 1.0))
    monkeypatch.setattr(
        sys, "argv", ["gpu.py", "--part", "parity", "--device", "cpu", "--commit", "abc", "--command", "as it was"]
    )
    assert gpu.run_here(gpu.arguments()) == 1
    line = json.loads(capsys.readouterr().out)
    assert (line["part"], line["what"], line["command"], line["commit"]) == ("parity", "it", "as it was", "abc")
    assert line["device"].startswith("cpu") and line["backbone"] and line["part_seconds"] >= 0
