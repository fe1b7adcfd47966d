"""Selects and orders the samples for a session's next round."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import torch
from numpy.typing import NDArray

from alc_tui.active.cleaning import TrainingSet, class_counts
from alc_tui.active.focus import with_focus
from alc_tui.active.ranking import rank
from alc_tui.active.samplers import Pool, Ranking
from alc_tui.active.samplers.random_order import RANDOM_ORDER_STREAM
from alc_tui.data.random_streams import random_stream, stream_seed
from alc_tui.model.batches import BatchSource
from alc_tui.model.dropout import PASSES, in_train_mode, under_dropout
from alc_tui.model.learner import seed_layers
from alc_tui.model.networks import Network
from alc_tui.model.scoring.metrics import softmax
from alc_tui.model.sources import Augmented
from alc_tui.session.settings.config import Config
from alc_tui.session.settings.departures import AUGMENTED_RANKING, BALD_PASSES, BALD_WITHOUT_DROPOUT, RANDOM_SEED
from alc_tui.session.store.events import Notice
from alc_tui.session.store.show_first import load_show_first
from alc_tui.session.training.scoring import Outputs, outputs_of, predictors
from alc_tui.session.training.workspace import Workspace

AUTHORS_PASSES = 10


def next_ranking(
    workspace: Workspace,
    number: int,
    networks: tuple[Network, ...],
    outputs: Outputs,
    training: TrainingSet,
    shown: Collection[str],
    focus: str | None = None,
) -> Ranking:
    """The samples to show in the round after `number`: noisy ones not shown before, in the sampler's order.

    Samples of `show_first` come before all others, clean ones included, in their order, with the sampler's scores. With
    alc-ct, clean samples are also ranked. A live session ranks twice as many as the round shows; see `store.queue`.
    networks: those that round `number` trained, peer 1 first. outputs: of those of them that predict. training: the
    clean set of the round and the current labels. shown: ids of samples that have a verdict. focus: the focus class, to
    which every other place goes, after those of `show_first`, as far as there are candidates that are probably of it;
    see `active.focus`. Returns positions among the n training samples; none after the last round.
    """
    config, clean, peer1 = workspace.config, training.clean, networks[0]
    if number >= config.rounds:
        return Ranking(np.empty(0, dtype=np.int64), np.empty(0))
    sampler = config.sampler_of(number + 1)
    was_shown = np.isin(workspace.samples.ids[workspace.train], list(shown))
    count = (1 + config.live) * (config.budget or 0)
    first = _first_ones(workspace, was_shown)[:count]
    is_first = np.isin(np.arange(len(clean)), first)
    candidates = ~was_shown if config.ranks_all else (~clean & ~was_shown) | is_first
    if sampler == "peers" and number > 0 and len(networks) == 1:
        workspace.emit(
            Notice(
                "The sampler peers compares the retrained peer 1 with peer 2 as LNL left it; with --tune-peers both, "
                "both are retrained."
            )
        )
    suggested = outputs.probabilities.argmax(1)
    if config.has_departure(AUGMENTED_RANKING):
        outputs = outputs_of(workspace, *predictors(config, networks), source=_inputs(workspace, number))
    is_focus = _is_focus(workspace, focus, suggested) & candidates & ~is_first
    is_ordered = sampler == "random" or (sampler == "coreset" and not clean.any())
    pool = Pool(
        probabilities=softmax(outputs.logits) if sampler == "peers" else outputs.probabilities,
        features=outputs.features,
        given=workspace.given,
        centers=outputs.features[clean],
        random_order=_random_order(config, candidates) if is_ordered else None,
        peer2=_peer2_probabilities(workspace, number, networks) if sampler == "peers" else None,
        dropout=dropout_probabilities(workspace, number, peer1, outputs, candidates) if sampler == "bald" else None,
        rng=random_stream(config.seed, "badge", number) if sampler == "badge" else None,
        class_counts=class_counts(number, workspace.given, training, len(workspace.classes))
        if sampler == "rarity"
        else None,
    )

    def order() -> Ranking:
        others = rank(sampler, pool.among(candidates & ~is_first), count - len(first))
        if is_focus.any():
            others = with_focus(others, rank(sampler, pool.among(is_focus), count - len(first)), count - len(first))
        if not len(first):
            return others
        ranking = rank(sampler, pool.among(is_first), len(first))
        scores = ranking.scores[np.argsort(ranking.order)][np.searchsorted(np.sort(first), first)]
        return Ranking(np.concatenate([first, others.order]), np.concatenate([scores, others.scores]))

    return workspace.group.first(order)


def _is_focus(workspace: Workspace, focus: str | None, suggested: NDArray[np.int64]) -> NDArray[np.bool_]:
    """The samples that are probably of the focus class, bool[n]: by their given label, or by the model, int64[n]."""
    if focus is None:
        return np.zeros(len(suggested), dtype=np.bool_)
    label = workspace.classes.index(focus)
    is_focus: NDArray[np.bool_] = (workspace.given == label) | (suggested == label)
    return is_focus


def _first_ones(workspace: Workspace, was_shown: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Positions of the training samples to show before all others, in their order, without those shown before."""
    if workspace.config.show_first is None:
        return np.empty(0, dtype=np.int64)
    ids = workspace.samples.ids[workspace.train].tolist()
    position_of = {sample: position for position, sample in enumerate(ids)}
    named = [
        position_of[sample] for sample in load_show_first(workspace.folder.owner.show_first) if sample in position_of
    ]
    return np.array([position for position in named if not was_shown[position]], dtype=np.int64)


def queue_size(config: Config, ranking: Ranking) -> int:
    """How many of the ranked samples the next round shows."""
    return min(len(ranking.order), config.budget or 0)


def _inputs(workspace: Workspace, number: int) -> BatchSource:
    """What samplers see: the images or, with the departure `augmented-ranking`, the images augmented with the random
    stream of round `number`, which begins anew with each call."""
    if not workspace.config.has_departure(AUGMENTED_RANKING):
        return workspace.source
    return Augmented(workspace.source, random_stream(workspace.config.seed, "augmented ranking", number))


def _peer2_probabilities(workspace: Workspace, number: int, networks: tuple[Network, ...]) -> NDArray[np.float32]:
    """Peer 2's class probabilities of the training samples, float32[n, C], eval mode, of the inputs of peer 1.

    If the rounds retrain only peer 1, peer 2 is always the one from LNL.
    """
    peer2 = networks[1] if len(networks) > 1 else workspace.trained(workspace.folder.weights(0, peer=2))
    return outputs_of(workspace, peer2, source=_inputs(workspace, number)).probabilities


def dropout_probabilities(
    workspace: Workspace, number: int, peer1: Network, outputs: Outputs, candidates: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Peer 1's class probabilities in T passes with dropout, float32[T, n, C].

    With the departure `bald-without-dropout` the passes are in train mode instead and cover only the candidates; other
    samples have 0.
    """
    config = workspace.config
    passes = AUTHORS_PASSES if config.has_departure(BALD_PASSES) else PASSES
    if not config.has_departure(BALD_WITHOUT_DROPOUT):
        generator = torch.Generator().manual_seed(stream_seed(config.seed, "dropout", number))
        return under_dropout(outputs.features, peer1.head.weight, peer1.head.bias, generator, passes=passes)
    source = _inputs(workspace, number)
    seed_layers(config.seed, number, 0)
    positions = workspace.train[candidates]
    of_candidates = in_train_mode(peer1, source, positions, workspace.compute, config.batch_size, passes)
    probabilities = np.zeros((passes, len(candidates), len(workspace.classes)), dtype=np.float32)
    probabilities[:, candidates] = of_candidates
    return probabilities


def _random_order(config: Config, candidates: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Each sample's place in a random order, int64[n].

    One order for the session; with `random-seed`, a new one of the candidates bool[n] in each round, drawn with the
    same seed.
    """
    if not config.has_departure(RANDOM_SEED):
        return random_stream(config.seed, RANDOM_ORDER_STREAM).permutation(len(candidates))
    places = np.zeros(len(candidates), dtype=np.int64)
    places[candidates] = random_stream(config.seed, RANDOM_ORDER_STREAM).permutation(int(candidates.sum()))
    return places
