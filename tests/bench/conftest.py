"""What the tests of the benchmark start from: the small data of the sessions' tests."""

from __future__ import annotations

from tests.session.small import colors, own_cache, own_place

__all__ = ["colors", "own_cache", "own_place"]
