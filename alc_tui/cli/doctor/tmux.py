"""What tmux passes through between the app and your terminal."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass

from alc_tui.cli.doctor.check import OK, WARN, Check

SECONDS = 3.0
"""How long tmux may take to answer."""
_QUESTION = "#{default-terminal}\n#{client_termname}\n#{client_termfeatures}\n#{client_utf8}"


@dataclass(frozen=True)
class Tmux:
    """default: TERM of the programs inside. outer: TERM of the terminal attached, "" if there is none.

    features: the features that tmux assumes for that terminal, such as RGB; none before tmux 3.2. is_utf8: whether it
    was attached as UTF-8.
    """

    default: str
    outer: str
    features: tuple[str, ...]
    is_utf8: bool


def ask() -> Tmux | None:
    """The properties of the tmux that TMUX names; None if it does not answer."""
    command = ["tmux", "display-message", "-p", _QUESTION]
    try:
        done = subprocess.run(
            command, capture_output=True, encoding="utf-8", errors="replace", check=True, timeout=SECONDS
        )
        default, outer, features, is_utf8 = done.stdout.removesuffix("\n").split("\n")
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return Tmux(default, outer, tuple(filter(None, features.split(","))), is_utf8 == "1")


def check_tmux(is_inside: bool, answer: Callable[[], Tmux | None] = ask) -> Check:
    """Whether true color and block characters pass through. is_inside: whether TMUX is set."""
    if not is_inside:
        return Check("tmux", OK, "not in use")
    tmux = answer()
    if tmux is None:
        return Check(
            "tmux", WARN, "in use, but does not answer", "Check whether `tmux display-message -p hello` works."
        )
    if not tmux.outer:
        return Check("tmux", WARN, "no terminal is attached", "Attach one and run `alc doctor` there.")
    passes = "true color passes through" if "RGB" in tmux.features else "256 colors pass through"
    if not tmux.features:
        passes = "tmux before 3.2 does not report whether true color passes through"
    advice = _advice(tmux)
    found = f"default-terminal {tmux.default} on {tmux.outer}; {passes}"
    return Check("tmux", WARN if advice else OK, found, advice)


def _advice(tmux: Tmux) -> str:
    steps = []
    if not tmux.is_utf8:
        steps.append("It was attached without UTF-8 and shows _ instead of blocks: attach with `tmux -u attach`.")
    if not tmux.default.endswith("256color"):
        steps.append("Put `set -g default-terminal tmux-256color` into ~/.tmux.conf and open a new window.")
    if "RGB" not in tmux.features:
        line = f"set -as terminal-features ',{tmux.outer}:RGB'"
        if not tmux.features:
            line = f"set -ga terminal-overrides ',{tmux.outer}:Tc'"
        steps.append(
            f"If your terminal supports true color, add `{line}` to ~/.tmux.conf, then `tmux source ~/.tmux.conf`, "
            "detach and attach again."
        )
    return " ".join(steps)
