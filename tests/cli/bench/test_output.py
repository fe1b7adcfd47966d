from __future__ import annotations

import sys
from dataclasses import dataclass

import pytest

from alc_tui.bench.sweep.progress import SweepStatus
from alc_tui.cli.bench.output import StatusLine


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def at(done: int, seconds: float | None = 90.0, failed: int = 0) -> SweepStatus:
    return SweepStatus(done, failed, 3, ("ct seed 0: LNL, epoch 1 of 9",), seconds)


def test_in_a_log_each_run_and_each_minute_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    line = StatusLine(clock)
    for later, status in ((0, at(0)), (30, at(0)), (31, at(0, None)), (1, at(1)), (1, at(1)), (1, at(2, failed=1))):
        clock.now += later
        line.show(status)
    assert capsys.readouterr().err.splitlines() == [
        "0 of 3 runs done, about 1 min 30 s to go; ct seed 0: LNL, epoch 1 of 9",
        "0 of 3 runs done; ct seed 0: LNL, epoch 1 of 9",
        "1 of 3 runs done, about 1 min 30 s to go; ct seed 0: LNL, epoch 1 of 9",
        "2 of 3 runs done, 1 failed",
    ]


def test_on_a_terminal_one_line_is_rewritten_and_fits(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "30")
    clock = Clock()
    line = StatusLine(clock)
    for later, status in ((0, at(0)), (0.1, at(0)), (0.2, at(1)), (0.2, at(3))):
        clock.now += later
        line.show(status)
    *rewritten, last = capsys.readouterr().err.split("\r\x1b[K")[1:]
    assert last == "3 of 3 runs done\n" and len(rewritten) == 2
    assert all(len(each) <= 29 and "\n" not in each for each in rewritten)
