"""Writes text to streams whose encoding lacks some of its characters, such as those of an ISO-8859-1 locale.

The program's own signs are replaced by ones that read alike. Letters of names are escaped, so that none is lost.
"""

from __future__ import annotations

import codecs
from typing import TextIO

_HANDLER = "alc_tui.approximate"
_SIGNS = {
    "…": "...",
    "–": "-",
    "−": "-",
    "\N{NO-BREAK SPACE}": " ",
    "·": "*",
    "×": "x",
    "±": "+-",
    "→": "->",
    "∞": "infinity",
    "≤": "<=",
    "≥": ">=",
    "κ": "kappa",
    "τ": "tau",
    "●": "*",
    "◆": "*",
    "✗": "x",
    "─": "-",
    "━": "-",
    "│": "|",
    "┃": "|",
    **dict(zip("▁▂▃▄▅▆▇█", ".:-=+*%#", strict=True)),
}
_BOX, _BLOCK = range(0x2500, 0x2580), range(0x2580, 0x25A0)


def approximate(stream: TextIO) -> None:
    """Let a stream replace what its encoding lacks, instead of raising UnicodeEncodeError."""
    codecs.register_error(_HANDLER, _replace)
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors=_HANDLER)


def approximation(character: str) -> str:
    """What stands for a character: a sign that reads alike, else its escape sequence."""
    if (sign := _SIGNS.get(character)) is not None:
        return sign
    if ord(character) in _BOX:
        return "+"
    if ord(character) in _BLOCK:
        return "#"
    return character.encode("unicode_escape").decode("ascii")


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    replaced = "".join(map(approximation, error.object[error.start : error.end]))
    return replaced, error.end
