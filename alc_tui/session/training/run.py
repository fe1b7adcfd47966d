"""One phase of a session: takes up its checkpoint, reports its epochs, and writes the round when it ends."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from alc_tui.active.cleaning import TrainingSet
from alc_tui.active.neighbors import nearest_clean
from alc_tui.data.random_streams import random_stream
from alc_tui.model import intervals, metrics
from alc_tui.model.learner import EpochReport, Learner
from alc_tui.model.phase import HeldOut, Phase, Predictions
from alc_tui.session.settings.departures import ALL_EPOCHS_AVERAGE
from alc_tui.session.store.arrays import RoundArrays, load_round, save
from alc_tui.session.store.events import Epoch, RoundFinished, Started, Stopped
from alc_tui.session.store.journal import Decision
from alc_tui.session.store.ledger import Ledger
from alc_tui.session.store.records import Intervals, MacroF1, RoundRecord, RoundScores, Scores, SelectionScores
from alc_tui.session.store.typed_json import decode
from alc_tui.session.training.checkpoint import Checkpoint, save_weights
from alc_tui.session.training.materials import Materials
from alc_tui.session.training.ranking import Outcome, next_ranking


class Run:
    """One phase of a session: takes up its checkpoint, reports its epochs, and writes the round when it ends.

    learned: what the learner learns from.
    """

    def __init__(self, materials: Materials, number: int, learner: Learner, learned: TrainingSet) -> None:
        self._materials, self._number, self._learner, self._learned = materials, number, learner, learned
        samples = materials.samples
        held = HeldOut(samples.validation, samples.labels_to_score[samples.validation])
        watched = HeldOut(samples.test, materials.test_labels) if materials.config.departs(ALL_EPOCHS_AVERAGE) else None
        self._phase = Phase(learner, materials.source, held, len(materials.classes), materials.compute, watched)
        self._checkpoint = Checkpoint(materials.folder.checkpoint)
        self._selected: NDArray[np.bool_] | None = None
        self._seconds = 0.0
        self._take_up()

    def to_the_end(self) -> NDArray[np.bool_] | None:
        """Run the epochs still to be done; returns what peer 1 selected in the last one."""
        materials, plan = self._materials, self._learner.plan
        materials.emit(
            Started(
                self._number,
                self._learner.epoch,
                plan.epochs,
                materials.where(),
                len(materials.train),
                os.getpid(),
            )
        )
        self._began = time.monotonic()
        try:
            self._phase.run(self._after_epoch)
        except BaseException as error:
            self._checkpoint.wait()
            if isinstance(error, KeyboardInterrupt):
                materials.emit(Stopped(self._number, self._saved_epoch))
            raise
        return self._selected

    def finish(
        self,
        outcome: Outcome,
        verdicts: Mapping[str, Decision],
        costs: Ledger,
        decided_total: int,
        forget_rate: float | None = None,
        selection: SelectionScores | None = None,
    ) -> None:
        """Score on the test set, rank for the next round, and write arrays, weights and last the document.

        forget_rate, selection: of LNL, see `RoundRecord`.
        """
        materials, folder = self._materials, self._materials.folder
        answers = self._phase.predictions(materials.samples.test)
        ranking = next_ranking(materials, self._number, self._learner.networks[0], outcome, verdicts)
        first = answers["peer1"]
        save(
            folder.round_arrays(self._number),
            RoundArrays(
                outcome.training.clean,
                outcome.training.labels,
                outcome.loss,
                outcome.vog,
                outcome.probabilities,
                ranking.order,
                ranking.scores,
                first.best,
                first.last,
                nearest_clean(outcome.features, ranking.order, outcome.training.clean),
            ),
        )
        save_weights(folder.weights(self._number), self._learner.networks[0].state_dict())
        scores = _scores(first, materials)
        interval, change = _intervals(first.best, materials, self._number)
        watched = {name: float(np.mean(each)) for name, each in (self._phase.watched or {}).items()}
        record = RoundRecord(
            round=self._number,
            ledger=costs,
            decided_total=decided_total,
            queued=len(ranking.order),
            clean_size=int(outcome.training.clean.sum()),
            clean_per_class=_clean_per_class(outcome.training, materials.classes),
            macro_f1=_macro_f1(scores),
            f1=dict(zip(materials.classes, scores.best.f1, strict=True)),
            best_epoch=first.best_epoch,
            scores=scores,
            interval=interval,
            change=change,
            validation=tuple(self._phase.validation),
            seconds=round(self._seconds + time.monotonic() - self._began, 3),
            forget_rate=forget_rate,
            selection=selection,
            peers=_macro_f1(_scores(answers["peers"], materials)) if "peers" in answers else None,
            all_epochs=watched or None,
        )
        self._checkpoint.wait()
        materials.document.add_round(record)
        self._checkpoint.remove()
        materials.emit(RoundFinished(self._number, record.macro_f1.best, record.macro_f1.last))

    def _take_up(self) -> None:
        state = self._checkpoint.load()
        if state is not None and int(state.get("round", -1)) == self._number:
            self._phase.load(state)
            self._seconds = float(state["seconds"])
            if "selected" in state:
                self._selected = state["selected"].numpy()
        self._saved_epoch = self._learner.epoch
        self._epochs_before = self._learner.epoch

    def _after_epoch(self, report: EpochReport, validation: float) -> None:
        materials = self._materials
        elapsed = time.monotonic() - self._began
        self._selected = self._among_all(report.selected)
        state = self._phase.state() | {
            "round": torch.tensor(self._number),
            "seconds": torch.tensor(self._seconds + elapsed, dtype=torch.float64),
        }
        if self._selected is not None:
            state["selected"] = torch.from_numpy(self._selected)
        self._checkpoint.save(state)
        self._saved_epoch = report.epoch + 1
        materials.hear(report.notices)
        per_epoch = elapsed / (report.epoch + 1 - self._epochs_before)
        kept, precision = self._kept(self._selected)
        materials.emit(
            Epoch(
                round=self._number,
                epoch=report.epoch + 1,
                epochs=self._learner.plan.epochs,
                losses=tuple(report.losses),
                forget_rate=report.rate,
                validation_macro_f1=validation,
                kept=kept,
                selection_precision=precision,
                seconds=round(elapsed, 3),
                eta=round(per_epoch * (self._learner.plan.epochs - report.epoch - 1), 1),
            )
        )

    def _among_all(self, selected: NDArray[np.bool_] | None) -> NDArray[np.bool_] | None:
        """What was selected of the samples learned from, among all training samples."""
        if selected is None:
            return None
        among = np.zeros_like(self._learned.clean)
        among[self._learned.clean] = selected
        return among

    def _kept(self, selected: NDArray[np.bool_] | None) -> tuple[tuple[float, ...] | None, float | None]:
        if selected is None:
            return None, None
        labels, classes = self._learned.labels, len(self._materials.classes)
        members = np.maximum(np.bincount(labels[self._learned.clean], minlength=classes), 1)
        kept = tuple((np.bincount(labels[selected], minlength=classes) / members).tolist())
        if not self._materials.samples.truth_is_known or not selected.any():
            return kept, None
        return kept, float((labels == self._materials.truth)[selected].mean())


def _scores(answers: Predictions, materials: Materials) -> RoundScores:
    best, last = (metrics.score(each, materials.test_labels) for each in (answers.best, answers.last))
    return RoundScores(decode(Scores, best), decode(Scores, last))


def _macro_f1(scores: RoundScores) -> MacroF1:
    return MacroF1(scores.best.macro_f1, scores.last.macro_f1)


def _intervals(answers: NDArray[np.float32], materials: Materials, number: int) -> tuple[Intervals, Intervals | None]:
    """Intervals of the scores of a round's test answers float32[m, C], and of their change since the round before."""
    labels, classes = materials.test_labels, materials.classes
    rng, told = random_stream(materials.config.seed, "bootstrap", number), answers.argmax(1)
    interval = decode(Intervals, intervals.of_scores(labels, told, len(classes), rng).as_dict(classes))
    if number == 0:
        return interval, None
    before = load_round(materials.folder.round_arrays(number - 1)).test_best.argmax(1)
    return interval, decode(Intervals, intervals.of_change(labels, before, told, len(classes), rng).as_dict(classes))


def _clean_per_class(training: TrainingSet, classes: Sequence[str]) -> dict[str, int]:
    """How many samples of the clean set have each label."""
    counts = np.bincount(training.labels[training.clean], minlength=len(classes))
    return dict(zip(classes, counts.tolist(), strict=True))
