"""The ranking functions Φ that order the noisy set, by name."""

from __future__ import annotations

from collections.abc import Callable

from alc_tui.active.samplers.badge import badge
from alc_tui.active.samplers.coreset import coreset
from alc_tui.active.samplers.disagreement import bald, peers
from alc_tui.active.samplers.given_label import joint, normalized_margin, self_confidence
from alc_tui.active.samplers.pool import Pool, Ranking
from alc_tui.active.samplers.random_order import random
from alc_tui.active.samplers.uncertainty import entropy, least_confidence, margin

SAMPLERS: dict[str, Callable[[Pool, int], Ranking]] = {
    "random": random,
    "entropy": entropy,
    "margin": margin,
    "least-confidence": least_confidence,
    "coreset": coreset,
    "bald": bald,
    "badge": badge,
    "peers": peers,
    "joint": joint,
    "self-confidence": self_confidence,
    "normalized-margin": normalized_margin,
}

__all__ = ["SAMPLERS", "Pool", "Ranking"]
