"""Sessions that really train, and workers that really die."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.end_to_end.dying import Mortal
from tests.session.small import colors, own_cache, own_place, trained, untrained

__all__ = ["colors", "own_cache", "own_place", "trained", "untrained"]


@pytest.fixture(scope="session")
def mortal(own_cache: None) -> Iterator[Mortal]:
    """Works on sessions and dies when told to."""
    one = Mortal()
    yield one
    one.close()
