from __future__ import annotations

import os
import select
import termios
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from alc_tui.cli.doctor import round_trip
from alc_tui.cli.doctor.round_trip import check_round_trip, measure

QUESTION, ANSWER = b"\x1b[6n", b"\x1b[12;40R"


class Pty:
    """A pseudo-terminal with somebody at the other end."""

    def __init__(self) -> None:
        self.far, self.near = os.openpty()
        self.asked = 0
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def answer(self, how: Callable[[int], None]) -> None:
        """From now on, `how` is called with the number of each question."""

        def listen() -> None:
            while not self._closing.is_set():
                if select.select([self.far], [], [], 0.01)[0]:
                    for _ in range(os.read(self.far, 1024).count(QUESTION)):
                        self.asked += 1
                        how(self.asked)

        self._thread = threading.Thread(target=listen)
        self._thread.start()

    def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            os.write(self.far, piece)

    def unread(self) -> bool:
        """Whether something would land at the prompt, were it read without waiting for the end of a line."""
        settings = termios.tcgetattr(self.near)
        settings[3] &= ~termios.ICANON
        termios.tcsetattr(self.near, termios.TCSANOW, settings)
        return bool(select.select([self.near], [], [], 0.05)[0])

    def close(self) -> None:
        self._closing.set()
        if self._thread is not None:
            self._thread.join()
        os.close(self.far)
        os.close(self.near)


@pytest.fixture
def pty() -> Iterator[Pty]:
    pty = Pty()
    yield pty
    pty.close()


def test_the_time_to_each_answer_is_measured(pty: Pty) -> None:
    def late(number: int) -> None:
        time.sleep(0.05)
        pty.send(ANSWER)

    pty.answer(late)
    seconds = measure(pty.near, pty.near)
    assert len(seconds) == 5 and pty.asked == 5
    assert all(0.05 <= one < 0.5 for one in seconds)


def test_an_answer_in_pieces_between_keys_is_an_answer(pty: Pty) -> None:
    pty.answer(lambda number: pty.send(b"1a\x1b[", b"12;", b"40", b"Rq"))
    assert len(measure(pty.near, pty.near, tries=2)) == 2
    assert not pty.unread()


def test_a_terminal_that_never_answers_is_asked_once_and_left_in_time(pty: Pty) -> None:
    pty.answer(lambda number: None)
    began = time.monotonic()
    assert measure(pty.near, pty.near, timeout=0.1, drain=0.1) == []
    assert time.monotonic() - began < 20
    assert pty.asked == 1


def test_an_answer_that_comes_too_late_is_swallowed(pty: Pty) -> None:
    def late(number: int) -> None:
        time.sleep(0.3)
        pty.send(ANSWER)

    pty.answer(late)
    began = time.monotonic()
    assert measure(pty.near, pty.near, timeout=0.05, drain=30) == []
    assert 0.25 < time.monotonic() - began < 25
    assert pty.asked == 1 and not pty.unread()


def test_what_would_land_at_the_prompt_is_noticed_by_these_tests(pty: Pty) -> None:
    pty.send(ANSWER)
    assert pty.unread()


def test_keys_are_not_echoed_meanwhile_and_the_terminal_is_left_as_it_was(pty: Pty) -> None:
    before = termios.tcgetattr(pty.near)
    meanwhile: list[int] = []

    def answer(number: int) -> None:
        meanwhile.append(termios.tcgetattr(pty.near)[3])
        pty.send(ANSWER)

    pty.answer(answer)
    measure(pty.near, pty.near, tries=1)
    assert not meanwhile[0] & (termios.ECHO | termios.ICANON) and meanwhile[0] & termios.ISIG
    assert termios.tcgetattr(pty.near) == before


def test_ctrl_c_leaves_the_terminal_as_it_was_and_nothing_at_the_prompt(
    pty: Pty, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = termios.tcgetattr(pty.near)
    waits = iter([KeyboardInterrupt()])
    really = round_trip._answered

    def interrupted(source: int, seconds: float) -> bool:
        for wait in waits:
            raise wait
        return really(source, seconds)

    monkeypatch.setattr(round_trip, "_answered", interrupted)
    pty.answer(lambda number: pty.send(ANSWER))
    with pytest.raises(KeyboardInterrupt):
        measure(pty.near, pty.near)
    assert termios.tcgetattr(pty.near) == before
    assert pty.asked == 1 and not pty.unread()


@pytest.mark.parametrize(
    ("seconds", "verdict", "found", "advice"),
    [
        ([0.010, 0.012, 0.900], "ok", "12 ms (median of 3): every key press takes effect that much later", ""),
        ([0.060], "ok", "60 ms", ""),
        ([0.061], "ok", "61 ms", "`ssh -C`"),
        ([0.250], "ok", "250 ms", "use a small preview"),
        ([0.251], "warn", "251 ms", "A faster connection or a closer server"),
        ([], "warn", "no answer within 2 s", "`ssh -C`"),
    ],
)
def test_the_verdict_on_a_round_trip(seconds: list[float], verdict: str, found: str, advice: str) -> None:
    check = check_round_trip(seconds)
    assert check.verdict == verdict and check.found.startswith(found)
    assert advice in check.advice and bool(check.advice) == bool(advice)


def test_an_answer_of_tmux_says_nothing_of_the_line() -> None:
    check = check_round_trip([0.0002] * 5, "tmux")
    assert check.found == "less than 1 ms to tmux, which answers for your terminal"
    assert "outside tmux" in check.advice
