"""A store for the list of sessions, which is read often."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of its own; files that are written without a folder lie beside it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path / "store"
