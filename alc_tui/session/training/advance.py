"""A session's computations, one step at a time: LNL, then per round retraining, scoring and ranking.

Runs in the worker and in replays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from alc_tui.active.cleaning import UNDECIDED, TrainingSet, apply_decisions
from alc_tui.errors import UsageError
from alc_tui.lnl.coteaching import CoTeaching
from alc_tui.lnl.estimate import OutOfFold, accuracy_by_agreement, accuracy_by_validation, noise_rate
from alc_tui.model.batches import TrainingData
from alc_tui.model.learner import EpochReport
from alc_tui.model.metrics import cross_entropy, softmax
from alc_tui.session.settings.forecast import noise_epochs
from alc_tui.session.settings.names import AUTO, CO_TEACHING
from alc_tui.session.store.arrays import RoundArrays, load_round
from alc_tui.session.store.events import Notice, Step
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import EXCLUDE, LABEL, Decision, Journal, Verdicts
from alc_tui.session.store.ledger import Ledger, ledger
from alc_tui.session.store.records import Retraining, SelectionScores
from alc_tui.session.training import learners
from alc_tui.session.training.checkpoint import Checkpoint, save_weights
from alc_tui.session.training.clean_set import selection_scores
from alc_tui.session.training.materials import Emit, Materials, gather
from alc_tui.session.training.ranking import Outcome
from alc_tui.session.training.run import Run


def advance(folder: SessionFolder, emit: Emit) -> None:
    """Do what is next: LNL and the first ranking, or the retraining of a round whose queue is decided.

    Raises UsageError if a person is next, TrainingFailed if the training cannot go on. On KeyboardInterrupt the last
    finished epoch is on disk, and the next call goes on from there to the same numbers.
    """
    materials = gather(folder, emit)
    number = len(materials.document.rounds)
    if number == 0:
        learn(materials)
    elif number <= materials.config.rounds:
        retrain(materials, number)
    else:
        raise UsageError(f"All rounds of session {folder.name!r} are done; `alc session show` tells how it went.")


def learn(materials: Materials) -> None:
    """Round 0: learning with noisy labels, the clean set it leaves, its scores, and whom to show first."""
    tau = _forget_rate(materials)
    learner = learners.make(materials, tau)
    labels = learners.labels_learned(materials)
    run = Run(materials, 0, learner, TrainingSet(np.ones(len(labels), dtype=np.bool_), labels))
    selected = run.to_the_end()
    logits, features = materials.outputs(learner.networks[0])
    loss = cross_entropy(logits, labels)
    vog = learner.vog() if isinstance(learner, CoTeaching) else None
    outcome = Outcome(
        learners.left(materials, learner, selected, loss),
        loss,
        np.full_like(loss, np.nan) if vog is None else vog,
        softmax(logits),
        features,
    )
    if len(learner.networks) > 1:
        save_weights(materials.folder.peer2_weights, learner.networks[1].state_dict())
    free = int((outcome.training.labels != materials.given).sum())
    run.finish(outcome, {}, Ledger(free_corrections=free), 0, tau, _selection(materials, outcome.training))


def _selection(materials: Materials, training: TrainingSet) -> SelectionScores | None:
    """How good the clean set is, None where the truth is not known."""
    if not materials.samples.truth_is_known:
        return None
    return selection_scores(training.clean, training.labels, materials.truth, materials.classes)


def retrain(materials: Materials, number: int) -> None:
    """Round `number` ≥ 1: fine-tune peer 1 on the clean set and the decided samples, score it, rank for the next round.

    With alc-ct, learn with noisy labels again instead: the clean set is then what is decided and what peer 1 selected.

    The journal is frozen at the position it has when the retraining first starts.
    """
    folder = materials.folder
    before = load_round(folder.round_arrays(number - 1))
    decisions = _frozen(materials, number, before)
    verdicts = Verdicts(decisions).all()
    first = load_round(folder.round_arrays(0))
    decided, excluded = _decided(materials, verdicts)
    kept = learners.labels_kept(materials, first.clean)
    training = apply_decisions(first.clean, kept, decided, excluded)
    learned = learners.learned_in_round(materials, training, excluded)
    if not learned.clean.any():
        materials.document.update(replace(materials.document.session, retraining=None))
        raise UsageError(
            f"Round {number} of session {folder.name!r} has nothing to train on: no sample is decided; undo a skip, or "
            "choose a method that leaves a clean set."
        )
    learner = learners.again(materials, number, learned, materials.document.rounds[0].forget_rate or 0.0)
    run = Run(materials, number, learner, learned)
    selected = run.to_the_end()
    if selected is not None:
        training = apply_decisions(selected, kept, decided, excluded)
    logits, features = materials.outputs(learner.networks[0])
    outcome = Outcome(training, cross_entropy(logits, training.labels), first.vog, softmax(logits), features)
    here = [decision for decision in decisions if decision.round == number]
    given = {str(materials.samples.ids[p]): materials.classes[materials.samples.given[p]] for p in materials.train}
    total = sum(verdict.kind == LABEL for verdict in verdicts.values())
    free = int((kept != materials.given).sum()) if number == 1 else 0
    run.finish(outcome, verdicts, replace(ledger(here, given), free_corrections=free), total)


def _forget_rate(materials: Materials) -> float:
    """τ as given, or estimated once and kept in the document; 0 with methods that do not ask for it."""
    config, document = materials.config, materials.document
    if config.method not in CO_TEACHING:
        return 0.0
    if config.forget_rate != AUTO:
        return float(config.forget_rate)
    estimate = document.session.estimated_noise
    if estimate is None:
        estimate = estimate_noise(materials)
        document.update(replace(document.session, estimated_noise=estimate))
        Checkpoint(materials.folder.checkpoint).remove()
    text = f"Estimated noise rate of the given labels: {estimate:.3f}"
    if materials.samples.truth_is_known:
        actual = float((materials.given != materials.truth).mean())
        text += f" (actually {actual:.3f}, off by {estimate - actual:+.3f})"
    materials.emit(Notice(f"{text}; it is the forget rate."))
    return estimate


def estimate_noise(materials: Materials) -> float:
    """The share of wrong labels among the training samples, estimated without their truth (see `lnl.estimate`).

    Validation labels count as clean if noise was injected beside them or if they came with the data as a split of their
    own; drawn from labels that are noisy already, they do not.
    """
    samples, classes = materials.samples, len(materials.classes)
    halves = OutOfFold(
        materials.network,
        TrainingData(materials.source, materials.train, materials.given),
        samples.validation,
        materials.plan(noise_epochs(materials.config)),
        materials.compute,
        materials.config.seed,
    )
    answers, held = halves.run(_keep_and_tell(materials, halves))
    if materials.config.injects_noise or materials.document.session.dataset.validation == "given":
        labels = samples.labels_to_score[samples.validation]
        shares = np.bincount(answers, minlength=classes) / len(answers)
        accuracy = accuracy_by_validation(held.ravel(), np.tile(labels, 2), shares)
    else:
        accuracy = accuracy_by_agreement(held[0], held[1], classes)
    return noise_rate(float((answers == materials.given).mean()), accuracy, classes)


def _keep_and_tell(materials: Materials, halves: OutOfFold) -> Callable[[int, EpochReport], None]:
    """Take up the estimate's checkpoint; returns what to do after each epoch."""
    checkpoint = Checkpoint(materials.folder.checkpoint)
    state = checkpoint.load()
    if state is not None:
        halves.load(state)

    def after_epoch(done: int, report: EpochReport) -> None:
        checkpoint.save(halves.state())
        checkpoint.wait()
        materials.hear(report.notices)
        materials.emit(Step("estimating the noise rate, epoch", done, halves.epochs))

    return after_epoch


def _frozen(materials: Materials, number: int, before: RoundArrays) -> list[Decision]:
    """The decisions that the retraining of a round takes: those there were when it first started.

    From the moment the document tells the position, nobody decides in the round's queue any more; what came in between
    reading the journal and telling is taken too. Raises UsageError if the round is not decided.
    """
    document, path = materials.document, materials.folder.journal
    retraining = document.session.retraining
    if retraining is not None and retraining.round == number:
        return Journal(path).decisions[: retraining.position]
    decisions = Journal(path).decisions
    while True:
        _check_decided(materials, number, before, decisions)
        document.update(replace(document.session, retraining=Retraining(number, len(decisions))))
        late = Journal(path).decisions
        if len(late) == len(decisions):
            return decisions
        document.update(replace(document.session, retraining=None))
        decisions = late


def _check_decided(materials: Materials, number: int, before: RoundArrays, decisions: Sequence[Decision]) -> None:
    """Raise UsageError unless all samples of the round's queue have a verdict."""
    decided = Verdicts(decisions)
    ids = [str(materials.samples.ids[materials.train[local]]) for local in before.ranking]
    undecided = sum(decided.of(sample) is None for sample in ids)
    if undecided or not ids:
        raise UsageError(
            f"Round {number} of session {materials.folder.name!r} has {undecided} samples to be decided; "
            "`alc session label` shows them."
        )


def _decided(materials: Materials, verdicts: Mapping[str, Decision]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The decided label of each training sample, or UNDECIDED, and which are excluded."""
    decided = np.full(len(materials.train), UNDECIDED, dtype=np.int64)
    excluded = np.zeros(len(materials.train), dtype=np.bool_)
    number_of = {name: number for number, name in enumerate(materials.classes)}
    for local, sample in enumerate(materials.samples.ids[materials.train].tolist()):
        verdict = verdicts.get(sample)
        if verdict is not None and verdict.kind == LABEL:
            decided[local] = number_of[str(verdict.label)]
        elif verdict is not None and verdict.kind == EXCLUDE:
            excluded[local] = True
    return decided, excluded
