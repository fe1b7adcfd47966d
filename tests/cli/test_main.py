from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from alc_tui import __version__
from alc_tui.cli import next_step
from alc_tui.errors import AlcError, SessionUnavailable, TrainingFailed, UsageError
from alc_tui.session.store import folder
from alc_tui.session.store.folder import SessionFolder
from tests.cli.person import Alc, Seen


@pytest.fixture
def ends_with(monkeypatch: pytest.MonkeyPatch, alc: Alc) -> Alc:
    """`ends_with(error)`: what a person sees of a command that raises it."""

    def end(error: BaseException) -> Seen:
        def fail(*_: object) -> None:
            raise error

        monkeypatch.setattr(folder, "sessions", fail)
        return alc("session", "list")

    return end


@pytest.mark.parametrize(
    ("kind", "code"), [(AlcError, 1), (UsageError, 2), (SessionUnavailable, 3), (TrainingFailed, 4)]
)
def test_each_error_is_one_sentence_on_stderr_with_its_exit_code(
    ends_with: Alc, kind: type[AlcError], code: int
) -> None:
    seen = ends_with(kind("This is wrong; try that."))
    assert (seen.code, seen.out, seen.err) == (code, "", "Error: This is wrong; try that.\n")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (PermissionError(13, "Permission denied", "/store/skin"), "Permission denied at /store/skin; check the path"),
        (OSError(28, "No space left on device"), "No space left on device; check the path, its permissions and"),
        (OSError("odd"), "odd; check"),
    ],
)
def test_what_the_disk_refuses_is_one_sentence_too(ends_with: Alc, error: OSError, sentence: str) -> None:
    seen = ends_with(error)
    assert seen.code == 1 and seen.error.startswith(sentence) and seen.out == ""


def test_ctrl_c_is_130_and_no_traceback(ends_with: Alc) -> None:
    seen = ends_with(KeyboardInterrupt())
    assert seen.code == 130 and "Traceback" not in seen.err and seen.out == ""


def test_names_in_an_error_cannot_steer_the_terminal(ends_with: Alc) -> None:
    seen = ends_with(UsageError("No class '\x1b[2Jred\x9b' and \u202edil\u202c, \udcff."))
    assert seen.error == r"No class '\x1b[2Jred\x9b' and \u202edil\u202c, \udcff."


def test_the_version_is_data(alc: Alc) -> None:
    seen = alc("--version")
    assert (seen.code, seen.out, seen.err) == (0, f"alc {__version__}\n", "")


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("sesion", "sesion"),
        ("session lst", "lst"),
        ("session new --rouns 3", "--rouns"),
        ("session new --rounds many", "--rounds"),
    ],
)
def test_what_is_not_understood_is_named_as_wrong_use(alc: Alc, words: str, named: str) -> None:
    seen = alc(*words.split())
    assert seen.code == 2 and seen.out == "" and named in seen.err.splitlines()[-1]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("sesion", "No such command 'sesion'. Did you mean 'session'? `alc --help` shows how to use it."),
        ("session new --rouns", "; `alc session new --help` shows how to use it."),
        ("session new --rounds", "Option '--rounds' requires an argument; add `--help` to see how to use the command."),
    ],
)
def test_wrong_use_names_the_help_of_its_command(alc: Alc, words: str, sentence: str) -> None:
    assert alc(*words.split()).error.endswith(sentence)


@pytest.mark.parametrize(("words", "command"), [("", "session"), ("session", "replay"), ("dataset", "prepare")])
def test_a_group_alone_tells_its_commands(alc: Alc, words: str, command: str) -> None:
    seen = alc(*words.split())
    assert (seen.code, seen.out) == (2, "")
    assert seen.err.lstrip().startswith(f"Usage: alc {words}".rstrip()) and f"\n│ {command} " in seen.err


def test_alc_alone_on_a_terminal_opens_the_sessions_of_the_store(
    alc: Alc, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[tuple[object, object]] = []
    monkeypatch.setattr(next_step, "is_terminal", lambda: True)

    def run(at: Path, service: object, _choices: object) -> int:
        opened.append((at, service))
        return 0

    monkeypatch.setattr("alc_tui.tui.run.run", run)
    assert alc().code == 0
    assert opened == [(store, None)]
    assert alc("session", "list").code == 0 and alc("--version").code == 0
    assert len(opened) == 1


def python(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )


def test_python_m_is_the_command() -> None:
    done = python("-m", "alc_tui", "--version")
    assert (done.returncode, done.stdout) == (0, f"alc {__version__}\n")


def test_a_traceback_is_shown_only_when_asked_for(tmp_path: Path) -> None:
    words = ("-m", "alc_tui", "session", "show", "nothing", "--store", str(tmp_path))
    plain, debug = python(*words), python(*words, ALC_DEBUG="1")
    assert plain.returncode == 3
    assert plain.stderr.startswith("Error: Session 'nothing' not found") and "Traceback" not in plain.stderr
    assert "Traceback" in debug.stderr and "SessionUnavailable" in debug.stderr and debug.returncode != 0


LOOK = """
import sys
sys.argv = ["alc", *sys.argv[1:]]
from alc_tui.cli.main import run
try:
    run()
finally:
    heavy = ("torch", "torchvision", "textual", "sklearn", "scipy", "numpy", "PIL", "alc_tui.tui")
    print("imported:", *[name for name in heavy if name in sys.modules], file=sys.stderr)
"""


@pytest.mark.parametrize(
    "command", ["--version", "--help", "session new --help", "session list", "session replay --help"]
)
def test_what_answers_at_once_imports_nothing_slow(session: SessionFolder, command: str) -> None:
    done = python("-c", LOOK, *command.split())
    assert done.returncode == 0 and done.stdout
    assert done.stderr.splitlines()[-1] == "imported:"


def test_the_look_at_imports_would_notice_them() -> None:
    done = python("-c", LOOK.replace("import sys\n", "import sys, textual\n", 1), "--help")
    assert done.stderr.splitlines()[-1] == "imported: textual"


@pytest.mark.parametrize("words", [("label",), ("session", "label")])
def test_label_opens_the_session_that_was_last_labeled(
    alc: Alc, session: SessionFolder, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(next_step, "is_terminal", lambda: True)
    monkeypatch.setattr(next_step, "open_app", lambda folder, *_: opened.append(folder.name))
    assert alc(*words).code == 0
    assert opened == [session.name]


def test_ctrl_c_at_a_question_is_130_and_a_no_is_1(ends_with: Alc) -> None:
    interrupted, refused = typer.Abort(), typer.Abort()
    interrupted.__context__ = KeyboardInterrupt()
    assert (ends_with(interrupted).code, ends_with(refused).code) == (130, 1)
