"""What a campaign tried and which promises it saw broken."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random


class NotPossibleError(Exception):
    """A campaign cannot be run on this machine; says why."""


@dataclass
class Findings:
    """The trials of one campaign by kind, and a sentence for each violation that says how to see it again."""

    tried: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)

    def count(self, kind: str) -> None:
        """Count one more trial of a kind."""
        self.tried[kind] += 1

    def violated(self, sentence: str) -> None:
        """Record a broken promise."""
        self.violations.append(sentence)


@dataclass(frozen=True)
class Trials:
    """What a campaign may use: a random generator with a known seed, an empty folder, and time.

    `deadline` is in seconds of `time.monotonic()`. A campaign makes at least one trial of each kind, then goes on at
    random until the deadline.
    """

    random: Random
    folder: Path
    deadline: float

    def has_time(self) -> bool:
        """Whether the deadline lies ahead."""
        return time.monotonic() < self.deadline


Campaign = Callable[[Trials], Findings]
