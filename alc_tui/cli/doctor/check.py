"""The result of one check: what was found, the verdict, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

OK, WARN, BAD = "ok", "warn", "bad"


@dataclass(frozen=True)
class Check:
    """verdict: OK, WARN (it works, but worse than it could) or BAD (labeling or training will not work).

    found: what is there. advice: what to do; with OK a hint, or nothing.
    """

    name: str
    verdict: str
    found: str
    advice: str = ""
