"""Numbers and untrusted strings, formatted for a terminal."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size


def plain(text: str) -> str:
    """The text on one line, with control characters and text-direction characters escaped."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def shorten(text: str, width: int) -> str:
    """The text shortened to at most `width` cells in the middle, since names often differ only at the end."""
    if cell_len(text) <= width:
        return text
    if width < 3:
        return set_cell_size(text, max(0, width))
    head, tail = (width - 1 + 1) // 2, (width - 1) // 2
    end = text[len(text) - tail :]
    while cell_len(end) > tail:
        end = end[1:]
    return f"{set_cell_size(text, head).rstrip()}…{end}"


def counted(count: int, noun: str) -> str:
    """`1 image`, `2,000 images`: a number and a noun whose plural ends in s."""
    return f"{count:,} {noun if count == 1 else f'{noun}s'}"


def duration(seconds: float) -> str:
    """`45 s`, `2 min 10 s`, `1 h 05 min`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def change(now: float, before: float | None) -> str:
    """The change of a score: `+0.031`, `−0.004`, `=`; empty if there is no earlier score."""
    if before is None:
        return ""
    difference = round(now - before, 3)
    if difference == 0:
        return "="
    return signed(difference)


def signed(value: float) -> str:
    """A difference of scores with its sign and three decimals: `+0.031`, `−0.004`."""
    return f"{value:+.3f}".replace("-", "−")


def percent(share: float | None) -> str:
    """A share as a whole percentage, four cells wide; `   –` if it is unknown."""
    return "   –" if share is None else f"{100 * share:3.0f}%"
