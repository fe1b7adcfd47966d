"""Splits terminal input into characters, complete escape sequences, and pasted text. Independent of Textual.

Times are monotonic seconds. The grammar is that of ECMA-48, with what terminals send beyond it.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

ESCAPE = "\x1b"
STALL = 0.3
"""Seconds to wait for the rest of a sequence: on a slow connection, it arrives in pieces."""
RESUMED = 1.0
"""After a lone Escape, a sequence may still go on for so many seconds; so long must a paste pause to be over."""
PASTE_START, PASTE_END = "\x1b[200~", "\x1b[201~"
UNDECODABLE = "\N{REPLACEMENT CHARACTER}"

_C1 = {chr(0x40 + ord(letter)): ESCAPE + letter for letter in "OPX[]^_"}
"""Introducers of sequences as single characters, as 8-bit terminals send them."""
_STRINGS = ("P", "X", "]", "^", "_")
_CSI = re.compile(r"\[(?:\[.|M.{3}|\d+\$|[0-?]*[ -/]*[@-LN-Z\\-~]|[0-?]+M)", re.DOTALL)
"""A control sequence, among them function keys of the Linux console, clicks in three bytes, and keys of rxvt."""
_CSI_BEGUN = re.compile(r"\[(?:\[|M.{0,2}|[0-?]*[ -/]*)", re.DOTALL)
_SS3, _SS3_BEGUN = re.compile(r"O[0-9;]*[@-~]"), re.compile(r"O[0-9;]*")
_LONGEST = 256


@dataclass(frozen=True)
class Character:
    """A character outside of sequences."""

    text: str


@dataclass(frozen=True)
class Sequence:
    """A complete escape sequence; a lone Escape if nothing followed it. at: when its last byte arrived."""

    text: str
    at: float


@dataclass(frozen=True)
class Pasted:
    """Text that the terminal marks as pasted."""

    text: str


@dataclass(frozen=True)
class Torn:
    """A sequence that never ended, or bytes that are not UTF-8. at: when its last byte arrived."""

    at: float


Token = Character | Sequence | Pasted | Torn


class SequenceReader:
    """Reads input in pieces. stall: seconds to wait for the rest of a sequence."""

    def __init__(self, stall: float = STALL) -> None:
        self._stall = stall
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._begun = ""
        self._paste: list[str] | None = None
        self._last = self._escaped = float("-inf")

    @property
    def deadline(self) -> float | None:
        """When `tick` has something to do unless more input arrives."""
        if self._paste is not None:
            return self._last + RESUMED
        return self._last + self._stall if self._begun or self._has_half_a_character else None

    def feed(self, data: bytes, at: float) -> Iterator[Token]:
        """What the bytes, which arrived at `at`, complete."""
        for character in self._decoder.decode(data):
            yield from self._take(character, at)
        self._last = at

    def tick(self, at: float) -> Iterator[Token]:
        """Give up waiting for the rest of a sequence or a paste whose time is over."""
        if self.deadline is None or at < self.deadline:
            return
        if self._has_half_a_character:
            for character in self._decoder.decode(b"", final=True):
                yield from self._take(character, self._last)
        if self._paste is not None:
            yield Pasted("".join(self._paste))
            yield Torn(self._last)
            self._paste = None
        elif self._begun == ESCAPE:
            self._escaped = self._last
            yield Sequence(ESCAPE, self._last)
        elif self._begun:
            yield Torn(self._last)
        self._begun = ""

    @property
    def _has_half_a_character(self) -> bool:
        return bool(self._decoder.getstate()[0])

    def _take(self, character: str, at: float) -> Iterator[Token]:
        if self._paste is not None:
            yield from self._take_pasted(character)
        elif self._begun:
            yield from self._go_on(character, at)
        elif character == ESCAPE or character in _C1:
            self._begun = _C1.get(character, ESCAPE)
        elif character == UNDECODABLE:
            yield Torn(at)
        elif at - self._escaped < RESUMED and ESCAPE + character in _C1.values():
            self._begun = ESCAPE + character
        else:
            yield Character(character)
        if character != ESCAPE:
            self._escaped = float("-inf")

    def _take_pasted(self, character: str) -> Iterator[Token]:
        assert self._paste is not None
        self._paste.append(character)
        if character == "~" and "".join(self._paste[-len(PASTE_END) :]) == PASTE_END:
            yield Pasted("".join(self._paste[: -len(PASTE_END)]))
            self._paste = None

    def _go_on(self, character: str, at: float) -> Iterator[Token]:
        before, self._begun = self._begun, self._begun + character
        if _is_complete(self._begun):
            sequence, self._begun = self._begun, ""
            if sequence == PASTE_START:
                self._paste = []
            elif sequence != PASTE_END:
                yield Sequence(sequence, at)
        elif before[1:2] in _STRINGS and character != ESCAPE and before[-1] != ESCAPE:
            self._begun = before[:2]  # what is in the string does not matter
        elif not _is_begun(self._begun):
            self._begun = ESCAPE if before[2:] == ESCAPE else ""
            yield Sequence(ESCAPE, at) if before == ESCAPE else Torn(at)
            yield from self._take(character, at)


def _is_complete(sequence: str) -> bool:
    body = sequence[1:]
    if body.startswith(_STRINGS):
        return body[1:] in ("\x1b\\", "\x07", "\x9c")
    if body.startswith("["):
        return _CSI.fullmatch(body) is not None
    if body.startswith("O"):
        return _SS3.fullmatch(body) is not None
    return len(body) == 1 and body != ESCAPE


def _is_begun(sequence: str) -> bool:
    body = sequence[1:]
    if body.startswith(_STRINGS):
        return body[1:] in ("", ESCAPE)
    pattern = _CSI_BEGUN if body.startswith("[") else _SS3_BEGUN
    return len(body) < _LONGEST and pattern.fullmatch(body) is not None
