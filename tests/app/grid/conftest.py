"""A session for the grid."""

from __future__ import annotations

from pathlib import Path

import pytest

from alc_tui.session.store.folder import SessionFolder
from tests.made_sessions import make_session


@pytest.fixture
def twenty(tmp_path: Path) -> SessionFolder:
    """A queue of twenty: at 80 × 24 a page holds 6 × 2 of them."""
    return make_session(tmp_path / "skin", budget=20, with_truth=False)
