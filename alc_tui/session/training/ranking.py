"""Which samples a session shows in its next round, in which order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alc_tui.active.cleaning import TrainingSet
from alc_tui.active.ranking import rank
from alc_tui.active.samplers import Pool, Ranking
from alc_tui.data.random_streams import random_stream
from alc_tui.model.metrics import softmax
from alc_tui.model.networks import Network
from alc_tui.session.settings.config import Config
from alc_tui.session.settings.departures import AUGMENTED_RANKING, BALD_WITHOUT_DROPOUT, RANDOM_SEED
from alc_tui.session.store.journal import Decision
from alc_tui.session.training.materials import Materials


@dataclass(frozen=True)
class Outcome:
    """What a phase leaves: its training set and what its peer 1 says of every training sample."""

    training: TrainingSet
    loss: NDArray[np.float32]
    vog: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    features: NDArray[np.float32]


def next_ranking(
    materials: Materials, number: int, peer1: Network, outcome: Outcome, verdicts: Mapping[str, Decision]
) -> Ranking:
    """The samples to show in the round after `number`: noisy ones without a verdict, in the sampler's order; with
    alc-ct, any without a verdict.

    peer1: the network whose probabilities and features the outcome has.
    """
    config = materials.config
    if number >= config.rounds:
        return Ranking(np.empty(0, dtype=np.int64), np.empty(0))
    sampler, clean = config.sampler_of(number + 1), outcome.training.clean
    shown = np.isin(materials.samples.ids[materials.train], list(verdicts))
    candidates = ~shown if config.ranks_all else ~clean & ~shown
    probabilities, features = outcome.probabilities, outcome.features
    if config.departs(AUGMENTED_RANKING):
        logits, features = materials.outputs(peer1, materials.augmented(number))
        probabilities = softmax(logits)
    passes = None
    if sampler == "bald" and config.departs(BALD_WITHOUT_DROPOUT):
        passes = materials.in_train_mode(peer1, candidates, number)
    elif sampler == "bald":
        passes = materials.under_dropout(peer1, features, number)
    ordered = sampler == "random" or (sampler == "coreset" and not clean.any())
    everyone = Pool(
        probabilities=probabilities,
        features=features,
        given=materials.given,
        centers=features[clean],
        random_order=_random_order(config, candidates) if ordered else None,
        peer2=materials.peer2_probabilities() if sampler == "peers" else None,
        dropout=passes,
        rng=random_stream(config.seed, "badge", number) if sampler == "badge" else None,
    )
    return rank(sampler, everyone.among(candidates), config.budget or 0)


def _random_order(config: Config, candidates: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Each sample's place in a random order, int64[n].

    One order for the session; with `random-seed`, a new one of the candidates bool[n] in each round, drawn
    with the same seed.
    """
    if not config.departs(RANDOM_SEED):
        return random_stream(config.seed, "lottery").permutation(len(candidates))
    places = np.zeros(len(candidates), dtype=np.int64)
    places[candidates] = random_stream(config.seed, "lottery").permutation(int(candidates.sum()))
    return places
