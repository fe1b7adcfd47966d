"""The ranking functions Φ that order the noisy set, by name."""

from __future__ import annotations

from collections.abc import Callable

from alc_tui.active.samplers.coreset import coreset
from alc_tui.active.samplers.lottery import random
from alc_tui.active.samplers.pool import Pool, Ranking
from alc_tui.active.samplers.uncertainty import entropy, least_confidence, margin

SAMPLERS: dict[str, Callable[[Pool, int], Ranking]] = {
    "random": random,
    "entropy": entropy,
    "margin": margin,
    "least-confidence": least_confidence,
    "coreset": coreset,
}

__all__ = ["SAMPLERS", "Pool", "Ranking"]
