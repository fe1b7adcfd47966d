"""The result of one check: finding, verdict, and advice."""

from __future__ import annotations

from dataclasses import dataclass

OK, WARN, BAD = "ok", "warn", "bad"


@dataclass(frozen=True)
class Check:
    """verdict: OK, WARN (works, but could be better), or BAD (labeling or training will not work).

    found: the finding. advice: what to do; for OK, an optional hint.
    """

    name: str
    verdict: str
    found: str
    advice: str = ""
