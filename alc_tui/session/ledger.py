"""The ledger: what the labels cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from alc_tui.session.journal import EXCLUDE, FLAG, LABEL, SKIP, UNDO, Decision, Verdicts


@dataclass(frozen=True)
class Ledger:
    """Counts of one round. shown: samples with a verdict that stands. confirmed, changed: labels equal to and other
    than the given label. undone: verdicts taken back. label_seconds: a person's time, undone verdicts included.
    free_corrections: labels set right without a decision."""

    shown: int = 0
    confirmed: int = 0
    changed: int = 0
    skipped: int = 0
    flagged: int = 0
    excluded: int = 0
    undone: int = 0
    label_seconds: float = 0.0
    free_corrections: int = 0

    def as_dict(self) -> dict[str, int | float]:
        """The counts by name."""
        return asdict(self)


def ledger(decisions: Iterable[Decision], given: Mapping[str, str]) -> Ledger:
    """The ledger of the decisions of one round. given: the given label by sample id."""
    decisions = list(decisions)
    verdicts = Verdicts(decisions).all().values()
    labels = [verdict for verdict in verdicts if verdict.kind == LABEL]
    confirmed = sum(verdict.label == given[verdict.sample] for verdict in labels)
    kinds = [verdict.kind for verdict in verdicts]
    return Ledger(
        shown=len(kinds),
        confirmed=confirmed,
        changed=len(labels) - confirmed,
        skipped=kinds.count(SKIP),
        flagged=kinds.count(FLAG),
        excluded=kinds.count(EXCLUDE),
        undone=sum(decision.kind == UNDO for decision in decisions),
        label_seconds=round(sum(decision.seconds for decision in decisions), 3),
    )
