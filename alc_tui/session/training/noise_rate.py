"""The forget rate τ of a session: as configured, or estimated from the given labels (see `lnl.estimate`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from alc_tui.lnl.bases import BASES, NOISY
from alc_tui.lnl.estimate import NoiseEstimate, estimate_from_predictions
from alc_tui.lnl.out_of_fold import OutOfFold
from alc_tui.model.batches import TrainingData
from alc_tui.model.learner import EpochReport
from alc_tui.session.expected_split import selects_nothing
from alc_tui.session.settings.names import AUTO, CO_TEACHING
from alc_tui.session.settings.training_time import noise_epochs
from alc_tui.session.store.events import Notice, Step
from alc_tui.session.training.learners import training_plan
from alc_tui.session.training.weights.checkpoint import Checkpoint, fitting
from alc_tui.session.training.workspace import Workspace

_ESTIMATING = "estimating the noise rate, epoch"


def find_forget_rate(workspace: Workspace) -> float:
    """τ in [0, 1): as configured, or estimated once and stored in the document; 0 for methods without a forget rate."""
    config, document = workspace.config, workspace.document
    if config.method not in CO_TEACHING:
        return 0.0
    if config.forget_rate != AUTO:
        return float(config.forget_rate)
    rate = workspace.group.first(lambda: document.session.estimated_noise)
    if rate is None:
        estimate = estimate_noise(workspace)
        rate = estimate.rate
        workspace.group.first(lambda: _store(workspace, estimate))
    workspace.emit(Notice(_describe(workspace, rate)))
    if document.session.noise_basis == NOISY:
        workspace.emit(Notice("The best epochs are chosen by these validation labels; provide a verified val split."))
    if selects_nothing(config, rate):
        batch = f"a batch of {config.batch_size} samples"
        workspace.emit(Notice(f"At this forget rate, nothing of {batch} is learned from; use a larger --batch-size."))
    return rate


def estimate_noise(workspace: Workspace) -> NoiseEstimate:
    """The estimated share of wrong labels among the training samples, without using the truth.

    Validation labels count as clean if noise was injected into the training labels only, or if the data has its own
    validation split; validation labels drawn from noisy labels do not. Clean ones are used if the class shares of both
    sets are the same and, where no noise was injected, if they do not look noisy themselves.
    """
    samples, given = workspace.samples, workspace.given
    halves = OutOfFold(
        workspace.network,
        TrainingData(workspace.source, workspace.train, given),
        samples.validation,
        training_plan(workspace.config, noise_epochs(workspace.config)),
        workspace.compute,
        workspace.config.seed,
    )
    logits, held_out = halves.run(_resume(workspace, halves))
    injects = workspace.config.injects_noise
    is_clean = injects or workspace.document.session.dataset.validation == "given"
    labels = samples.labels_to_score[samples.validation] if is_clean else None
    return estimate_from_predictions(logits, given, held_out, labels, workspace.config.seed, trusted=injects)


def _store(workspace: Workspace, estimate: NoiseEstimate) -> None:
    """Write the estimate to the document, which makes its checkpoint unnecessary."""
    interval = (estimate.low, estimate.high)
    session = replace(
        workspace.document.session,
        estimated_noise=estimate.rate,
        noise_interval=interval,
        noise_basis=estimate.basis,
    )
    workspace.document.update(session)
    Checkpoint(workspace.folder.checkpoint).remove()


def _describe(workspace: Workspace, estimate: float) -> str:
    """The estimate in a sentence, with its interval, its basis and, where the truth is known, its error."""
    session = workspace.document.session
    text = f"Estimated noise rate of the given labels: {estimate:.3f}"
    if session.noise_interval is not None and session.noise_basis is not None:
        low, high = session.noise_interval
        text += f" (probably {low:.3f} to {high:.3f}; {BASES[session.noise_basis]})"
    if workspace.samples.truth_is_known:
        actual = float((workspace.given != workspace.truth).mean())
        text += f" (actual: {actual:.3f}, error: {estimate - actual:+.3f})"
    return f"{text}; used as the forget rate."


def _resume(workspace: Workspace, halves: OutOfFold) -> Callable[[int, EpochReport], None]:
    """Load the estimate's checkpoint, if there is one; returns what to do after each epoch."""
    checkpoint = Checkpoint(workspace.folder.checkpoint)
    state = workspace.group.first(checkpoint.load)
    if state is not None:
        with fitting(workspace.folder.checkpoint):
            halves.load(state)

    workspace.emit(Step(_ESTIMATING, halves.done, halves.epochs))

    def after_epoch(done: int, report: EpochReport) -> None:
        if workspace.group.is_first:
            checkpoint.save(halves.state())
            checkpoint.wait()
        for notice in report.notices:
            workspace.emit(Notice(notice))
        workspace.emit(Step(_ESTIMATING, done, halves.epochs))

    return after_epoch
