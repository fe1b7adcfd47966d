"""What the tests of exports start from."""

from __future__ import annotations

from tests.session.export.decided import service

__all__ = ["service"]
