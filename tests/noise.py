"""A person who labels while other things reach the app as bytes too, and a judge of what the app made of it.

The person presses only the keys in `HONEST`, and nothing else holds one of them: whatever else was decided, nobody
decided. Needs a session of so many classes that each of these keys is one's.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import inf

from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import LABEL
from alc_tui.tui.keys import CLASS_KEYS
from tests.terminal import Terminal
from tests.visibility import LOOK, VisibleImage, visible_images

HONEST = "ehjklowz"
CLASSES = tuple(f"class {key}" for key in CLASS_KEYS)

_PASTED = "0123456789acfmty" + "sfxugnbqrdpi" + "ACDFRST" + " /?+-[]{}=.,;:" + "\r\n\t" + "äß€"
_FIRST_REPEAT, _REPEAT, _REPEATS = 0.6, 0.033, 15
_SOONEST = 0.02
"""Seconds between two things that happen: nobody's fingers are faster."""
_APART = 0.6
"""Seconds before the same key is pressed again, so that it is known which press a verdict came of."""
_PROMPT, _BUSY = 0.5, 3.0
"""A verdict is of a press that reached the app so many seconds before; on a busy machine it may take longer."""
_AFTER_NOISE = 0.7
"""An unfinished escape sequence is waited for, 0.3 s, and then the app wants quiet for as long."""
_CLOCK = 0.005
"""The journal tells milliseconds."""


@dataclass(frozen=True)
class Happening:
    """What happens `after` seconds: the press of `key`, or the bytes of `parts` with a `pause` between them.

    looks: the person waits until nothing has changed for a while. held: keeps the key down.
    """

    after: float
    key: str = ""
    looks: bool = False
    held: bool = False
    parts: tuple[bytes, ...] = ()
    pause: float = 0.0


@dataclass(frozen=True)
class Press:
    """A key that the person pressed at `at` (monotonic). in_noise: other things came too close for it to count."""

    at: float
    key: str
    in_noise: bool


@dataclass
class Judgment:
    """Verdicts: how many, those that nobody gave, those given before their image was seen; and looked-at keys lost."""

    decided: int = 0
    phantoms: list[str] = field(default_factory=list)
    ahead: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    lost_in_noise: int = 0


def happenings(rng: random.Random, count: int, longest: float) -> Iterator[Happening]:
    """Presses and noise, at most `longest` seconds apart; every other look is followed by a hasty press as well."""
    clock, pressed_at = 0.0, dict.fromkeys(HONEST, -_APART)
    last, is_hasty = HONEST[0], False
    for _ in range(count):
        after = _SOONEST + longest * (rng.random() if is_hasty else rng.choice((0.1, 0.4, 1.0)) * rng.random())
        clock += after
        if is_hasty or rng.random() < 0.4:
            free = [key for key in HONEST if clock - pressed_at[key] >= _APART]
            last = last if last in free and rng.random() < 0.4 else rng.choice(free)
            looks = not is_hasty and rng.random() < 0.6
            one = Happening(after, last, looks, held=rng.random() < 0.05)
            pressed_at[last] = clock
            is_hasty = looks and not one.held and rng.random() < 0.5
        else:
            parts = rng.choice((_torn_text, _torn_paste, _torn_reply, _torn_reply))(rng)
            one = Happening(
                after, parts=parts, pause=rng.choice((0.03, 0.12, 0.25) if len(parts) == 2 else (0.03, 0.12))
            )
        clock += _FIRST_REPEAT + _REPEATS * _REPEAT if one.held else one.pause * max(0, len(one.parts) - 1)
        yield one


def live_through(terminal: Terminal, what: Iterator[Happening], look: float) -> list[Press]:
    """Let all of it happen; the person looks for `look` seconds. Returns what was pressed."""
    presses, quiet_since = [], 0.0
    for one in what:
        time.sleep(one.after)
        if one.looks:
            terminal.rests(look)
        if one.key:
            at = terminal.send(one.key.encode())
            presses.append(Press(at, one.key, at - quiet_since < _AFTER_NOISE))
            if one.held:
                time.sleep(_FIRST_REPEAT)
                terminal.send(*[one.key.encode()] * _REPEATS, pause=_REPEAT)
                time.sleep(_REPEATS * _REPEAT)
        else:
            terminal.send(*one.parts, pause=one.pause)
            time.sleep(one.pause * (len(one.parts) - 1))
        if one.held or one.parts:
            quiet_since = time.monotonic()
    return presses


def judge(terminal: Terminal, folder: SessionFolder, presses: Sequence[Press]) -> Judgment:
    """Match the journal with what was pressed and with what had been seen."""
    seen, to_monotonic = visible_images(terminal.chunks, terminal.size), time.monotonic() - time.time()
    service = SessionService(folder)
    judgment, left = Judgment(len(service.decisions)), list(presses)
    decided_at: dict[int, float] = {}
    for decision in service.decisions:
        number, key = service.queue.index(decision.sample) + 1, str(decision.label).removeprefix("class ")
        latest = _seconds(decision.at) + to_monotonic + _CLOCK - terminal.line.delay
        before = [press for press in left if press.key == key and latest - _BUSY <= press.at <= latest]
        of = [press for press in before if press.at >= latest - _PROMPT] or before
        what = f"{decision.seq}: {decision.answer} on image {number}"
        if not of or decision.kind != LABEL:
            judgment.phantoms.append(what)
            continue
        decided_at[number] = of[-1].at
        left = [press for press in left if press.at > of[-1].at]
        if not any(image.number == number and image.was_looked_at(of[-1].at) for image in seen):
            judgment.ahead.append(f"{what}, {_how_early(seen, number, of[-1].at)}")
    for press in presses:
        image = next((image for image in seen if image.was_looked_at(press.at)), None)
        if image is None or decided_at.get(image.number, inf) <= press.at:
            continue
        if press.in_noise:
            judgment.lost_in_noise += 1
        else:
            judgment.lost.append(f"{press.key} on image {image.number}, seen for {press.at - image.since:.3f} s")
    return judgment


def _how_early(seen: Sequence[VisibleImage], number: int, at: float) -> str:
    since = next((image.since for image in seen if image.number == number and at < image.until), None)
    return "which was not seen" if since is None else f"{1000 * (since + LOOK - at):.0f} ms too early"


def _seconds(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()


def text_to_paste(rng: random.Random) -> str:
    """Text of two characters or more, as people have it in their clipboards."""
    return "".join(rng.choices(_PASTED, k=rng.choice((2, 5, 30, 400, 3000))))


def _torn_text(rng: random.Random) -> tuple[bytes, ...]:
    """Text as it is, perhaps torn once. One letter alone would be no paste: nobody could tell it from a key."""
    text = text_to_paste(rng)
    tear = rng.randrange(2, len(text) + 1)
    return tuple(part.encode() for part in (text[:tear], text[tear:]) if part)


def _torn_paste(rng: random.Random) -> tuple[bytes, ...]:
    """Text in brackets, as terminals send it, some with colors in it."""
    color = rng.choice(("", "12\x1b[31m34"))
    return _torn(rng, f"\x1b[200~{color}{text_to_paste(rng)}\x1b[201~".encode())


def _torn_reply(rng: random.Random) -> tuple[bytes, ...]:
    return _torn(rng, rng.choice(replies(rng)).encode())


def replies(rng: random.Random) -> tuple[str, ...]:
    """What a terminal answers to a question that somebody asked, or a key or a click that means nothing."""
    a, b, c = (rng.randint(2, 99) for _ in range(3))
    column, row = rng.randint(1, 40), rng.randint(5, 20)
    return (
        f"\x1b[{a};{b}R",  # where the cursor is
        f"\x1b[?62;1;{a};4;6c",  # what the terminal is, in three ways
        f"\x1b[>41;{a};0c",
        f"\x1bP!|{a}E5654{b}\x1b\\",
        f"\x1bP>|XTerm({a}{b})\x1b\\",  # its version
        f"\x1b]11;rgb:{a}{a}/{b}{b}/{c}{c}\x1b\\",  # its colors
        f"\x1b]10;rgb:{a}{a}/{b}{b}/{c}{c}\x07",
        f"\x1b]4;{c};rgb:{a}{a}/{b}{b}/{c}{c}\x07",
        f"\x1b[4;{a}0;{b}0t",  # its size in pixels, that of a cell, and in cells
        f"\x1b[6;{a};{b}t",
        "\x1b[8;30;100t",
        "\x1b[0n",
        "\x1b[?2026;2$y",
        "\x1b[?1u",
        f"\x1b_Gi={a};OK\x1b\\",
        f"\x1bP1$r{a}m\x1b\\",
        f"\x1bP1+r524742={a}\x1b\\",
        f"\x1b[<0;{column};{row}M\x1b[<0;{column};{row}m",  # the mouse, in three ways
        f"\x1b[{a};{column};{row}M",
        '\x1b[M !"',
        "\x1b[O\x1b[I",  # another window, and back
        f"\x1b{a % 10}",  # alt and a digit
        "\x1b[15~",
        "\x1bOS",
    )


def _torn(rng: random.Random, data: bytes) -> tuple[bytes, ...]:
    """Whole, torn once, or byte by byte, as on a bad line."""
    how = rng.random()
    if how < 0.5:
        return (data,)
    if how < 0.9 or len(data) > 12:
        tear = rng.choice((rng.randrange(1, len(data)), max(1, len(data) - rng.randint(1, 5))))
        return data[:tear], data[tear:]
    return tuple(data[at : at + 1] for at in range(len(data)))
