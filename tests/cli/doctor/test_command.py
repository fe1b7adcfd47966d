from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from alc_tui.cli.doctor import command, machine
from alc_tui.cli.doctor.check import Check
from tests.cli.person import Alc

SEEN = [
    "terminal",
    "versions",
    "device",
    "computer",
    "load",
    "locale",
    "modules",
    "variables",
    "store",
    "sharing",
    "locks",
    "sync",
    "writing",
    "cache",
    "data",
    "weights",
    "settings",
]


@pytest.fixture(autouse=True)
def known_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """No torch is imported for these tests."""
    device = Check(
        "device", "warn", "cpu \x1b[2J", "Take a machine with a GPU; `alc --help` tells more than this does here."
    )
    monkeypatch.setattr(machine, "check_device", lambda: device)
    monkeypatch.setattr(os, "getloadavg", lambda: (0.0, 0.0, 0.0))


def test_every_check_has_a_verdict_what_was_found_and_what_to_do(alc: Alc, store: Path) -> None:
    store.mkdir()
    seen = alc("doctor", "--json")
    assert seen.code == 0 and seen.err == ""
    assert seen.json["ok"] is True
    assert [check["name"] for check in seen.json["checks"]] == SEEN
    for check in seen.json["checks"]:
        assert check.keys() == {"name", "verdict", "found", "advice"} and check["found"]
        assert check["verdict"] == "ok" or check["advice"]


def test_a_store_that_cannot_be_written_to_ends_with_1(alc: Alc, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for words in ((), ("--json",)):
        seen = alc("doctor", *words, "--store", tmp_path / "file" / "store")
        assert seen.code == 1 and seen.err == ""
    assert seen.json["ok"] is False
    assert [check["name"] for check in seen.json["checks"] if check["verdict"] == "bad"] == ["store"]


def test_the_table_shows_verdicts_in_words_and_ends_with_what_to_fix(
    alc: Alc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    (tmp_path / "file").write_text("")
    seen = alc("doctor", "--store", tmp_path / "file" / "store")
    lines = seen.out.splitlines()
    assert [line[6:].split()[0] for line in lines if line[:4].strip() in ("ok", "warn", "bad")] == [
        name for name in SEEN if name not in ("sharing", "locks", "sync", "writing")
    ]
    assert lines[-1] == "Bad: store. Could be better: terminal, device."
    assert max(map(len, lines)) <= 60


def test_commands_to_type_are_not_broken_and_nothing_found_steers_the_terminal(alc: Alc, store: Path) -> None:
    seen = alc("doctor")
    assert r"cpu \x1b[2J" in seen.out and "\x1b" not in seen.out
    assert "`alc --help`" in seen.out and "\N{NO-BREAK SPACE}" not in seen.out


def test_the_card_is_left_out_where_nobody_looks_unless_asked_for(
    alc: Alc, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "Test card" not in alc("doctor").out
    assert "The circle should be round" in alc("doctor", "--card").out


ON_A_TERMINAL = """
import sys
from alc_tui.cli.doctor import machine
from alc_tui.cli.doctor.check import Check
machine.check_device = lambda: Check("device", "ok", "cpu")
sys.argv = ["alc", "doctor", *sys.argv[1:]]
from alc_tui.cli.main import run
try:
    run()
finally:
    print("imported:", *[name for name in ("torch", "textual", "sklearn") if name in sys.modules])
"""


def at_a_terminal(*words: str, **environment: str) -> str:
    """What the command writes to a terminal that answers at once."""
    pid, far = pty.fork()
    if not pid:
        kept = {
            name: value for name, value in os.environ.items() if name not in ("TMUX", "STY", "NO_COLOR", "COLORTERM")
        }
        os.execve(sys.executable, [sys.executable, "-c", ON_A_TERMINAL, *words], {**kept, **environment})
    written = b""
    try:
        while some := os.read(far, 65536):
            written += some
            os.write(far, b"\x1b[1;1R" * some.count(b"\x1b[6n"))
    except OSError:
        pass  # the other end is closed
    os.waitpid(pid, 0)
    os.close(far)
    return written.decode()


def test_at_a_terminal_it_is_asked_and_shown_the_card_without_textual_or_torch(store: Path) -> None:
    written = at_a_terminal(TERM="xterm-256color", COLUMNS="80")
    assert written.count("\x1b[6n") == 5
    assert "(median of 5)" in written and "Test card" in written and "38;5;" in written
    assert "\x1b[32mok" in written and written.rstrip().endswith("imported:")
    assert "\x1b_G" in written and "\x1bP0;1q" in written and "\x1b]1337;File=" in written


def test_no_color_is_heeded(store: Path) -> None:
    written = at_a_terminal("--card", TERM="xterm-256color", COLUMNS="80", NO_COLOR="1")
    assert "Test card" in written and not re.search(r"\x1b\[[0-9;]*m", written)


def test_the_card_can_be_left_out_at_a_terminal(store: Path) -> None:
    written = at_a_terminal("--no-card", TERM="xterm-256color", COLUMNS="80")
    assert "Test card" not in written and "\x1b_G" not in written


def test_a_console_that_might_print_graphics_gets_none(store: Path) -> None:
    written = at_a_terminal(TERM="linux", COLUMNS="80")
    assert "Test card" in written and "\x1b_G" not in written


def test_a_program_that_reads_the_facts_at_a_terminal_gets_no_graphics(store: Path) -> None:
    assert "\x1b_G" not in at_a_terminal("--json", TERM="xterm-256color", COLUMNS="80")


def test_piped_output_does_not_ask_the_terminal(store: Path) -> None:
    far, near = pty.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-c", ON_A_TERMINAL, "--json"], stdin=near, capture_output=True, text=True, check=False
        )
        assert "not measured: stdin or stdout is not the terminal" in done.stdout and "\x1b" not in done.stdout
    finally:
        os.close(far)
        os.close(near)


def test_checks_that_all_pass_are_summed_up() -> None:
    assert command._summary([Check("a", "ok", "b")]) == "All checks passed."
