"""Oracles: who decides in a replay. Each answers for one sample, as a person at the keyboard would."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from alc_tui.session.journal import LABEL, SKIP, Decision


@dataclass(frozen=True)
class Verdict:
    """A kind of decision and, for a label, the class name."""

    kind: str
    label: str | None = None


class Oracle(Protocol):
    """Answers for a sample."""

    name: str

    def verdict(self, sample: str) -> Verdict:
        """The verdict on the sample with this id."""


class GroundTruth:
    """`gt`: always the true label. truth: class names by sample id."""

    name = "gt"

    def __init__(self, truth: Mapping[str, str]) -> None:
        self._truth = truth

    def verdict(self, sample: str) -> Verdict:
        """See `Oracle.verdict`."""
        return Verdict(LABEL, self._truth[sample])


class Recorded:
    """`journal`: what a person decided; samples the person was never asked about are skipped."""

    name = "journal"

    def __init__(self, decisions: Mapping[str, Decision]) -> None:
        self._decisions = decisions

    def verdict(self, sample: str) -> Verdict:
        """See `Oracle.verdict`."""
        decision = self._decisions.get(sample)
        return Verdict(SKIP) if decision is None else Verdict(decision.kind, decision.label)
