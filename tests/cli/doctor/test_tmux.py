from __future__ import annotations

from pathlib import Path

import pytest

from alc_tui.cli.doctor.tmux import Tmux, ask, check_tmux

GOOD = Tmux("tmux-256color", "xterm-256color", ("256", "RGB", "title"), is_utf8=True)


@pytest.mark.parametrize(
    ("answer", "found", "advice"),
    [
        (None, "does not answer", "tmux display-message"),
        (Tmux("tmux-256color", "", (), is_utf8=False), "no terminal is attached", "Attach one"),
        (
            Tmux("tmux-256color", "foot", ("256", "title"), is_utf8=True),
            "default-terminal tmux-256color on foot; 256 colors pass through",
            "add `set -as terminal-features ',foot:RGB'` to ~/.tmux.conf",
        ),
        (
            Tmux("tmux-256color", "foot", (), is_utf8=True),
            "tmux before 3.2 does not report",
            "`set -ga terminal-overrides ',foot:Tc'`",
        ),
        (
            Tmux("screen", "foot", ("RGB",), is_utf8=True),
            "default-terminal screen on foot; true color passes through",
            "`set -g default-terminal tmux-256color`",
        ),
        (Tmux("tmux-256color", "foot", ("RGB",), is_utf8=False), "true color passes through", "`tmux -u attach`"),
    ],
)
def test_what_tmux_holds_back_and_how_to_let_it_through(answer: Tmux | None, found: str, advice: str) -> None:
    check = check_tmux(True, lambda: answer)
    assert check.verdict == "warn" and found in check.found and advice in check.advice


def test_a_tmux_that_lets_all_through_needs_no_advice() -> None:
    check = check_tmux(True, lambda: GOOD)
    assert (check.verdict, check.advice) == ("ok", "")
    assert check.found == "default-terminal tmux-256color on xterm-256color; true color passes through"


def test_tmux_is_not_asked_where_it_is_not() -> None:
    def never() -> Tmux:
        raise AssertionError

    assert check_tmux(False, never).found == "not in use"


@pytest.fixture
def tmux(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program called tmux, the only one in PATH, to be written by the test."""
    program = tmp_path / "bin" / "tmux"
    program.parent.mkdir()
    monkeypatch.setenv("PATH", str(program.parent))
    return program


def test_the_answer_of_tmux_is_read(tmux: Path) -> None:
    tmux.write_text("#!/bin/sh\nprintf 'screen-256color\\nxterm\\n256,RGB\\n1\\n'\n")
    tmux.chmod(0o755)
    assert ask() == Tmux("screen-256color", "xterm", ("256", "RGB"), is_utf8=True)
    tmux.write_text("#!/bin/sh\nprintf 'tmux-256color\\n\\n\\n\\n'\n")
    assert ask() == Tmux("tmux-256color", "", (), is_utf8=False)


@pytest.mark.parametrize("script", [None, "exit 1", "echo no server running"])
def test_a_tmux_that_is_not_there_or_fails_does_not_answer(tmux: Path, script: str | None) -> None:
    if script is not None:
        tmux.write_text(f"#!/bin/sh\n{script}\n")
        tmux.chmod(0o755)
    assert ask() is None
