"""Turns what the terminal sends into Textual's messages; what nobody defined is dropped."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from textual import events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._keyboard_protocol import FUNCTIONAL_KEYS, MODIFIER_FUNCTIONAL_KEYS
from textual._xterm_parser import XTermParser
from textual.keys import Keys
from textual.message import Message
from textual.messages import TerminalSupportsSynchronizedOutput

from alc_tui.tui.terminal.sequences import ESCAPE, Character, Pasted, Sequence, Token, Torn

_FOCUS = {"\x1b[I": events.AppFocus, "\x1b[O": events.AppBlur}
_CURSOR = re.compile(r"\x1b\[(\d{1,5});(\d{1,5})R")
_MOUSE = re.compile(r"\x1b\[<\d{1,3};\d{1,5};\d{1,5}[Mm]")
_SYNCHRONIZED = re.compile(r"\x1b\[\?2026;[1-4]\$y")
_KITTY = re.compile(r"\x1b\[(\d*)(?::\d*){0,2}(?:;(\d*)(?::(\d*))?)?(?:;([\d:]*))?([u~A-HPQS])")
"""A key report: code point, modifiers, kind of event, text, final letter."""
_KEYPAD = dict(zip(range(57399, 57414), "0123456789./*-+", strict=True)) | {57415: "=", 57416: ","}
"""What keys of a numeric keypad write, by code point."""
_PRESS, _REPEAT = ("", "1"), "2"
_UNMODIFIED = ("", "1", "129")
"""No modifier, or only Num Lock."""


class BrokenInput(Message):
    """A sequence was torn: what follows may be its rest. at: when its last byte arrived (monotonic)."""

    def __init__(self, at: float) -> None:
        super().__init__()
        self.at = at


class Reports:
    """Knows the position of the mouse, from which its movements are derived."""

    def __init__(self) -> None:
        # Private parts of Textual: its tables of keys. The parser itself fails on damaged input, and waits for the rest
        # of what it does not know.
        self._keys = XTermParser()

    def messages(self, token: Token) -> Iterator[Message]:
        """The messages for a token, none if it means nothing."""
        match token:
            case Character(text):
                yield from self._named(text)
            case Pasted(text):
                yield events.Paste(text.replace("\x00", ""))
            case Torn(at):
                yield BrokenInput(at)
            case Sequence(text, at):
                yield from self._of_sequence(text, at)

    def _of_sequence(self, text: str, at: float) -> Iterator[Message]:
        if text == ESCAPE:
            escape = events.Key("escape", ESCAPE)
            escape.time = at
            yield escape
        elif text in _FOCUS:
            yield _FOCUS[text]()
        elif match := _CURSOR.fullmatch(text):
            row, column = map(int, match.groups())
            yield events.CursorPosition(column - 1, row - 1)
        elif _SYNCHRONIZED.fullmatch(text):
            yield TerminalSupportsSynchronizedOutput()
        elif _MOUSE.fullmatch(text):
            message = self._keys.parse_mouse_code(text)
            if message is not None:
                yield message
        elif len(text) == 2:
            yield from self._named(text[1], alt=True)
        elif match := _KITTY.fullmatch(text):
            yield from self._reported(match)
        elif text in ANSI_SEQUENCES_KEYS:
            yield from self._named(text)

    def _reported(self, match: re.Match[str]) -> Iterator[events.Key]:
        """The keys of a report: pressed ones, and repeated ones that write nothing. Nobody presses a key by letting it
        go, and a key that is held decides once. Shift and its like are part of the key that they are pressed with."""
        code, modifiers, kind, characters, end = (group or "" for group in match.groups())
        numbers = [int(number) for number in (code, modifiers, *characters.split(":")) if number]
        if end == "u" and code and int(code) in _KEYPAD:
            code = str(ord(_KEYPAD[int(code)]))
        name = FUNCTIONAL_KEYS.get(f"{code or 1}{end}")
        if name in MODIFIER_FUNCTIONAL_KEYS:
            return
        is_functional = name is not None
        if any(number > sys.maxunicode for number in numbers) or not (is_functional or (code and end == "u")):
            return
        if not (characters or is_functional) and modifiers in _UNMODIFIED:
            characters = code
        for key in self._named(f"\x1b[{code};{modifiers};{characters}{end}"):
            if kind in _PRESS or (kind == _REPEAT and key.character is None):
                yield key

    def _named(self, sequence: str, alt: bool = False) -> Iterator[events.Key]:
        for key in self._keys._sequence_to_key_events(sequence, alt):
            if key.key != Keys.Ignore and not _is_surrogate(key.character):
                yield key


def _is_surrogate(character: str | None) -> bool:
    return character is not None and any("\ud800" <= each <= "\udfff" for each in character)
