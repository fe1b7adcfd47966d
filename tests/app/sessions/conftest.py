"""A store for the list of sessions, which is read often."""

from __future__ import annotations

from pathlib import Path

import pytest

from alc_tui.tui.sessions import screen as sessions


@pytest.fixture(autouse=True)
def hurried_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "REFRESH_SECONDS", 0.2)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of its own; files that are written without a folder lie beside it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path / "store"
