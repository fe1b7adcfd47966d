"""What tmux passes through between the app and your terminal."""

from __future__ import annotations

from collections.abc import Callable

from alc_tui.cli.doctor.check import OK, WARN, Check
from alc_tui.tui.graphics import terminals
from alc_tui.tui.terminal.tmux import Tmux, ask


def check_tmux(is_inside: bool, answer: Callable[[], Tmux | None] = ask) -> Check:
    """Whether true color, block characters and graphics pass through. is_inside: whether TMUX is set."""
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
    graphics = ", and so do graphics" if tmux.passes_through else ""
    found = f"default-terminal {tmux.default} on {tmux.outer}; {passes}{graphics}"
    return Check("tmux", WARN if advice else OK, found, " ".join(filter(None, (advice, _hint(tmux)))))


def _hint(tmux: Tmux) -> str:
    protocol = terminals.protocol_beyond(tmux)
    if protocol is None or tmux.passes_through:
        return ""
    return (
        f"Your terminal draws images pixel by pixel ({protocol}): add `set -g allow-passthrough on` to ~/.tmux.conf, "
        "then `tmux source ~/.tmux.conf`."
    )


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
