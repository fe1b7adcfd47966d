"""The results of a round and how they are written: arrays and weights first, then the document that refers to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alc_tui.active.cleaning import TrainingSet
from alc_tui.active.samplers import Ranking
from alc_tui.model.phase import Predictions
from alc_tui.session.store.arrays import RoundArrays, save
from alc_tui.session.store.events import RoundFinished
from alc_tui.session.store.ledger import Ledger
from alc_tui.session.store.records import RoundRecord, SelectionScores
from alc_tui.session.training.look_alikes import look_alikes
from alc_tui.session.training.ranking import queue_size
from alc_tui.session.training.scoring import Outputs, ScoredPredictions, macro_f1
from alc_tui.session.training.trainer import RoundTrainer
from alc_tui.session.training.weights.checkpoint import save_weights
from alc_tui.session.training.workspace import Workspace


@dataclass(frozen=True)
class Outcome:
    """A finished round.

    training: the clean set and the current labels. loss, vog: float32[n]; vog is NaN where it is not used. outputs: by
    which samples are shown and ranked. predictions: of the test set, by ensemble. ranking: see `next_ranking`. ledger,
    decided_total: of the labels so far. forget_rate, selection: of LNL, see `RoundRecord`. focus: the focus class.
    """

    training: TrainingSet
    loss: NDArray[np.float32]
    vog: NDArray[np.float32]
    outputs: Outputs
    predictions: Mapping[str, Predictions]
    scores: ScoredPredictions
    ranking: Ranking
    ledger: Ledger
    decided_total: int = 0
    forget_rate: float | None = None
    selection: SelectionScores | None = None
    focus: str | None = None


def write_round(workspace: Workspace, number: int, trainer: RoundTrainer, outcome: Outcome) -> None:
    """Write round `number` and remove its checkpoint; a round counts as finished once it is in the document."""
    folder, training = workspace.folder, outcome.training
    main = outcome.predictions[workspace.config.prediction]
    save(
        folder.round_arrays(number),
        RoundArrays(
            training.clean,
            training.labels,
            outcome.loss,
            outcome.vog,
            outcome.outputs.probabilities,
            outcome.ranking.order,
            outcome.ranking.scores,
            main.best,
            main.last,
            *look_alikes(outcome.outputs.features, outcome.ranking.order, training, len(workspace.classes)),
        ),
    )
    best = trainer.phase.ensembles[workspace.config.prediction].best_weights
    for peer, network in enumerate(trainer.learner.networks, 1):
        save_weights(folder.weights(number, peer), network.state_dict())
    for peer, weights in enumerate(best, 1):
        save_weights(folder.weights(number, peer, best=True), weights)
    record = _record(workspace, number, trainer, outcome)
    trainer.checkpoint.wait()
    workspace.document.add_round(record)
    trainer.checkpoint.remove()
    workspace.emit(RoundFinished(number, record.macro_f1.best, record.macro_f1.last))


def _record(workspace: Workspace, number: int, trainer: RoundTrainer, outcome: Outcome) -> RoundRecord:
    scored, training, classes = outcome.scores, outcome.training, workspace.classes
    return RoundRecord(
        round=number,
        ledger=outcome.ledger,
        decided_total=outcome.decided_total,
        queued=queue_size(workspace.config, outcome.ranking),
        clean_size=int(training.clean.sum()),
        clean_per_class=_clean_per_class(training, classes),
        macro_f1=macro_f1(scored.scores),
        f1=dict(zip(classes, scored.scores.best.f1, strict=True)),
        best_epoch=scored.best_epoch,
        scores=scored.scores,
        interval=scored.interval,
        change=scored.change,
        validation=tuple(trainer.phase.validation),
        seconds=trainer.seconds,
        forget_rate=outcome.forget_rate,
        selection=outcome.selection,
        peers=None if scored.peers is None else macro_f1(scored.peers),
        all_epochs={name: float(np.mean(each)) for name, each in trainer.phase.watched.items()} or None,
        focus=outcome.focus if len(outcome.ranking.order) else None,
    )


def _clean_per_class(training: TrainingSet, classes: Sequence[str]) -> dict[str, int]:
    """How many samples of the clean set have each label."""
    counts = np.bincount(training.labels[training.clean], minlength=len(classes))
    return dict(zip(classes, counts.tolist(), strict=True))
