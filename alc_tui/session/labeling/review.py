"""Decided samples that deserve a second look: flagged, changed, or disputed by the new model or another annotator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from alc_tui.session.labeling.agreement import disagreements
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.journal import FLAG, LABEL, Decision


@dataclass(frozen=True)
class Case:
    """A decided sample to review. verdict: the current one. dissenter: who disagrees (`model` or an annotator; empty
    if nobody). other: their answer. share: its probability, None for a person."""

    sample: str
    verdict: Decision
    dissenter: str = ""
    other: str = ""
    share: float | None = None


def flagged(service: SessionService) -> list[Case]:
    """Flagged samples, oldest first."""
    return [Case(sample, verdict) for sample, verdict in service.verdicts().items() if verdict.kind == FLAG]


def changed(service: SessionService) -> list[Case]:
    """Samples whose decided label is not the given one, latest first."""
    cases = [
        Case(sample, verdict)
        for sample, verdict in service.verdicts().items()
        if verdict.kind == LABEL and verdict.label != service.given_label(sample)
    ]
    return cases[::-1]


def model_disagrees(service: SessionService) -> list[Case]:
    """Labels from retrained rounds that the latest model disagrees with, highest probability first. Verdicts given
    since the last retraining are excluded, because the model has not seen them.
    """
    cases = []
    for sample, verdict in service.verdicts().items():
        if verdict.kind != LABEL or verdict.round >= service.round:
            continue
        item = service.item_of(sample)
        if item.suggestion != verdict.label:
            share = float(item.probabilities.max())
            cases.append(Case(sample, verdict, "model", item.suggestion, share))
    return sorted(cases, key=lambda case: -(case.share or 0.0))


def annotators_disagree(service: SessionService) -> list[Case]:
    """Samples on which a second annotator gave a different verdict, and which nobody has reviewed since."""
    return [
        Case(second.sample, verdict, second.annotator, second.answer)
        for second, verdict in disagreements(service.verdict_history)
    ]


KINDS: dict[str, Callable[[SessionService], list[Case]]] = {
    "flagged": flagged,
    "changed": changed,
    "model disagrees": model_disagrees,
    "annotators disagree": annotators_disagree,
}
