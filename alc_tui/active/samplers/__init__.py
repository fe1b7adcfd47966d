"""The ranking functions Φ that order the noisy set, by name.

A sampler is a function of a `Pool` and a count in one of these modules, registered in SAMPLERS and in
`session/settings/names.py`.
"""

from __future__ import annotations

from collections.abc import Callable

from alc_tui.active.samplers.badge import badge
from alc_tui.active.samplers.coreset import coreset
from alc_tui.active.samplers.disagreement import bald, peers
from alc_tui.active.samplers.given_label import joint, normalized_margin, self_confidence
from alc_tui.active.samplers.pool import Pool, Ranking
from alc_tui.active.samplers.random_order import random
from alc_tui.active.samplers.rarity import rarity
from alc_tui.active.samplers.uncertainty import entropy, least_confidence, margin

SAMPLERS: dict[str, Callable[[Pool, int], Ranking]] = {
    "random": random,  # the baseline
    "entropy": entropy,  # Settles 2009
    "margin": margin,  # Scheffer, Decomain and Wrobel 2001
    "least-confidence": least_confidence,  # Lewis and Gale 1994
    "coreset": coreset,  # Sener and Savarese 2018
    "bald": bald,  # Houlsby et al. 2011; Gal, Islam and Ghahramani 2017
    "badge": badge,  # Ash et al. 2020
    "peers": peers,  # Lin 1991 (the divergence)
    "joint": joint,  # Bernhardt et al. 2022
    "self-confidence": self_confidence,  # Northcutt, Jiang and Chuang 2021
    "normalized-margin": normalized_margin,  # Northcutt, Jiang and Chuang 2021
    "rarity": rarity,  # after Aggarwal, Popescu and Hudelot 2020
}

__all__ = ["SAMPLERS", "Pool", "Ranking"]
