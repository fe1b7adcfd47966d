"""The tests of the benchmark use the small data of the tests of sessions."""

from __future__ import annotations

from tests.session.small import colors, own_cache, own_place, trained, untrained

__all__ = ["colors", "own_cache", "own_place", "trained", "untrained"]
