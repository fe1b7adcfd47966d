"""What tmux says, by its command, about itself and the terminal beyond it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

SECONDS = 3.0
"""How long tmux may take to answer."""
_QUESTION = "\n".join(
    f"#{{{name}}}"
    for name in (
        "default-terminal",
        "client_termname",
        "client_termfeatures",
        "client_utf8",
        "client_termtype",
        "allow-passthrough",
        "pane_left",
        "pane_top",
        "status",
        "status-position",
        "window_offset_x",
        "window_offset_y",
    )
)
_OFF = ("", "0", "off")


@dataclass(frozen=True)
class Tmux:
    """default: TERM of the programs inside. outer: TERM of the terminal attached, "" if there is none.

    features: the features that tmux assumes for that terminal, such as RGB; none before tmux 3.2. is_utf8: whether it
    was attached as UTF-8. program: name and version that the terminal gave to tmux, "" if unknown. passes_through:
    whether tmux hands on what is wrapped for it. offset: columns and rows from the terminal's corner to the pane's.
    """

    default: str
    outer: str
    features: tuple[str, ...]
    is_utf8: bool
    program: str = ""
    passes_through: bool = False
    offset: tuple[int, int] = (0, 0)


def is_inside(environment: Mapping[str, str]) -> bool:
    """Whether the innermost terminal is tmux, on this machine or on the way to it."""
    return bool(environment.get("TMUX")) or environment.get("TERM", "").startswith("tmux")


def wrap(sequence: str) -> str:
    """The sequence as tmux hands it on to its terminal."""
    escaped = sequence.replace("\x1b", "\x1b\x1b")
    return f"\x1bPtmux;{escaped}\x1b\\"


def ask() -> Tmux | None:
    """The properties of the tmux that TMUX names; None if it does not answer."""
    command = ["tmux", "display-message", "-p", _QUESTION]
    try:
        done = subprocess.run(
            command, capture_output=True, encoding="utf-8", errors="replace", check=True, timeout=SECONDS
        )
        return parse(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None


def parse(answer: str) -> Tmux:
    """What the answer means; raises ValueError if it is none."""
    default, outer, features, is_utf8, program, passes, left, top, status, position, across, down = answer.removesuffix(
        "\n"
    ).split("\n")
    above = _status_rows(status) if position == "top" else 0
    return Tmux(
        default,
        outer,
        tuple(filter(None, features.split(","))),
        is_utf8 == "1",
        program,
        passes not in _OFF,
        (int(left) - int(across or 0), int(top) + above - int(down or 0)),
    )


def _status_rows(status: str) -> int:
    return int(status) if status.isdecimal() else int(status == "on")


def ask_again() -> Tmux | None:
    """As `ask`, but at most once a second: many widgets ask at the same time."""
    return _asked_in(int(time.monotonic()))


@lru_cache(maxsize=1)
def _asked_in(_second: int) -> Tmux | None:
    return ask()
