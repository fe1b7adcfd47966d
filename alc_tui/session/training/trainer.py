"""Trains one round: resumes from its checkpoint, reports epochs, and predicts the test set at the end."""

from __future__ import annotations

import os
import time

import numpy as np
import torch
from numpy.typing import NDArray

from alc_tui.active.cleaning import TrainingSet
from alc_tui.model.learner import EpochReport, Learner
from alc_tui.model.phase import HeldOut, Phase, Predictions
from alc_tui.session.settings.departures import ALL_EPOCHS_AVERAGE
from alc_tui.session.store.events import Epoch, Notice, Position, Started, Stopped
from alc_tui.session.training.pacer import Pacer
from alc_tui.session.training.weights.checkpoint import Checkpoint, fitting
from alc_tui.session.training.workspace import Workspace


class RoundTrainer:
    """Trains the learner of round `number`. learned: the training set of the learner; `clean` marks its samples.
    `seconds` is the duration of the round so far, including earlier attempts.
    """

    def __init__(self, workspace: Workspace, number: int, learner: Learner, learned: TrainingSet) -> None:
        self.learner, self._workspace, self._number, self._learned = learner, workspace, number, learned
        samples = workspace.samples
        validation = HeldOut(samples.validation, samples.labels_to_score[samples.validation])
        test = (
            HeldOut(samples.test, workspace.test_labels) if workspace.config.has_departure(ALL_EPOCHS_AVERAGE) else None
        )
        classes, main = len(workspace.classes), workspace.config.prediction
        self.phase = Phase(learner, workspace.source, validation, classes, workspace.compute, test, main)
        self.checkpoint = Checkpoint(workspace.folder.checkpoint)
        self._selected: NDArray[np.bool_] | None = None
        self._began, self._seconds_before = time.monotonic(), 0.0
        self._positions = Pacer()
        self._resume()

    def train(self) -> NDArray[np.bool_] | None:
        """Run the remaining epochs; returns what peer 1 selected in the last one, bool[n], None if it selects
        nothing."""
        workspace, plan = self._workspace, self.learner.plan
        estimate = workspace.document.session.estimate
        workspace.emit(
            Started(
                self._number,
                self.learner.epoch,
                plan.epochs,
                workspace.describe_device(),
                len(workspace.train),
                os.getpid(),
                None if estimate is None else estimate.of(self._number),
                estimate is not None and estimate.is_uncertain,
            )
        )
        self._began = time.monotonic()
        self._positions.begin_epoch()
        self.learner.on_batch = self._after_batch
        try:
            self.phase.run(self._after_epoch)
        except BaseException as error:
            self.checkpoint.flush()
            if isinstance(error, KeyboardInterrupt):
                workspace.emit(Stopped(self._number, self._kept_epoch))
            raise
        return self._selected

    def predictions(self) -> dict[str, Predictions]:
        """Predictions for the test set, by ensemble."""
        return self.phase.predictions(self._workspace.samples.test)

    @property
    def seconds(self) -> float:
        """Training time of the round in seconds, excluding the time between a stop and a resume."""
        return round(self._seconds_before + time.monotonic() - self._began, 3)

    def _resume(self) -> None:
        """Load the checkpoint if it belongs to this round."""
        state = self._workspace.group.first(self.checkpoint.load)
        with fitting(self._workspace.folder.checkpoint):
            if state is not None and int(state.get("round", -1)) == self._number:
                self.phase.load(state)
                self._seconds_before = float(state["seconds"])
                if "selected" in state:
                    self._selected = state["selected"].numpy().reshape(self._learned.clean.shape)
        self._kept_epoch = self.learner.epoch
        self._epochs_before = self.learner.epoch

    def _after_batch(self, done: int, total: int) -> None:
        seconds = self._positions.due()
        if seconds is not None:
            self._workspace.emit(Position(self._number, self.learner.epoch, done, total, round(seconds, 3)))

    def _after_epoch(self, report: EpochReport, validation: float) -> None:
        workspace, elapsed = self._workspace, time.monotonic() - self._began
        self._selected = self._among_all(report.selected)
        state = self.phase.state() | {
            "round": torch.tensor(self._number),
            "seconds": torch.tensor(self._seconds_before + elapsed, dtype=torch.float64),
        }
        if self._selected is not None:
            state["selected"] = torch.from_numpy(self._selected)
        is_frozen, is_last = workspace.config.is_frozen, report.epoch + 1 == self.learner.plan.epochs
        # Heads on frozen features learn so fast that copying every epoch would take long.
        offers = workspace.group.is_first
        if offers and self.checkpoint.offer(state, is_last=is_last and not is_frozen, keeps=not is_frozen):
            self._kept_epoch = report.epoch + 1
        for notice in report.notices:
            workspace.emit(Notice(notice))
        self._positions.begin_epoch()
        per_epoch = elapsed / (report.epoch + 1 - self._epochs_before)
        shares, precision = self._selection(self._selected)
        workspace.emit(
            Epoch(
                round=self._number,
                epoch=report.epoch + 1,
                epochs=self.learner.plan.epochs,
                losses=report.losses,
                forget_rate=report.rate,
                validation_macro_f1=validation,
                kept=shares,
                selection_precision=precision,
                seconds=round(elapsed, 3),
                eta=round(per_epoch * (self.learner.plan.epochs - report.epoch - 1), 1),
            )
        )

    def _among_all(self, selected: NDArray[np.bool_] | None) -> NDArray[np.bool_] | None:
        """Expand a selection among the learned samples to all training samples."""
        if selected is None:
            return None
        among = np.zeros_like(self._learned.clean)
        among[self._learned.clean] = selected
        return among

    def _selection(self, selected: NDArray[np.bool_] | None) -> tuple[tuple[float, ...] | None, float | None]:
        """The selected share of each class, float[C], and the share of true labels among the selected; None if
        unknown."""
        if selected is None:
            return None, None
        labels, classes = self._learned.labels, len(self._workspace.classes)
        members = np.maximum(np.bincount(labels[self._learned.clean], minlength=classes), 1)
        shares = tuple((np.bincount(labels[selected], minlength=classes) / members).tolist())
        if not self._workspace.samples.truth_is_known or not selected.any():
            return shares, None
        return shares, float((labels == self._workspace.truth)[selected].mean())
