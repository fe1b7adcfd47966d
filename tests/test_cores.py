from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from alc_tui.cores import available_cores, free_cores, wanted_gpus
from alc_tui.errors import UsageError

CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
pytestmark = pytest.mark.skipif(not CORES, reason="this system does not say which cores a process may use")


def line(core: int, idle: int, busy: int) -> str:
    return f"cpu{core} {busy} 0 0 {idle} 0 0 0 0 0 0\n"


@pytest.fixture
def statistics(tmp_path: Path) -> Path:
    path = tmp_path / "stat"
    path.write_text("cpu 9 9 9 9\n" + "".join(line(core, 1000, 1000) for core in CORES) + "intr 5\n")
    return path


def later(statistics: Path, busy_cores: int) -> Callable[[float], None]:
    """A second in which some cores are busy and the others idle."""

    def pass_time(_seconds: float) -> None:
        busy, idle = CORES[:busy_cores], CORES[busy_cores:]
        lines = [*(line(core, 1000, 1100) for core in busy), *(line(core, 1100, 1000) for core in idle)]
        statistics.write_text("".join(lines) + line(max(CORES) + 1, 0, 10**6))

    return pass_time


def test_cores_that_others_use_are_not_free(statistics: Path) -> None:
    assert available_cores() == len(CORES)
    assert free_cores(1, statistics, later(statistics, 0)) == len(CORES)
    statistics.write_text("".join(line(core, 1000, 1000) for core in CORES))
    assert free_cores(1, statistics, later(statistics, 1)) == max(1, len(CORES) - 1)


def test_what_this_process_computes_meanwhile_leaves_its_core_free(statistics: Path) -> None:
    seconds = iter((7.0, 8.0))
    assert free_cores(1, statistics, later(statistics, 1), own=lambda: next(seconds)) == len(CORES)


def test_one_core_is_always_used(statistics: Path) -> None:
    assert free_cores(1, statistics, later(statistics, len(CORES))) == 1


@pytest.mark.parametrize("content", ["", "cpu0", "cpux 1 2 3 4 5\n", "\xff"])
def test_where_the_system_does_not_say_all_are_taken(content: str, tmp_path: Path) -> None:
    (tmp_path / "stat").write_text(content)
    assert free_cores(0, tmp_path / "stat") == len(CORES)
    assert free_cores(0, tmp_path / "missing") == len(CORES)


def test_sessions_train_on_one_gpu_unless_the_variable_says_otherwise() -> None:
    assert [wanted_gpus({}), wanted_gpus({"ALC_GPUS": ""}), wanted_gpus({"ALC_GPUS": "4"})] == [1, 1, 4]


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5"])
def test_another_number_of_gpus_than_a_positive_one_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=f"ALC_GPUS is '{text}'; expected a number"):
        wanted_gpus({"ALC_GPUS": text})
