"""`alc(…)` runs a command line in this process, as the shell would in another."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from alc_tui.cli.main import run
from alc_tui.session.store.folder import SessionFolder
from tests.cli.person import Alc, Seen
from tests.made_sessions import make_session
from tests.session.small import colors, own_cache, own_place, trained, untrained

__all__ = ["colors", "own_cache", "own_place", "trained", "untrained"]


@pytest.fixture(autouse=True)
def common_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that can show the app, whatever the tests are run in."""
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.fixture
def alc(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Alc:
    """`alc("session", "list")`: what the command left."""

    def type_(*words: object) -> Seen:
        monkeypatch.setattr(sys, "argv", ["alc", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            run()
        seen = capsys.readouterr()
        code = ended.value.code
        return Seen(code if isinstance(code, int) else int(code is not None), seen.out, seen.err)

    return type_


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty store that `ALC_SESSIONS` names."""
    monkeypatch.setenv("ALC_SESSIONS", str(tmp_path / "store"))
    return tmp_path / "store"


@pytest.fixture
def session(store: Path) -> SessionFolder:
    """A made session in the store, ready to be labeled."""
    return make_session(store / "skin")
