"""What the tests of the benchmark start from: the small data of the sessions' tests."""

from __future__ import annotations

from tests.session.small import colours, own_cache, own_place

__all__ = ["colours", "own_cache", "own_place"]
