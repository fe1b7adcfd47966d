from __future__ import annotations

import sys
from dataclasses import dataclass, replace

import pytest
import typer

from alc_tui.bench.sweep.progress import SweepStatus
from alc_tui.cli.bench.engines import confirm_cancel
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


def test_of_many_jobs_a_line_names_some(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    line = StatusLine(clock)
    line.show(SweepStatus(0, 0, 300, tuple(f"ct seed {seed}: LNL, epoch 1 of 9" for seed in range(200)), None))
    text = capsys.readouterr().err
    assert "ct seed 5" in text and "ct seed 6" not in text and text.endswith("; 194 more jobs running\n")


def test_that_the_scheduler_does_not_answer_stands_before_what_the_jobs_do(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    StatusLine(clock).show(replace(at(0, None), notices=("SLURM does not answer",)))
    said = capsys.readouterr().err
    assert said == "0 of 3 runs done; SLURM does not answer; ct seed 0: LNL, epoch 1 of 9\n"


@pytest.mark.parametrize(("answer", "cancels"), [(True, True), (False, False), (typer.Abort(), False)])
def test_ctrl_c_asks_at_a_terminal_what_becomes_of_jobs_that_would_go_on(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, answer: object, cancels: bool
) -> None:
    def confirm(question: str, **_options: object) -> object:
        assert question == "Cancel 3 jobs? Otherwise they go on."
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(typer, "confirm", confirm)
    for stream in (sys.stdin, sys.stderr):
        monkeypatch.setattr(stream, "isatty", lambda: True)
    assert confirm_cancel("mine.toml")(3) is cancels
    said = capsys.readouterr().err
    assert ("Cancelled; `alc bench run mine.toml` resumes" in said) == cancels
    assert ("3 jobs left to SLURM; `alc bench run mine.toml` follows what runs" in said) != cancels


def test_ctrl_c_without_a_terminal_lets_jobs_go_on_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert confirm_cancel("mine.toml")(1) is False
    assert "1 job left to SLURM" in capsys.readouterr().err
