"""What the tests of a session start from: made sessions, and small ones that really train."""

from __future__ import annotations

from pathlib import Path

import pytest

from alc_tui.session.store.folder import SessionFolder
from tests.made_sessions import make_session
from tests.session.small import colors, own_cache, own_place, split, trained, untrained

__all__ = ["colors", "own_cache", "own_place", "split", "trained", "untrained"]


@pytest.fixture
def session(tmp_path: Path) -> SessionFolder:
    """Classes MEL, NV and BCC, LNL done, two rounds of five samples: ready to be labeled."""
    return make_session(tmp_path / "store" / "skin")
