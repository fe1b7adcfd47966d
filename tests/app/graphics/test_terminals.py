"""Which protocol a terminal has, by its environment; nothing is assumed where it is not certain."""

from __future__ import annotations

import pytest

from alc_tui.errors import UsageError
from alc_tui.tui.graphics import passage
from alc_tui.tui.graphics.terminals import known_protocol
from alc_tui.tui.terminal.tmux import Tmux

XTERM = {"TERM": "xterm-256color"}
TMUX = {"TERM": "tmux-256color", "TMUX": "/tmp/tmux-0/default,1,0"}


@pytest.mark.parametrize(
    ("environment", "protocol"),
    [
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({**XTERM, "KITTY_WINDOW_ID": "1"}, "kitty"),
        ({"TERM": "xterm-ghostty"}, "kitty"),
        ({**XTERM, "TERM_PROGRAM": "ghostty", "GHOSTTY_RESOURCES_DIR": "/usr/share/ghostty"}, "kitty"),
        ({"TERM": "wezterm"}, "iterm2"),
        ({**XTERM, "TERM_PROGRAM": "WezTerm", "WEZTERM_PANE": "0"}, "iterm2"),
        ({**XTERM, "TERM_PROGRAM": "WezTerm"}, "iterm2"),
        ({**XTERM, "WEZTERM_EXECUTABLE": "/usr/bin/wezterm-gui"}, "iterm2"),
        ({**XTERM, "WEZTERM_UNIX_SOCKET": "/run/user/1000/wezterm/gui-sock-1"}, "iterm2"),
        ({**XTERM, "TERM_PROGRAM": "iTerm.app", "LC_TERMINAL": "iTerm2", "ITERM_SESSION_ID": "w0t0"}, "iterm2"),
        ({**XTERM, "LC_TERMINAL": "iTerm2"}, "iterm2"),
        ({"TERM": "foot"}, "sixel"),
        ({"TERM": "foot-extra"}, "sixel"),
        ({"TERM": "mlterm-256color"}, "sixel"),
        ({**XTERM, "MLTERM": "3.9.0"}, "sixel"),
        ({**XTERM, "KONSOLE_VERSION": "221203"}, "iterm2"),
        ({**XTERM, "KONSOLE_VERSION": "211200"}, None),
        ({**XTERM, "KONSOLE_VERSION": "git"}, None),
        (XTERM, None),
        ({}, None),
        ({"TERM": "linux", "KITTY_WINDOW_ID": "1"}, None),
        ({"TERM": "footage"}, None),
        ({**XTERM, "TERM_PROGRAM": "Apple_Terminal"}, None),
        ({**XTERM, "TERM_PROGRAM": "vscode"}, None),
        ({**XTERM, "VTE_VERSION": "7600"}, None),
    ],
)
def test_a_terminal_is_known_by_its_variables(environment: dict[str, str], protocol: str | None) -> None:
    assert known_protocol(environment) == protocol


@pytest.mark.parametrize(
    "environment",
    [
        {**XTERM, "KITTY_WINDOW_ID": "1", "XTERM_VERSION": "XTerm(379)"},
        {**XTERM, "KITTY_WINDOW_ID": "1", "TERM_PROGRAM": "vscode"},
        {**XTERM, "WEZTERM_EXECUTABLE": "/usr/bin/wezterm-gui", "VTE_VERSION": "7600"},
        {**XTERM, "KITTY_WINDOW_ID": "1", "VTE_VERSION": "7600"},
        {**XTERM, "LC_TERMINAL": "iTerm2", "KONSOLE_VERSION": "221203"},
        {"TERM": "xterm-kitty", "ZELLIJ": "0"},
        {**XTERM, "KITTY_WINDOW_ID": "1", "NVIM": "/run/nvim.1"},
        {"TERM": "xterm-kitty", "INSIDE_EMACS": "29.1,vterm"},
        {"TERM": "screen-256color", "STY": "1.pts", "KITTY_WINDOW_ID": "1"},
        {"TERM": "tmux-256color", "KITTY_WINDOW_ID": "1"},
    ],
)
def test_a_terminal_that_runs_in_another_one_is_not_taken_for_it(environment: dict[str, str]) -> None:
    assert known_protocol(environment) is None


def test_the_terminal_itself_wins_over_the_one_that_it_was_started_from() -> None:
    assert known_protocol({"TERM": "xterm-kitty", "XTERM_VERSION": "XTerm(379)"}) == "kitty"


@pytest.mark.parametrize(
    ("program", "protocol"),
    [
        ("kitty(0.35.2)", "kitty"),
        ("kitty(0.26.5)", None),
        ("kitty", None),
        ("ghostty 1.1.3", "kitty"),
        ("WezTerm 20240203-110809-5046fc22", "iterm2"),
        ("iTerm2 3.5.0", "iterm2"),
        ("foot(1.13.1)", "sixel"),
        ("Konsole 22.12.3", "iterm2"),
        ("Konsole 21.12.3", None),
        ("XTerm(379)", None),
        ("", None),
        ("?", None),
    ],
)
def test_inside_tmux_the_terminal_is_the_one_that_tmux_names(program: str, protocol: str | None) -> None:
    answer = Tmux("tmux-256color", "xterm-256color", (), True, program, passes_through=True)
    stale = {**TMUX, "KITTY_WINDOW_ID": "1", "LC_TERMINAL": "iTerm2"}
    assert known_protocol(stale, lambda: answer) == protocol


def test_inside_a_tmux_that_passes_nothing_through_there_are_no_graphics() -> None:
    answer = Tmux("tmux-256color", "xterm-kitty", (), True, "kitty(0.35.2)")
    assert known_protocol(TMUX, lambda: answer) is None
    assert known_protocol(TMUX, lambda: None) is None


def test_who_asks_for_graphics_in_such_a_tmux_learns_how_to_let_them_through() -> None:
    answer = Tmux("tmux-256color", "xterm-kitty", (), True, "kitty(0.35.2)")
    with pytest.raises(UsageError, match="tmux set -g allow-passthrough on"):
        passage.check(TMUX, lambda: answer)
    passage.check(XTERM, lambda: answer)
    passage.check(TMUX, lambda: None)
    passage.check({"TERM": "tmux-256color"}, lambda: answer)
