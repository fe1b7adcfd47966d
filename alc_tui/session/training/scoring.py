"""Network outputs for the session's samples, and the scores of a round's test predictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alc_tui.data.random_streams import random_stream
from alc_tui.model.batches import BatchSource
from alc_tui.model.forward import predict
from alc_tui.model.networks import Network
from alc_tui.model.phase import Predictions
from alc_tui.model.scoring import intervals, metrics
from alc_tui.model.scoring.metrics import mean_softmax
from alc_tui.session.settings.config import Config
from alc_tui.session.store.records import Intervals, MacroF1, RoundScores, Scores
from alc_tui.session.store.typed_json import decode
from alc_tui.session.training.workspace import Workspace


class Outputs(NamedTuple):
    """The outputs of K ≥ 1 networks for the n training samples, in eval mode.

    logits: float32[n, C] and features: float32[n, D], of the first network. probabilities: float32[n, C], the mean over
    the networks, rows sum to 1.
    """

    logits: NDArray[np.float32]
    features: NDArray[np.float32]
    probabilities: NDArray[np.float32]


def predictors(config: Config, networks: tuple[Network, ...]) -> tuple[Network, ...]:
    """The networks by whose mean probabilities samples are shown and ranked: peer 1, or both."""
    return networks if config.ranks_by_mean else networks[:1]


def outputs_of(workspace: Workspace, *networks: Network, source: BatchSource | None = None) -> Outputs:
    """Outputs for the training samples, not augmented. source: other inputs, None for the images."""
    inputs = workspace.source if source is None else source
    logits, features = predict(networks, inputs, workspace.train, workspace.compute, workspace.config.batch_size)
    return Outputs(logits[0], features, mean_softmax(logits))


@dataclass(frozen=True)
class ScoredPredictions:
    """The scores of a round's test predictions, as configured: of peer 1 alone, or of the mean of both peers.

    interval: 95%. change: the interval of the change since the previous round, None in round 0. peers: of both peers'
    summed logits, where there are two.
    """

    scores: RoundScores
    best_epoch: int
    interval: Intervals
    change: Intervals | None
    peers: RoundScores | None


def score_test(workspace: Workspace, number: int, predictions: Mapping[str, Predictions]) -> ScoredPredictions:
    """Score the test predictions of round `number`, by ensemble (see `Phase`)."""
    main = predictions[workspace.config.prediction]
    interval, change = _intervals(workspace, number, main.best)
    peers = _scores(workspace, predictions["peers"]) if "peers" in predictions else None
    return ScoredPredictions(_scores(workspace, main), main.best_epoch, interval, change, peers)


def macro_f1(scores: RoundScores) -> MacroF1:
    """Macro-F1 of the best and the last epoch."""
    return MacroF1(scores.best.macro_f1, scores.last.macro_f1)


def _scores(workspace: Workspace, predictions: Predictions) -> RoundScores:
    best, last = (metrics.score(each, workspace.test_labels) for each in (predictions.best, predictions.last))
    return RoundScores(decode(Scores, best), decode(Scores, last))


def _intervals(
    workspace: Workspace, number: int, probabilities: NDArray[np.float32]
) -> tuple[Intervals, Intervals | None]:
    """Intervals of the scores of test probabilities float32[m, C], and of their change since the round before."""
    labels, classes = workspace.test_labels, workspace.classes
    rng, predicted = random_stream(workspace.config.seed, "bootstrap", number), probabilities.argmax(1)
    interval = decode(Intervals, intervals.score_interval(labels, predicted, len(classes), rng).as_dict(classes))
    if number == 0:
        return interval, None
    before = workspace.round_arrays(number - 1).test_best.argmax(1)
    change = intervals.change_interval(labels, before, predicted, len(classes), rng)
    return interval, decode(Intervals, change.as_dict(classes))
