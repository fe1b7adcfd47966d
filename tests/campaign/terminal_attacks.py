"""Sends the labeling app all that a terminal may send without anybody pressing a key."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from alc_tui.tui.keys import CLASS_KEYS
from tests.campaign.findings import Findings, Trials
from tests.labeling_desk import SIZE, Desk, brief
from tests.noise import replies, text_to_paste
from tests.terminal import Terminal

STALLS = (0.02, 0.15, 0.35, 0.5, 0.7)
"""Seconds, below the one for which keys do not count after an unfinished sequence."""
CALM = 1.4
"""Seconds without input after which keys count again."""
AT_ONCE = 4
"""Attacks in one life of the app, each on what the others left."""
BUDGET = 40


@dataclass(frozen=True)
class Attack:
    """Bytes of `parts` with a `pause` between them. size: a new size of the window, before them."""

    parts: tuple[bytes, ...]
    pause: float = 0.0
    size: tuple[int, int] | None = None


def _in_pieces(rng: Random, data: bytes) -> Attack:
    """Whole, torn at some places, or byte by byte, with a stall at every tear."""
    tears = rng.choice((0, 1, 1, 2, 3, len(data) if len(data) < 12 else 1))
    at = sorted(rng.sample(range(1, len(data)), min(tears, len(data) - 1)))
    parts = tuple(data[start:end] for start, end in zip([0, *at], [*at, len(data)], strict=True))
    return Attack(parts, rng.choice(STALLS))


def _reply(rng: Random) -> Attack:
    return _in_pieces(rng, rng.choice(replies(rng)).encode())


def _unfinished(rng: Random) -> Attack:
    """A reply whose end is lost, then a lone key of a class from its middle."""
    data = rng.choice(replies(rng)).encode()
    begun = data[: rng.randint(1, max(1, min(6, len(data) - 1)))]
    return Attack((begun, rng.choice(CLASS_KEYS).encode()), rng.choice(STALLS))


def _key_report(rng: Random) -> Attack:
    """Keys let go or held down, and numbers that are no key."""
    code = ord(rng.choice(CLASS_KEYS))
    kind = rng.choice((2, 3, 3, 3, 4, 99))
    reports = (
        f"\x1b[{code};1:{kind}u",
        f"\x1b[{code};1:{kind};{code}u",
        f"\x1b[{code}:{code - 32}:{code};2:{kind}u",
        f"\x1b[1;1:{3}{rng.choice('ABCDHF')}",
        f"\x1b[{rng.choice((5, 6, 15))};1:3~",
        f"\x1b[{10 ** rng.randint(7, 20)}u",
        f"\x1b[{code};{10 ** rng.randint(7, 20)}u",
        f"\x1b[{code};1:{10**12}u",
        f"\x1b[{rng.randint(0xD800, 0xDFFF)}u",
        f"\x1b[57441;;{rng.randint(0xD800, 0xDFFF)}u",
        f"\x1b[{code}~",
        f"\x1b[;;{10**9}u",
        "\x1b[u",
        "\x1b[:::;:;:u",
    )
    return Attack((rng.choice(reports).encode(),))


def _bracketed_paste(rng: Random) -> Attack:
    """Whole or torn, with sequences in it, or without its end."""
    inside = rng.choice(("", "12\x1b[31m34", "\x1b[49;;49u", "1\r2\r3"))
    end = rng.choice((b"\x1b[201~", b"\x1b[201~", b"", b"\x1b[20"))
    return _in_pieces(rng, b"\x1b[200~" + (inside + text_to_paste(rng)).encode() + end)


def _raw_paste(rng: Random) -> Attack:
    return Attack((text_to_paste(rng).encode(),))


def _mouse(rng: Random) -> Attack:
    """Over the picture, outside of the window, and in four encodings."""
    column, row, button = rng.randint(1, 40), rng.randint(5, 20), rng.choice((0, 1, 2, 32, 35, 64, 65, 128))
    far = rng.choice((10**4, 10**9, -1))
    reports = (
        f"\x1b[<{button};{column};{row}M\x1b[<{button};{column};{row}m",
        f"\x1b[<{button};{far};{row}M",
        f"\x1b[<{button};{column};{far}m",
        f"\x1b[{32 + button};{column};{row}M",
        f"\x1b[M{chr(32 + button % 64)}{chr(32 + column)}{chr(32 + row)}",
    )
    return _in_pieces(rng, rng.choice(reports).encode())


def _not_utf_8(rng: Random) -> Attack:
    """Bytes that are no characters, and a lone key of a class soon after them."""
    wrong = bytes(rng.randint(0x80, 0xFF) for _ in range(rng.choice((1, 1, 2, 50))))
    lone = rng.choice((b"", rng.choice(CLASS_KEYS).encode()))
    return Attack(tuple(part for part in (wrong, lone) if part), rng.choice(STALLS))


def _resize(rng: Random) -> Attack:
    """The window changes, or a report says so."""
    sizes = (rng.randint(1, 300), rng.randint(1, 100))
    report = f"\x1b[48;{10 ** rng.randint(0, 8)};{10 ** rng.randint(0, 8)};0;0t\x1b[<0;5;6M"
    return Attack((report.encode(),)) if rng.random() < 0.3 else Attack((), size=sizes)


def _long_string(rng: Random) -> Attack:
    """A string of the terminal's, longer than any, perhaps without its end."""
    begin, end = rng.choice(("\x1b]52;c;", "\x1bP", "\x1b_G", "\x1b[1;")), rng.choice(("\x1b\\", "\x07", ""))
    return Attack(((begin + "12" * rng.choice((10, 1000, 40_000)) + end).encode(),))


ATTACKS: dict[str, Callable[[Random], Attack]] = {
    "reply": _reply,
    "unfinished reply": _unfinished,
    "key report": _key_report,
    "bracketed paste": _bracketed_paste,
    "raw paste": _raw_paste,
    "mouse": _mouse,
    "not UTF-8": _not_utf_8,
    "resize": _resize,
    "long string": _long_string,
}


def terminal_attacks(trials: Trials) -> Findings:
    """No verdict that nobody pressed, no traceback; the app lives, takes a key, and `q` restores the terminal."""
    findings = Findings()
    desk, sessions, left = None, 0, list(ATTACKS)
    while left or trials.has_time():
        if desk is None or len(desk.taken) > BUDGET - 2:
            sessions += 1
            desk = Desk(trials.folder / f"session-{sessions}", BUDGET, trials.random)
        kinds = [left.pop() if left else trials.random.choice(list(ATTACKS)) for _ in range(AT_ONCE)]
        attacks = [ATTACKS[kind](trials.random) for kind in kinds]
        for kind in kinds:
            findings.count(kind)
        tried = "; ".join(map(_in_words, attacks))
        for sentence in _live(desk, attacks):
            findings.violated(f"{sentence} after {tried}")
            desk = None
    return findings


def _live(desk: Desk, attacks: list[Attack]) -> Iterator[str]:
    """One life of the app under attack, as sentences about what went wrong."""
    before = len(desk.taken)
    pressed: list[str] = []
    try:
        with desk.sit_down() as terminal:
            terminal.rests(0.3)
            for attack in attacks:
                _send(terminal, attack)
                if terminal.process.poll() is not None:
                    yield f"the app ended with {terminal.process.returncode}"
                    break
            else:
                terminal.resize(SIZE)
                time.sleep(CALM)
                if len(desk.decisions()) != before:
                    yield f"{len(desk.decisions()) - before} verdicts that nobody gave"
                    before = len(desk.decisions())
                pressed = desk.decide(terminal, 1)
                terminal.send(b"q")
                code = terminal.process.wait(60)
                terminal.rests(0.05)
                if code != 0 or not terminal.is_restored:
                    yield f"`q` ended the app with {code}, terminal restored: {terminal.is_restored}"
            if b"Traceback" in b"".join(chunk.data for chunk in terminal.chunks):
                yield "a traceback"
    except AssertionError as error:
        yield brief(error)
    yield from desk.check(pressed, pressed)


def _send(terminal: Terminal, attack: Attack) -> None:
    if attack.size is not None:
        terminal.resize(attack.size)
        terminal.process.send_signal(signal.SIGWINCH)
    terminal.send(*attack.parts, pause=attack.pause)
    time.sleep(attack.pause * max(0, len(attack.parts) - 1) + 0.05)


def _in_words(attack: Attack) -> str:
    if attack.size is not None:
        return f"resizing to {attack.size}"
    return f"{tuple(part[:60] for part in attack.parts)} with pauses of {attack.pause} s"
