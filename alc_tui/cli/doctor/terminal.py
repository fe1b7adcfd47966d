"""Terminal checks that need no answer from it: type, colors, encoding, size, and cell shape.

Multiplexers are checked in `tmux`, latency in `round_trip`.
"""

from __future__ import annotations

import fcntl
import struct
import termios
from collections.abc import Mapping
from dataclasses import dataclass

from rich.console import Console

from alc_tui.cli.doctor.check import BAD, OK, WARN, Check

TRUE_COLOR = 2**24
SMALLEST, ROOMY = (80, 24), (120, 40)
"""Columns and rows: the minimum for the screens, and the size at which they show more."""
_COUNTS = {None: 0, "standard": 16, "windows": 16, "256": 256, "truecolor": TRUE_COLOR}
_OVER_SSH = (
    "SSH does not forward COLORTERM: if your terminal supports true color, run `export COLORTERM=truecolor` here "
    "before `alc`; or, permanently, add `SendEnv COLORTERM` to ~/.ssh/config on your side and `AcceptEnv COLORTERM` "
    "to sshd_config on this side."
)

Environment = Mapping[str, str]


@dataclass(frozen=True)
class Window:
    """The terminal's size: columns and rows of cells, width and height in pixels (0 if not reported)."""

    columns: int
    rows: int
    width: int
    height: int


def window(descriptor: int) -> Window:
    """The terminal's size as reported by the system; raises OSError if `descriptor` is not a terminal."""
    answer = fcntl.ioctl(descriptor, termios.TIOCGWINSZ, bytes(8))
    rows, columns, width, height = struct.unpack("4H", answer)
    return Window(columns, rows, width, height)


def color_system(environment: Environment) -> str | None:
    """The colors Textual will draw with, in Rich's words; raises KeyError if TEXTUAL_COLOR_SYSTEM is none of them.

    NO_COLOR is left out: it turns these colors into grays.
    """
    asked = environment.get("TEXTUAL_COLOR_SYSTEM", "auto")
    others = {name: value for name, value in environment.items() if name != "NO_COLOR"}
    return Console(color_system=asked, force_terminal=True, legacy_windows=False, _environ=others).color_system  # type: ignore[arg-type]


def drawn_system(environment: Environment) -> str | None:
    """The colors that this command may use itself: none with NO_COLOR or if they are unknown."""
    try:
        return None if "NO_COLOR" in environment else color_system(environment)
    except KeyError:
        return None


def is_ssh(environment: Environment) -> bool:
    """Whether the shell was reached over SSH."""
    return bool(environment.get("SSH_CONNECTION") or environment.get("SSH_TTY"))


def check_no_terminal() -> Check:
    """The check if neither stdin nor stdout is a terminal."""
    advice = "Run `alc doctor` in the terminal in which you will label."
    return Check("terminal", WARN, "no terminal, so not checked", advice)


def check_type(environment: Environment) -> Check:
    """TERM: whether programs know how to draw in this terminal."""
    name = environment.get("TERM", "")
    found = f"{name}, over SSH" if is_ssh(environment) else name
    if not name:
        return Check("terminal", BAD, "TERM is not set", "Run `export TERM=xterm-256color` before `alc`.")
    if name in ("dumb", "unknown"):
        advice = "It cannot position text: use another terminal, or run `export TERM=xterm-256color` if this one can."
        return Check("terminal", BAD, found, advice)
    if name == "linux":
        advice = "The Linux console has 16 colors and few characters: use a terminal window on a desktop, or SSH."
        return Check("terminal", WARN, found, advice)
    return Check("terminal", OK, found)


def check_colors(environment: Environment) -> Check:
    """How many colors the app will use, and how to get more."""
    try:
        count = _COUNTS[color_system(environment)]
    except KeyError:
        asked = environment["TEXTUAL_COLOR_SYSTEM"]
        wrong = f"TEXTUAL_COLOR_SYSTEM is {asked!r}, which is invalid: the app cannot start"
        return Check("colors", BAD, wrong, "Run `unset TEXTUAL_COLOR_SYSTEM` before `alc`.")
    if "NO_COLOR" in environment:
        advice = "Run `unset NO_COLOR` before `alc`; do not judge colors in grayscale images."
        return Check("colors", WARN, "NO_COLOR is set: everything is in grayscale", advice)
    if count == TRUE_COLOR:
        if environment.get("STY"):
            advice = (
                "GNU Screen before 5.0 supports at most 256 colors: run `unset COLORTERM` before `alc`, or use tmux."
            )
            return Check("colors", WARN, "true color according to COLORTERM, but inside GNU Screen", advice)
        return Check("colors", OK, "true color")
    if count == 256:
        return Check("colors", WARN, "256 colors: fine shades of an image are lost", _toward_true(environment))
    found = f"{count} colors" if count else "no colors"
    return Check("colors", WARN, found, f"Do not judge the colors of images here. {_toward_256(environment)}")


def _toward_true(environment: Environment) -> str:
    if environment.get("TEXTUAL_COLOR_SYSTEM", "auto") != "auto":
        return "TEXTUAL_COLOR_SYSTEM requests this: run `unset TEXTUAL_COLOR_SYSTEM` before `alc`."
    if environment.get("TMUX"):
        return "If tmux passes true color through (see the tmux check), run `export COLORTERM=truecolor` before `alc`."
    if environment.get("STY"):
        return "GNU Screen before 5.0 does not support more colors: use tmux, or no multiplexer."
    if is_ssh(environment):
        return _OVER_SSH
    return "If your terminal supports true color, run `export COLORTERM=truecolor` before `alc`."


def _toward_256(environment: Environment) -> str:
    if environment.get("TEXTUAL_COLOR_SYSTEM", "auto") != "auto":
        return _toward_true(environment)
    if environment.get("TMUX"):
        return "Add `set -g default-terminal tmux-256color` to ~/.tmux.conf and open a new window."
    if environment.get("STY"):
        return "Add `term screen-256color` to ~/.screenrc and restart GNU Screen."
    if environment.get("TERM") == "linux":
        return "Use a terminal with 256 colors or more."
    return f"Run `export TERM=xterm-256color` before `alc`. {_toward_true(environment)}"


def check_encoding(encoding: str, environment: Environment) -> Check:
    """Whether the block characters that images are drawn with can be encoded. encoding: that of the standard
    streams."""
    if encoding.lower().replace("-", "").replace("_", "") == "utf8":
        return Check("encoding", OK, "UTF-8")
    variables = [name for name in ("PYTHONIOENCODING", "PYTHONUTF8") if environment.get(name)]
    command = f"unset {' '.join(variables)}" if variables else "export LC_ALL=C.UTF-8"
    advice = f"It lacks the characters that images are drawn with: run `{command}` before `alc`."
    return Check("encoding", BAD, encoding, advice)


def check_size(size: Window) -> Check:
    """Whether the terminal is large enough for the screens."""
    found = f"{size.columns} × {size.rows}"
    if size.columns < SMALLEST[0] or size.rows < SMALLEST[1]:
        advice = f"The screens need {SMALLEST[0]} × {SMALLEST[1]}: enlarge the window or reduce the font size."
        return Check("size", BAD, found, advice)
    if size.columns < ROOMY[0] or size.rows < ROOMY[1]:
        return Check("size", OK, found, f"A window of {ROOMY[0]} × {ROOMY[1]} or more shows more at once.")
    return Check("size", OK, found)


def check_cells(size: Window) -> Check:
    """The shape of a cell, which determines whether images keep their aspect ratio."""
    if not (size.width and size.height and size.columns and size.rows):
        hint = "Look at the circle of the test card: if it is not round, images are stretched."
        return Check("cells", OK, "size in pixels not reported; assuming 1:2", hint)
    width, height = size.width / size.columns, size.height / size.rows
    return Check("cells", OK, f"{width:.0f} × {height:.0f} pixels, 1:{height / width:.2f}")


def check_images(protocol: str | None) -> Check:
    """How images are drawn by default. protocol: the graphics protocol that the terminal is known to have."""
    if protocol is not None:
        return Check("images", OK, f"pixel by pixel ({protocol})")
    hint = (
        "If the test card has a picture above kitty, sixel or iterm2, set that name as `--preview`, as `preview` in "
        "[app] of alc.toml, or as ALC_PREVIEW."
    )
    return Check("images", OK, "in blocks: your terminal is not known to draw pixels", hint)
