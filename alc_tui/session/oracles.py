"""Oracles: who decides in a replay. Each answers for one sample, as a person at the keyboard would."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Protocol

from alc_tui.session.journal import LABEL, SKIP, Decision


@dataclass(frozen=True)
class Verdict:
    """A kind of decision and, for a label, the class name."""

    kind: str
    label: str | None = None


class Oracle(Protocol):
    """Answers for a sample. name: who decides. key: unlike that of an oracle with other answers; fits a file name."""

    name: str
    key: str

    def verdict(self, sample: str) -> Verdict:
        """The verdict on the sample with this id."""


class GroundTruth:
    """`gt`: always the true label. truth: class names by sample id."""

    name = key = "gt"

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
        answers = sorted((sample, decision.kind, decision.label or "") for sample, decision in decisions.items())
        self.key = f"{self.name}-{blake2b(json.dumps(answers).encode(), digest_size=4).hexdigest()}"

    def verdict(self, sample: str) -> Verdict:
        """See `Oracle.verdict`."""
        decision = self._decisions.get(sample)
        return Verdict(SKIP) if decision is None else Verdict(decision.kind, decision.label)
