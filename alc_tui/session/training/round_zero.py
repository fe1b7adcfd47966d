"""Round 0, step by step: estimate τ, learn with noisy labels, split, score, rank, write."""

from __future__ import annotations

import numpy as np

from alc_tui.active.cleaning import TrainingSet
from alc_tui.lnl.coteaching import CoTeaching
from alc_tui.model.scoring.metrics import cross_entropy
from alc_tui.session.store.events import Notice
from alc_tui.session.store.focus import focus_of
from alc_tui.session.store.journal import Journal
from alc_tui.session.store.ledger import Ledger
from alc_tui.session.store.records import SelectionScores
from alc_tui.session.training.clean_set import selection_scores
from alc_tui.session.training.learners import build_learner, clean_set_of, labels_to_learn
from alc_tui.session.training.noise_rate import find_forget_rate
from alc_tui.session.training.outcome import Outcome, write_round
from alc_tui.session.training.ranking import next_ranking
from alc_tui.session.training.scoring import outputs_of, predictors, score_test
from alc_tui.session.training.trainer import RoundTrainer
from alc_tui.session.training.workspace import Workspace


def learn(workspace: Workspace) -> None:
    """Learn with noisy labels; produces a model, the clean set, scores, and the queue of round 1."""
    _report_untested_classes(workspace)
    tau = find_forget_rate(workspace)

    learner = build_learner(workspace, tau)
    labels = labels_to_learn(workspace)
    trainer = RoundTrainer(workspace, 0, learner, TrainingSet(np.ones(len(labels), dtype=np.bool_), labels))
    selected = trainer.train()

    outputs = outputs_of(workspace, *predictors(workspace.config, learner.networks))
    loss = cross_entropy(outputs.logits, labels)
    vog = learner.vog() if isinstance(learner, CoTeaching) else None
    training = clean_set_of(workspace, learner, selected, loss)

    predictions = trainer.predictions()
    focus = workspace.group.first(lambda: focus_of(Journal(workspace.folder.journal).decisions))
    ranking = next_ranking(workspace, 0, learner.networks, outputs, training, shown=(), focus=focus)

    def finish() -> None:
        outcome = Outcome(
            training=training,
            loss=loss,
            vog=np.full_like(loss, np.nan) if vog is None else vog,
            outputs=outputs,
            predictions=predictions,
            scores=score_test(workspace, 0, predictions),
            ranking=ranking,
            focus=focus,
            ledger=Ledger(free_corrections=int((training.labels != workspace.given).sum())),
            forget_rate=tau,
            selection=_selection(workspace, training),
        )
        write_round(workspace, 0, trainer, outcome)

    workspace.group.first(finish)


def _report_untested_classes(workspace: Workspace) -> None:
    """Say which classes have no test sample: their F1 is 0, whatever was learned."""
    tested = np.bincount(workspace.test_labels, minlength=len(workspace.classes))
    missing = [repr(name) for name, count in zip(workspace.classes, tested, strict=True) if count == 0]
    if missing:
        names = f"{'classes' if len(missing) > 1 else 'class'} {', '.join(missing)}"
        workspace.emit(Notice(f"No test sample of the {names}: F1 is 0 and lowers macro-F1, whatever is learned."))


def _selection(workspace: Workspace, training: TrainingSet) -> SelectionScores | None:
    """The quality of the clean set, None if the truth is unknown."""
    if not workspace.samples.truth_is_known:
        return None
    return selection_scores(training.clean, training.labels, workspace.truth, workspace.classes)
