"""The forget rate τ of a session: as configured, or estimated from the given labels (see `lnl.estimate`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from alc_tui.lnl.estimate import OutOfFold, accuracy_by_agreement, accuracy_by_validation, noise_rate
from alc_tui.model.batches import TrainingData
from alc_tui.model.learner import EpochReport
from alc_tui.session.expected_split import selects_nothing
from alc_tui.session.settings.forecast import noise_epochs
from alc_tui.session.settings.names import AUTO, CO_TEACHING
from alc_tui.session.store.events import Notice, Step
from alc_tui.session.training.checkpoint import Checkpoint, fitting
from alc_tui.session.training.learners import training_plan
from alc_tui.session.training.workspace import Workspace

_ESTIMATING = "estimating the noise rate, epoch"


def find_forget_rate(workspace: Workspace) -> float:
    """τ in [0, 1): as configured, or estimated once and stored in the document; 0 for methods without a forget rate."""
    config, document = workspace.config, workspace.document
    if config.method not in CO_TEACHING:
        return 0.0
    if config.forget_rate != AUTO:
        return float(config.forget_rate)
    estimate = document.session.estimated_noise
    if estimate is None:
        estimate = estimate_noise(workspace)
        document.update(replace(document.session, estimated_noise=estimate))
        Checkpoint(workspace.folder.checkpoint).remove()
    text = f"Estimated noise rate of the given labels: {estimate:.3f}"
    if workspace.samples.truth_is_known:
        actual = float((workspace.given != workspace.truth).mean())
        text += f" (actual: {actual:.3f}, error: {estimate - actual:+.3f})"
    workspace.emit(Notice(f"{text}; used as the forget rate."))
    if selects_nothing(config, estimate):
        batch = f"a batch of {config.batch_size} samples"
        workspace.emit(Notice(f"At this forget rate, nothing of {batch} is learned from; use a larger --batch-size."))
    return estimate


def estimate_noise(workspace: Workspace) -> float:
    """The estimated share of wrong labels among the training samples, in [0, 0.9], without using the truth.

    Validation labels count as clean if noise was injected into the training labels only, or if the data has its own
    validation split; validation labels drawn from noisy labels do not.
    """
    samples, classes = workspace.samples, len(workspace.classes)
    halves = OutOfFold(
        workspace.network,
        TrainingData(workspace.source, workspace.train, workspace.given),
        samples.validation,
        training_plan(workspace.config, noise_epochs(workspace.config)),
        workspace.compute,
        workspace.config.seed,
    )
    out_of_fold, held_out = halves.run(_resume(workspace, halves))
    if workspace.config.injects_noise or workspace.document.session.dataset.validation == "given":
        labels = samples.labels_to_score[samples.validation]
        shares = np.bincount(out_of_fold, minlength=classes) / len(out_of_fold)
        accuracy = accuracy_by_validation(held_out.ravel(), np.tile(labels, 2), shares)
    else:
        accuracy = accuracy_by_agreement(held_out[0], held_out[1], classes)
    return noise_rate(float((out_of_fold == workspace.given).mean()), accuracy, classes)


def _resume(workspace: Workspace, halves: OutOfFold) -> Callable[[int, EpochReport], None]:
    """Load the estimate's checkpoint, if there is one; returns what to do after each epoch."""
    checkpoint = Checkpoint(workspace.folder.checkpoint)
    state = checkpoint.load()
    if state is not None:
        with fitting(workspace.folder.checkpoint):
            halves.load(state)

    workspace.emit(Step(_ESTIMATING, halves.done, halves.epochs))

    def after_epoch(done: int, report: EpochReport) -> None:
        checkpoint.save(halves.state())
        checkpoint.wait()
        for notice in report.notices:
            workspace.emit(Notice(notice))
        workspace.emit(Step(_ESTIMATING, done, halves.epochs))

    return after_epoch
