from __future__ import annotations

from dataclasses import replace

import pytest

from alc_tui.cli.doctor.tmux import check_tmux
from alc_tui.tui.terminal.tmux import Tmux

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


def test_graphics_pass_through_where_tmux_is_told_to_let_them() -> None:
    check = check_tmux(True, lambda: replace(GOOD, program="kitty(0.41.1)", passes_through=True))
    assert (check.verdict, check.advice) == ("ok", "")
    assert check.found.endswith("true color passes through, and so do graphics")


def test_a_terminal_with_graphics_behind_a_tmux_without_is_worth_a_hint() -> None:
    check = check_tmux(True, lambda: replace(GOOD, program="foot(1.13.1)"))
    assert check.verdict == "ok"
    assert "(sixel)" in check.advice and "`set -g allow-passthrough on`" in check.advice
    assert check_tmux(True, lambda: replace(GOOD, program="XTerm(379)")).advice == ""
