"""The program's own signs never end in an error, whatever the encoding; letters of names are escaped."""

from __future__ import annotations

import ast
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import alc_tui
from alc_tui.session.store.folder import SessionFolder
from alc_tui.text.encoding import approximate, approximation
from tests.made_sessions import make_session

ROOT = Path(alc_tui.__file__).parent
DRAWN_BY_THE_APP = ("tui",)


def written(text: str, encoding: str) -> str:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, errors="strict")
    approximate(stream)
    stream.write(text)
    stream.flush()
    return raw.getvalue().decode(encoding)


def test_signs_read_alike_and_letters_are_escaped() -> None:
    assert written("0.58–0.64 … κ −1 → ▁█ ─│└", "ascii") == "0.58-0.64 ... kappa -1 -> .# -|+"
    assert written("naïve β漢", "iso8859-1") == r"naïve \u03b2\u6f22"
    assert written("a – b", "cp1252") == "a – b"
    assert written("naïve – β", "utf-8") == "naïve – β"


def _own_characters() -> Iterator[str]:
    """All that the program may print which is not ASCII: in strings, not in docstrings."""
    for path in ROOT.rglob("*.py"):
        if path.relative_to(ROOT).parts[0] in DRAWN_BY_THE_APP:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        statements = [node for node in ast.walk(tree) if isinstance(node, ast.Expr)]
        docstrings = {id(node.value) for node in statements}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
                yield from (one for one in node.value if not one.isascii() and one.isprintable())


def test_every_sign_of_the_program_has_one_that_reads_alike() -> None:
    signs = set(_own_characters())
    assert len(signs) > 20
    assert [sign for sign in signs if "\\" in approximation(sign)] == []


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> SessionFolder:
    return make_session(tmp_path_factory.mktemp("store") / "skin", classes=("naïve β", "two\nlines", "c"))


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["iso8859-1", "ascii", "cp1252"])
@pytest.mark.parametrize(
    "words",
    [
        ("--help",),
        ("session", "new", "--help"),
        ("session", "show"),
        ("session", "list"),
        ("session", "agreement"),
        ("dataset", "list"),
        ("bench", "run", "demo", "--dry-run"),
        ("session", "show", "nó–thing"),
    ],
    ids=" ".join,
)
def test_no_command_ends_in_a_traceback_over_a_character(
    words: tuple[str, ...], encoding: str, session: SessionFolder
) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "ALC_SESSIONS": str(session.path.parent)}
    command = [sys.executable, "-m", "alc_tui", *words]
    done = subprocess.run(command, env=environment, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    printed = (done.stdout + done.stderr).decode(encoding)
    assert "Traceback" not in printed and done.returncode in (0, 1, 2, 3)
    assert printed.strip()
    if words == ("session", "show"):
        assert r"two\nlines" in printed
