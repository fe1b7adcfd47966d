"""What tmux says about itself and the terminal beyond it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from shlex import quote

import pytest

from alc_tui.tui.terminal.tmux import Tmux, ask, is_inside, parse

ANSWER = {
    "default": "tmux-256color",
    "outer": "",
    "features": "",
    "utf8": "",
    "program": "",
    "passes": "",
    "left": "0",
    "top": "0",
    "status": "on",
    "position": "bottom",
    "across": "",
    "down": "",
}


def answer(**others: str) -> str:
    return "\n".join((ANSWER | others).values()) + "\n"


@pytest.fixture
def tmux(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program called tmux, the only one in PATH, to be written by the test."""
    program = tmp_path / "bin" / "tmux"
    program.parent.mkdir()
    monkeypatch.setenv("PATH", str(program.parent))
    return program


def test_the_answer_of_tmux_is_read(tmux: Path) -> None:
    answer = ("screen-256color", "xterm", "256,RGB", "1", "XTerm(379)", "1", "40", "12", "on", "top", "3", "2")
    tmux.write_text(f"#!/bin/sh\nprintf '%s\\n' {' '.join(map(quote, answer))}\n")
    tmux.chmod(0o755)
    assert ask() == Tmux("screen-256color", "xterm", ("256", "RGB"), True, "XTerm(379)", True, (37, 11))


@pytest.mark.parametrize("script", [None, "exit 1", "echo no server running"])
def test_a_tmux_that_is_not_there_or_fails_does_not_answer(tmux: Path, script: str | None) -> None:
    if script is not None:
        tmux.write_text(f"#!/bin/sh\n{script}\n")
        tmux.chmod(0o755)
    assert ask() is None


def test_a_tmux_without_a_terminal_answers_with_nothing() -> None:
    assert parse(answer()) == Tmux("tmux-256color", "", (), is_utf8=False)


@pytest.mark.parametrize(("text", "passes"), [("", False), ("0", False), ("off", False), ("1", True), ("all", True)])
def test_passthrough_is_on_off_or_unknown_to_an_old_tmux(text: str, passes: bool) -> None:
    assert parse(answer(passes=text)).passes_through == passes


@pytest.mark.parametrize(
    ("others", "offset"),
    [
        ({"left": "40", "top": "12"}, (40, 12)),
        ({"top": "12", "position": "top"}, (0, 13)),
        ({"top": "12", "position": "top", "status": "3"}, (0, 15)),
        ({"top": "12", "position": "top", "status": "off"}, (0, 12)),
        ({"left": "100", "top": "30", "across": "60", "down": "5"}, (40, 25)),
    ],
)
def test_the_corner_of_the_pane_in_the_terminal(others: dict[str, str], offset: tuple[int, int]) -> None:
    assert parse(answer(**others)).offset == offset


def test_tmux_is_known_by_its_variable_or_its_type_of_terminal() -> None:
    assert is_inside({"TMUX": "/tmp/t,1,0", "TERM": "screen"})
    assert is_inside({"TERM": "tmux-256color"})
    assert not is_inside({"TERM": "screen-256color"})
    assert not is_inside({"TMUX": "", "TERM": "xterm"})


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A real tmux with two panes, whose second one is the process's own; the name of its socket."""
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")
    socket = str(tmp_path / "socket")

    def run(*command: str) -> str:
        done = subprocess.run(["tmux", "-S", socket, *command], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    run("-f", os.devnull, "new-session", "-d", "-x", "80", "-y", "24", "sleep 60")
    pane = run("split-window", "-h", "-P", "-F", "#{pane_id}", "sleep 60")
    monkeypatch.setenv("TMUX", f"{socket},1,0")
    monkeypatch.setenv("TMUX_PANE", pane)
    yield socket
    run("kill-server")


def test_a_real_tmux_says_where_the_pane_is_and_what_it_passes_through(server: str) -> None:
    before = ask()
    if subprocess.run(["tmux", "-S", server, "set", "-g", "allow-passthrough", "on"], check=False).returncode:
        pytest.skip("tmux before 3.3 passes everything through")
    after = ask()
    assert before is not None and after is not None
    assert (before.passes_through, after.passes_through) == (False, True)
    assert before.offset == after.offset == (41, 0)
