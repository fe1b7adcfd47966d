"""What lies in the working folder is not run: neither by the command nor by the processes that it starts."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

import alc_tui
from alc_tui.interpreter import forget_working_folder, module_command, module_environment, waiting

ROOT = str(Path(alc_tui.__file__).parents[1])
SHADOWS = ("random", "select", "signal", "traceback", "json", "triton", "torch", "typer", "numpy", "sitecustomize")
RUN = "import sys; sys.argv[0] = 'alc'; from alc_tui.cli.main import run; run()"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working folder full of modules that leave a mark when they are run."""
    for name in SHADOWS:
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'mark')!r}, 'a').write('{name} was run')\n")
    return tmp_path


def outcome(command: list[str], folder: Path, environment: Mapping[str, str]) -> tuple[int, str, str]:
    """The exit code, what was printed, and the mark."""
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    mark = folder / "mark"
    return done.returncode, done.stdout + done.stderr, mark.read_text() if mark.exists() else ""


@pytest.mark.parametrize("start", [["-P", "-c", RUN], ["-c", RUN], ["-m", "alc_tui"]])
def test_the_command_runs_no_module_of_the_working_folder(start: list[str], folder: Path) -> None:
    command = [sys.executable, *start, "session", "list", "--json", "--store", str(folder / "store")]
    code, printed, mark = outcome(command, folder, {**os.environ, "PYTHONPATH": ROOT})
    assert (code, mark) == (0, ""), printed


@pytest.mark.parametrize("search_path", [ROOT, f":{ROOT}", f"{ROOT}:", f".:{ROOT}"])
def test_a_process_that_is_started_runs_no_module_of_the_working_folder(search_path: str, folder: Path) -> None:
    command = module_command("alc_tui.session.worker", str(folder / "nothing"))
    environment = module_environment({**os.environ, "PYTHONPATH": search_path})
    code, printed, mark = outcome(command, folder, environment)
    assert mark == "" and code != 0 and "No session found" in printed


def test_the_mark_would_be_seen(folder: Path) -> None:
    command = [sys.executable, "-m", "alc_tui.session.worker", str(folder / "nothing")]
    assert "was run" in outcome(command, folder, {**os.environ, "PYTHONPATH": ROOT})[2]


def test_folders_of_the_search_path_that_were_named_on_purpose_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = ["", str(tmp_path), ".", "/elsewhere", sys.prefix]
    forget_working_folder(path, {"PYTHONPATH": ":/elsewhere"})
    assert path == ["/elsewhere", sys.prefix]
    path = [str(tmp_path), "/elsewhere"]
    forget_working_folder(path, {"PYTHONPATH": str(tmp_path)})
    assert path == [str(tmp_path), "/elsewhere"]
    assert module_environment({"PYTHONPATH": f"{tmp_path}::relative", "A": "b"}) == {
        "PYTHONPATH": str(tmp_path),
        "A": "b",
        "OMP_WAIT_POLICY": "passive",
    }


def test_a_checkout_that_is_the_working_folder_serves_the_processes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    path = ["", "/elsewhere"]
    forget_working_folder(path, {})
    assert path == ["", "/elsewhere"]
    assert module_environment({})["PYTHONPATH"] == ROOT


def test_threads_of_processes_that_are_started_sleep_while_they_wait() -> None:
    assert module_environment({"HOME": "/home"})["OMP_WAIT_POLICY"] == "passive"
    assert waiting({"HOME": "/home"}) == {"OMP_WAIT_POLICY": "passive"}


@pytest.mark.parametrize("name", ["OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME"])
def test_how_threads_wait_is_not_changed_where_somebody_said_it(name: str) -> None:
    assert waiting({name: "active"}) == {}
    assert module_environment({name: "active"}).get("OMP_WAIT_POLICY") in (None, "active")
