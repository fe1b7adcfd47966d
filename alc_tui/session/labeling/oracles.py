"""Oracles: simulated annotators. Each returns a verdict on one sample, as a human annotator would."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from alc_tui.data.random_streams import random_stream
from alc_tui.data.ranges import SHARE
from alc_tui.errors import UsageError
from alc_tui.session.settings.setting import check_choice
from alc_tui.session.store.journal import LABEL, SKIP, Decision, Verdict


class Oracle(Protocol):
    """Labels samples. name: annotator name. key: identifies the oracle's answers; a valid file name."""

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


class NoisyOracle:
    """Answers according to a confusion matrix, and sometimes skips.

    The answer for a sample depends only on `seed` and its id, not on earlier answers.
    """

    def __init__(
        self,
        name: str,
        key: str,
        truth: Mapping[str, str],
        classes: Sequence[str],
        confusion: NDArray[np.float64],
        seed: int,
        abstain: float = 0.0,
    ) -> None:
        """truth: class names by sample id. confusion: float64[C, C], probabilities of the answers, row = truth.

        abstain: the probability of a skip instead of an answer, in [0, 1].
        """
        self.name, self.key = name, key
        self._truth, self._classes, self._seed, self._abstain = truth, tuple(classes), seed, abstain
        # The last bound is omitted: it is 1, regardless of rounding.
        self._bounds = confusion.cumsum(axis=1)[:, :-1]

    def verdict(self, sample: str) -> Verdict:
        """See `Oracle.verdict`."""
        number = int.from_bytes(blake2b(sample.encode("utf-8", "surrogatepass"), digest_size=8).digest())
        abstains, answer = random_stream(self._seed, "oracle", number).random(2)
        if abstains < self._abstain:
            return Verdict(SKIP)
        bounds = self._bounds[self._classes.index(self._truth[sample])]
        return Verdict(LABEL, self._classes[int((answer >= bounds).sum())])


def parse_ground_truth(text: str, truth: Mapping[str, str], classes: Sequence[str], seed: int) -> Oracle:
    """`gt` with the options after its colon: `error=P` (another class, each equally likely), `abstain=P`, or both.

    Raises UsageError for another name or a probability outside [0, 1].
    """
    chances = _chances(text)
    error, abstain = (chances.get(name, 0.0) for name in _CHANCES)
    if error == abstain == 0:
        return GroundTruth(truth)
    if error and len(classes) < 2:
        raise UsageError("With a single class, there is no wrong answer; omit the oracle's error.")
    confusion = np.full((len(classes), len(classes)), error / max(len(classes) - 1, 1))
    np.fill_diagonal(confusion, 1 - error)
    options = [(name, f"{chances[name]!r}") for name in _CHANCES if chances.get(name)]
    name = "gt:" + ",".join(f"{each}={chance}" for each, chance in options)
    key = "-".join(["gt", *(each + chance for each, chance in options)])
    return NoisyOracle(name, key, truth, classes, confusion, seed, abstain)


def from_confusion_matrix(
    confusion: NDArray[np.float64], truth: Mapping[str, str], classes: Sequence[str], seed: int
) -> Oracle:
    """`matrix`: answers by a confusion matrix, float64[C, C], row = truth, column = answer, rows that sum to 1."""
    digest = blake2b(confusion.astype("<f8").tobytes(), digest_size=4).hexdigest()
    return NoisyOracle("matrix", f"matrix-{digest}", truth, classes, confusion, seed)


_CHANCES = ("error", "abstain")


def _chances(text: str) -> dict[str, float]:
    chances: dict[str, float] = {}
    for part in text.split(","):
        name, _, value = (word.strip() for word in part.partition("="))
        check_choice("setting of the oracle gt", name, _CHANCES)
        if name in chances:
            raise UsageError(f"The oracle gt specifies {name} twice; remove one of them.")
        try:
            chances[name] = float(value)
        except ValueError as problem:
            raise UsageError(
                f"{value!r} is not a valid probability for {name}; specify a number, such as gt:{name}=0.05."
            ) from problem
        SHARE.check(f"{name} of the oracle gt", chances[name])
    return chances


class JournalOracle:
    """`journal`: repeats recorded decisions, and skips samples without one."""

    name = "journal"

    def __init__(self, decisions: Mapping[str, Decision]) -> None:
        self._decisions = decisions
        answers = sorted((sample, decision.kind, decision.label or "") for sample, decision in decisions.items())
        self.key = f"{self.name}-{blake2b(json.dumps(answers).encode(), digest_size=4).hexdigest()}"

    def verdict(self, sample: str) -> Verdict:
        """See `Oracle.verdict`."""
        decision = self._decisions.get(sample)
        return Verdict(SKIP) if decision is None else Verdict(decision.kind, decision.label)
