"""Which graphics protocol a terminal has, by what the environment says about it.

The terminal itself is never asked: its answer might come late and would be read as keys.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from alc_tui.tui.graphics.graphic import ITERM2, KITTY, SIXEL
from alc_tui.tui.terminal import tmux
from alc_tui.tui.terminal.tmux import Tmux

PROTOCOL_OF = {
    "kitty": KITTY,
    "ghostty": KITTY,
    "wezterm": ITERM2,
    "iterm2": ITERM2,
    "konsole": ITERM2,
    "foot": SIXEL,
    "mlterm": SIXEL,
}
"""Terminals whose present versions always have a protocol, and the best one of each."""

_BY_TERM = {
    "xterm-kitty": "kitty",
    "xterm-ghostty": "ghostty",
    "ghostty": "ghostty",
    "wezterm": "wezterm",
    "foot": "foot",
    "mlterm": "mlterm",
}
"""Beginnings of TERM that only one terminal uses."""

_BY_VARIABLE = {
    "KITTY_WINDOW_ID": "kitty",
    "GHOSTTY_RESOURCES_DIR": "ghostty",
    "WEZTERM_PANE": "wezterm",
    "WEZTERM_EXECUTABLE": "wezterm",
    "WEZTERM_UNIX_SOCKET": "wezterm",
    "ITERM_SESSION_ID": "iterm2",
    "KONSOLE_VERSION": "konsole",
    "MLTERM": "mlterm",
    "XTERM_VERSION": "xterm",
    "VTE_VERSION": "vte",
    "ALACRITTY_WINDOW_ID": "alacritty",
    "WT_SESSION": "windows-terminal",
}
"""Variables that a terminal sets. Programs started in it inherit them, among them other terminals."""

_BY_PROGRAM = {"iterm.app": "iterm2"}
"""Names in TERM_PROGRAM and LC_TERMINAL that differ from ours."""

_EMBEDDING = ("STY", "ZELLIJ", "NVIM", "VIM_TERMINAL", "INSIDE_EMACS")
"""Programs that show a terminal of their own, without graphics, and hand on the variables of the one they run in."""

_OLDEST = {"konsole": (22, 4), "kitty": (0, 28)}
"""The first versions with the protocol; for kitty, with the placeholders that tmux requires."""

Environment = Mapping[str, str]


class _Program(NamedTuple):
    name: str
    version: tuple[int, ...]


def known_protocol(environment: Environment, ask: Callable[[], Tmux | None] = tmux.ask_again) -> str | None:
    """The protocol that the terminal has for certain; None if it may have none."""
    if any(environment.get(variable) for variable in _EMBEDDING):
        return None
    if environment.get("TMUX"):
        answer = ask()
        return protocol_beyond(answer) if answer is not None and answer.passes_through else None
    name = terminal_name(environment)
    if name == "konsole" and _konsole_version(environment) < _OLDEST["konsole"]:
        return None
    return PROTOCOL_OF.get(name)


def terminal_name(environment: Environment) -> str:
    """The terminal's name, empty if nothing or several things are said about it."""
    term = environment.get("TERM", "")
    for beginning, name in _BY_TERM.items():
        if term == beginning or term.startswith(f"{beginning}-"):
            return name
    if not term.startswith("xterm"):
        return ""
    names = {name for variable, name in _BY_VARIABLE.items() if environment.get(variable)}
    programs = {environment.get(variable, "").lower() for variable in ("TERM_PROGRAM", "LC_TERMINAL")} - {""}
    names |= {_BY_PROGRAM.get(program, program) for program in programs}
    return names.pop() if len(names) == 1 else ""


def protocol_beyond(answer: Tmux) -> str | None:
    """The protocol of the terminal that tmux runs in, if tmux hands it on."""
    program = _program(answer.program)
    return None if program.version < _OLDEST.get(program.name, ()) else PROTOCOL_OF.get(program.name)


def _program(text: str) -> _Program:
    """Name and version, as in `kitty(0.35.2)` or `WezTerm 20240203-110809-5046fc22`."""
    match = re.match(r"([A-Za-z][A-Za-z0-9]*)[ (]*([0-9.]*)", text)
    if match is None:
        return _Program("", ())
    return _Program(match[1].lower(), tuple(int(part) for part in match[2].split(".") if part))


def _konsole_version(environment: Environment) -> tuple[int, ...]:
    """Year and month of the version, such as `221203`."""
    text = environment.get("KONSOLE_VERSION", "")
    return (int(text[:2]), int(text[2:4])) if re.fullmatch(r"\d{6}", text) else ()
