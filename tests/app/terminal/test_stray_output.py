"""Nothing that is printed while the app is on the screen appears on it, whoever prints it."""

from __future__ import annotations

import os
import pty
import select
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from alc_tui.tui.terminal.stray_output import StrayOutput
from tests.terminal import TRUECOLOR, Terminal

PROGRAM = """
import contextlib, ctypes, faulthandler, io, logging, os, random, subprocess, sys, threading, warnings
from pathlib import Path
from textual.app import App
from textual.widgets import Static
from alc_tui.tui.terminal.driver import TerminalDriver

def c_library():
    libc = ctypes.CDLL(None)
    libc.puts(b"stray")
    libc.fflush(None)
    os.write(2, b"stray\\n")

def child_process():
    subprocess.run(["sh", "-c", "echo stray; echo stray >&2"], check=True)

def damaged_tiff():
    from PIL import Image
    from alc_tui.data.images import BadImageError, decode
    file = io.BytesIO()
    Image.effect_noise((40, 40), 90).save(file, "TIFF", compression="tiff_lzw")
    content = bytearray(file.getvalue())
    content[40 : len(content) // 2] = bytes(len(content) // 2 - 40)
    with contextlib.suppress(BadImageError):
        decode(bytes(content))

def dump_of_threads():
    faulthandler.dump_traceback(sys.__stderr__)
    os.write(2, b"stray")

def warning_in_a_thread():
    thread = threading.Thread(target=warnings.warn, args=("stray",))
    thread.start()
    thread.join()
    print("stray", file=sys.__stderr__, flush=True)

def log_record():
    logging.getLogger("stray").addHandler(logging.StreamHandler(sys.__stderr__))
    logging.getLogger("stray").error("stray")

def error_in_a_thread():
    def fail():
        raise ValueError("stray")
    sys.stderr, before = sys.__stderr__, sys.stderr
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    sys.stderr = before

class Screen(App):
    def compose(self):
        yield Static("waiting")

    def on_key(self, event):
        if event.key == "q":
            self.exit()
        else:
            globals()[sys.argv[1]]()
            self.query_one(Static).update(f"printed at {self.size.width} columns")

print("begun")
Screen(driver_class=TerminalDriver).run()
print("ended", flush=True)
os.write(2, b"said\\n")
"""
SOURCES = (
    *("c_library", "child_process", "damaged_tiff", "dump_of_threads"),
    *("warning_in_a_thread", "log_record", "error_in_a_thread"),
)


@pytest.fixture
def terminals() -> Iterator[None]:
    """Both outputs of the process are a terminal, on which nothing appears."""
    kept = {descriptor: os.dup(descriptor) for descriptor in (1, 2)}
    master, slave = pty.openpty()
    try:
        for descriptor in kept:
            os.dup2(slave, descriptor)
        yield
        assert not select.select([master], [], [], 0.05)[0]
    finally:
        for descriptor, copy in kept.items():
            os.dup2(copy, descriptor)
            os.close(copy)
        os.close(master)
        os.close(slave)


@pytest.mark.parametrize("source", SOURCES)
def test_what_is_printed_meanwhile_goes_to_the_log(source: str, tmp_path: Path) -> None:
    environment = {**TRUECOLOR, "XDG_STATE_HOME": str(tmp_path), "COLUMNS": "70", "LINES": "24"}
    with Terminal([sys.executable, "-c", PROGRAM, source], (90, 20), environment) as terminal:
        terminal.until(lambda seen: "waiting" in seen)
        terminal.send(b"p")
        terminal.until(lambda seen: "printed at 90 columns" in seen)
        terminal.send(b"q")
        terminal.until(lambda seen: "ended" in seen and "said" in seen)
        assert terminal.ended() == 0
        written = b"".join(chunk.data for chunk in terminal.chunks)
    assert b"begun" in written
    log = (tmp_path / "alc" / "app.log").read_text().split("\n")
    assert any(log)
    assert not [line for line in log if line and line.encode() in written]


def test_the_log_starts_anew_once_it_is_large(tmp_path: Path, terminals: None) -> None:
    log = tmp_path / "alc" / "app.log"
    for size, kept in ((2**20, True), (2**20 + 1, False)):
        log.parent.mkdir(exist_ok=True)
        log.write_bytes(bytes(size))
        stray = StrayOutput(log)
        stray.divert()
        stray.restore()
        assert bool(log.stat().st_size) is kept


@pytest.mark.parametrize("place", ["a link", "a folder", "nowhere"])
def test_without_a_log_nothing_is_printed_either(place: str, tmp_path: Path, terminals: None) -> None:
    log: Path | None = tmp_path / "app.log"
    assert log is not None
    if place == "a link":
        log.symlink_to(tmp_path / "file of another")
    elif place == "a folder":
        log.mkdir()
    stray = StrayOutput(None if place == "nowhere" else log)
    stray.divert()
    os.write(2, b"stray")
    stray.restore()
    assert not (tmp_path / "file of another").exists()
