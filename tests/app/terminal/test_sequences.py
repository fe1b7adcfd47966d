"""Whatever a terminal sends, in whatever pieces, becomes keys that somebody pressed, pastes, replies, or nothing."""

from __future__ import annotations

from random import Random

import pytest
from textual import events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual.messages import TerminalSupportsSynchronizedOutput

from alc_tui.tui.terminal.reports import BrokenInput, Reports
from alc_tui.tui.terminal.sequences import STALL, Character, SequenceReader, Torn

KEYPAD = ("full_stop", "slash", "asterisk", "minus", "plus")
"""Keys of the numeric keypad from the decimal point on."""


class Wire:
    """What arrives in pieces: `wire("a", 0.5, b"b")` waits half a second between; returns what it means."""

    def __init__(self) -> None:
        self.reader, self.reports, self.now = SequenceReader(), Reports(), 0.0
        self.found: list[object] = []

    def __call__(self, *parts: str | bytes | float) -> list[object]:
        for part in (*parts, 3.0):
            tokens = []
            if isinstance(part, str | bytes):
                data = part.encode() if isinstance(part, str) else part
                tokens = list(self.reader.feed(data, self.now))
            else:
                end = self.now + part
                while (at := self.reader.deadline) is not None and at < end:
                    tokens += list(self.reader.tick(at))
                self.now = end
            self.found += [_brief(message) for token in tokens for message in self.reports.messages(token)]
        return self.found


def _brief(message: object) -> object:
    if isinstance(message, events.Key):
        return message.key
    if isinstance(message, events.Paste):
        return f"pasted {message.text}"
    if isinstance(message, events.CursorPosition):
        return (message.x, message.y)
    return type(message)


def wire(*parts: str | bytes | float) -> list[object]:
    return Wire()(*parts)


def test_characters_are_keys() -> None:
    assert wire("a1 \r\t\x03\x7fä") == ["a", "1", "space", "enter", "tab", "ctrl+c", "backspace", "ä"]


@pytest.mark.parametrize("pause", [0.0, STALL / 2])
@pytest.mark.parametrize(
    ("sequence", "meaning"),
    [
        ("\x1b[A", ["up"]),
        ("\x1bOA", ["up"]),
        ("\x1b[1;5A", ["ctrl+up"]),
        ("\x1b[15;2~", ["shift+f5"]),
        ("\x1b[3$", ["shift+delete"]),
        ("\x1b[[A", ["f1"]),
        ("\x1b3", ["alt+3"]),
        ("\x1b[27u", ["escape"]),
        ("\x1b[49;;49u", ["1"]),
        ("\x1b[49u", ["1"]),
        ("\x1b[13u", ["enter"]),
        ("\x1b[97;2;65u", ["A"]),
        ("\x1b[51;5u", ["ctrl+3"]),
        *((f"\x1b[{57399 + digit}u", [str(digit)]) for digit in range(10)),
        *((f"\x1b[{57409 + place};129u", [written]) for place, written in enumerate(KEYPAD)),
        ("\x1b[57413;129;43u", ["plus"]),
        ("\x1b[57414u", ["enter"]),
        ("\x1b[57415u", ["equals_sign"]),
        ("\x1b[57441;2u\x1b[61;2;43u", ["plus"]),
        ("\x1b[3;7R", [(6, 2)]),
        ("\x1b[I", [events.AppFocus]),
        ("\x1b[<0;4;5M", [events.MouseDown]),
        ("\x1b[?2026;2$y", [TerminalSupportsSynchronizedOutput]),
        ("\x1b[200~1\x1b[31m2\n\x1b[201~", ["pasted 1\x1b[31m2\n"]),
    ],
)
def test_a_sequence_means_the_same_in_one_piece_and_byte_by_byte(
    sequence: str, meaning: list[object], pause: float
) -> None:
    assert wire(*[part for character in sequence for part in (character, pause)]) == meaning


@pytest.mark.parametrize(
    "nothing",
    [
        "\x1b[49;1:3u",  # a key let go
        "\x1b[57441;2u",  # Shift alone
        "\x1b[49;1:2;49u",  # a key held down
        "\x1b[57344;1:9u",
        "\x1b[99999999999u",
        "\x1b[49;99999999999u",
        "\x1b[55296;;55296u",  # half a character
        "\x1b[49;;99999999u",
        "\x1b[49~",
        "\x1b[u",
        "\x1b[48;0;0;0;0t",
        "\x1b[48;99999;99999;1;1t",
        "\x1b[<0;99999999;5M",
        '\x1b[M !"',
        "\x1b[?62;1;4c",
        "\x1b[8;30;100t",
        "\x1b]11;rgb:1212/1212/1212\x1b\\",
        "\x1b]11;rgb:1212/1212/1212\x07",
        "\x1bP>|XTerm(370)\x1b\\",
        "\x1b_Gi=3;OK\x1b\\",
        "\x9b?62c",
    ],
)
def test_what_no_key_sends_is_nothing(nothing: str) -> None:
    assert wire(nothing) == []
    assert wire(nothing, "1") == ["1"]


def test_every_sequence_that_textual_knows_is_complete() -> None:
    known = [sequence for sequence in ANSI_SEQUENCES_KEYS if len(sequence) > 1]
    assert [sequence for sequence in known if BrokenInput in wire(sequence)] == []


@pytest.mark.parametrize("stall", [0.35, 0.6, 0.9])
def test_a_reply_that_stalls_is_told_before_its_rest_comes_as_keys(stall: float) -> None:
    assert wire("\x1b[", stall, "3", stall, ";7R") == [BrokenInput, "3", "semicolon", "7", "R"]
    assert wire("\x1b]11;rgb:1", stall, "2") == [BrokenInput, "2"]


@pytest.mark.parametrize("stall", [0.35, 0.9])
def test_a_reply_that_stalls_after_its_first_byte_goes_on(stall: float) -> None:
    assert wire("\x1b", stall, "[3;7R") == ["escape", (6, 2)]
    assert wire("\x1b", stall, "[", stall, "3") == ["escape", BrokenInput, "3"]
    assert wire("\x1b", 1.1, "[") == ["escape", "left_square_bracket"]


def test_the_time_of_an_escape_is_that_of_its_byte() -> None:
    reader, reports = SequenceReader(), Reports()
    assert list(reader.feed(b"\x1b", 5.0)) == []
    assert [message.time for token in reader.tick(6.0) for message in reports.messages(token)] == [5.0]


def test_a_paste_whose_end_is_torn_or_lost_ends_after_a_second() -> None:
    assert wire("\x1b[200~12\x1b[20", 0.8, "1~", "1") == ["pasted 12", "1"]
    assert wire("\x1b[200~12", 1.1, "1") == ["pasted 12", BrokenInput, "1"]
    assert wire("1\x1b[201~2") == ["1", "2"]


def test_bytes_that_are_not_utf_8_are_no_key() -> None:
    assert wire(b"\xff", 0.1, "1") == [BrokenInput, "1"]
    assert wire(b"\xc3", 0.1, b"\xa4") == ["ä"]


def test_half_a_character_is_told_when_it_came_not_with_the_next_key() -> None:
    reader = SequenceReader()
    assert list(reader.feed(b"\xba\xd1", 5.0)) == [Torn(5.0)]
    assert list(reader.tick(6.0)) == [Torn(5.0)]
    assert list(reader.feed(b"1", 7.0)) == [Character("1")]


def test_a_sequence_that_breaks_off_gives_way_to_the_next() -> None:
    assert wire("\x1b[12\x1b[A") == [BrokenInput, "up"]
    assert wire("\x1b]11;rgb\x1b[A") == [BrokenInput, "up"]
    assert wire("\x1b[1\r") == [BrokenInput, "enter"]
    assert wire("\x1b\x1b[A") == ["escape", "up"]


def test_a_reply_of_any_length_is_read_in_no_time() -> None:
    assert wire("\x1b]52;c;" + "A" * 200_000 + "\x07") == []
    assert wire("\x1b[" + "1;" * 10_000 + "m")[0] == BrokenInput


def test_no_input_is_an_error() -> None:
    rng = Random(1)
    pieces = [
        "\x1b",
        "[",
        "]",
        "P",
        "O",
        "<",
        "?",
        "200~",
        "201~",
        "49",
        ":",
        ";",
        "3",
        "u",
        "M",
        "R",
        "~",
        "\x07",
        "é",
    ]
    for _ in range(2000):
        parts: list[str | float] = [rng.choice(pieces) for _ in range(rng.randint(1, 25))]
        found = wire(*parts, 1.5, "\x1b[201~", "1")
        assert found[-1] == "1", parts
