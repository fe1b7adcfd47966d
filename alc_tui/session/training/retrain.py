"""A round after round 0, step by step: freeze the decisions, train, score, rank, write."""

from __future__ import annotations

from dataclasses import replace

from alc_tui.active.cleaning import UNDECIDED, apply_decisions
from alc_tui.errors import UsageError
from alc_tui.model.scoring.metrics import cross_entropy
from alc_tui.session.store.focus import focus_of
from alc_tui.session.store.journal import LABEL, Decision, Verdicts
from alc_tui.session.store.ledger import Ledger, ledger
from alc_tui.session.training.decisions import freeze_decisions, release_decisions, verdict_arrays
from alc_tui.session.training.learners import labels_of_undecided, round_learner, round_training_set
from alc_tui.session.training.outcome import Outcome, write_round
from alc_tui.session.training.ranking import next_ranking
from alc_tui.session.training.scoring import outputs_of, predictors, score_test
from alc_tui.session.training.trainer import RoundTrainer
from alc_tui.session.training.workspace import Workspace


def retrain(workspace: Workspace, number: int) -> None:
    """Round `number` ≥ 1: fine-tune on the clean set and the decided samples, score, rank for the next round.

    alc-ct continues learning with noisy labels instead: its clean set consists of the decided samples and those that
    peer 1 selected. Raises UsageError if a sample of the queue has no verdict, or if there is nothing to train on.
    """
    first = workspace.round_arrays(0)
    decisions = workspace.group.first(lambda: freeze_decisions(workspace, number))
    verdicts, focus = Verdicts(decisions).all(), focus_of(decisions)
    decided, excluded = verdict_arrays(workspace, verdicts)
    undecided = labels_of_undecided(workspace, first.clean)
    training = apply_decisions(first.clean, undecided, decided, excluded)

    learned = round_training_set(workspace.config, training, excluded)
    if not learned.clean.any():
        workspace.group.first(lambda: release_decisions(workspace))
        raise UsageError(
            f"Round {number} of session {workspace.folder.name!r} has nothing to train on, because no sample is "
            "labeled; undo a skip, or choose a method with a clean set."
        )
    tau = workspace.document.rounds[0].forget_rate or 0.0
    learner = round_learner(workspace, number, learned, decided != UNDECIDED, tau)
    trainer = RoundTrainer(workspace, number, learner, learned)
    selected = trainer.train()
    if selected is not None:
        training = apply_decisions(selected, undecided, decided, excluded)

    outputs = outputs_of(workspace, *predictors(workspace.config, learner.networks))
    predictions = trainer.predictions()
    ranking = next_ranking(workspace, number, learner.networks, outputs, training, shown=verdicts, focus=focus)

    def finish() -> None:
        free_corrections = int((undecided != workspace.given).sum()) if number == 1 else 0
        outcome = Outcome(
            training=training,
            loss=cross_entropy(outputs.logits, training.labels),
            vog=first.vog,
            outputs=outputs,
            predictions=predictions,
            scores=score_test(workspace, number, predictions),
            ranking=ranking,
            ledger=replace(_ledger(workspace, number, decisions), free_corrections=free_corrections),
            focus=focus,
            decided_total=sum(verdict.kind == LABEL for verdict in verdicts.values()),
        )
        write_round(workspace, number, trainer, outcome)

    workspace.group.first(finish)


def _ledger(workspace: Workspace, number: int, decisions: list[Decision]) -> Ledger:
    """The labeling cost of one round."""
    ids, given = workspace.samples.ids[workspace.train], workspace.given
    given_class = {str(sample): workspace.classes[label] for sample, label in zip(ids, given, strict=True)}
    return ledger([decision for decision in decisions if decision.round == number], given_class)
