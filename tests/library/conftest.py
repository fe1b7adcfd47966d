"""What the tests of the library start from."""

from __future__ import annotations

from pathlib import Path

import pytest

from alc_tui.session.store.folder import SessionFolder
from tests.made_sessions import make_session
from tests.session.small import own_cache, own_place

__all__ = ["own_cache", "own_place"]


@pytest.fixture
def session(tmp_path: Path) -> SessionFolder:
    """Classes MEL, NV and BCC, 36 training samples, round 0 done, a queue of five samples."""
    return make_session(tmp_path / "store" / "skin")
