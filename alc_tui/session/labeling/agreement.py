"""Agreement between annotators, consistency of each annotator, and agreement with the model's suggestions.

Depends on verdicts only, not on sessions or screens. An annotator's independent verdict on a sample is the first one
given on it and not undone, or the one in a second pass: in both cases, the annotator had seen no other verdict.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from typing import Any

from alc_tui.session.store.journal import LABEL, QUEUE, REPEAT, SECOND, Decision, Verdicts

Z = 1.959963984540054
"""The normal quantile of a two-sided 95 % interval."""


@dataclass(frozen=True)
class ClassAgreement:
    """Agreement on one class against the rest. n: samples to which at least one of the two verdicts assigned the class.
    share: the fraction of them to which both did. kappa: Cohen's κ for assigning the class or not."""

    n: int
    share: float
    kappa: float | None


@dataclass(frozen=True)
class Agreement:
    """Agreement of pairs of answers. kappa: Cohen's κ in [-1, 1], None if chance agreement is 1.

    by_class: by class name, for classes that were assigned at least once.
    """

    pairs: int
    agreed: int
    kappa: float | None
    by_class: Mapping[str, ClassAgreement]

    @property
    def share(self) -> float:
        """The fraction of pairs that agree, in [0, 1]."""
        return self.agreed / self.pairs

    def as_dict(self) -> dict[str, Any]:
        """The values by name, JSON-serializable."""
        return {
            "pairs": self.pairs,
            "agreed": self.agreed,
            "share": self.share,
            "kappa": self.kappa,
            "by_class": {name: vars(agreement) for name, agreement in self.by_class.items()},
        }


@dataclass(frozen=True)
class SuggestionAgreement:
    """How often labels equal the model's suggestion. low, high: 95% Wilson interval of the share."""

    labels: int
    agreed: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """The fraction of labels that equal the model's suggestion, in [0, 1]."""
        return self.agreed / self.labels

    def as_dict(self) -> dict[str, Any]:
        """The values by name, JSON-serializable."""
        return {**vars(self), "share": self.share}


@dataclass(frozen=True)
class Summary:
    """All comparisons of a session. annotators: by pair of annotators who decided the same samples. consistency: by
    annotator, of first verdict and silent repeat. blind, open: with the suggestion hidden and shown, None if there are
    no such labels."""

    annotators: Mapping[tuple[str, str], Agreement]
    consistency: Mapping[str, Agreement]
    blind: SuggestionAgreement | None
    open: SuggestionAgreement | None

    def as_dict(self) -> dict[str, Any]:
        """The values by name, JSON-serializable."""
        return {
            "annotators": [{"names": list(who), **agreement.as_dict()} for who, agreement in self.annotators.items()],
            "consistency": {who: agreement.as_dict() for who, agreement in self.consistency.items()},
            "suggestion": {
                "blind": None if self.blind is None else self.blind.as_dict(),
                "open": None if self.open is None else self.open.as_dict(),
            },
        }


def summary(verdicts: Verdicts, classes: Sequence[str]) -> Summary:
    """All comparisons of a session's verdicts."""
    answers = independent(verdicts)
    return Summary(
        between_annotators(answers, classes), consistency(verdicts, answers, classes), *_with_suggestion(verdicts)
    )


def independent(verdicts: Verdicts) -> dict[str, dict[str, str]]:
    """The independent answers, by annotator and sample."""
    answers: dict[str, dict[str, str]] = {}
    for second in verdicts.separate_verdicts(SECOND):
        answers.setdefault(second.annotator, {})[second.sample] = second.answer
    for sample in verdicts.all():
        first = verdicts.given(sample)[0]
        answers.setdefault(first.annotator, {})[sample] = first.answer
    return answers


def between_annotators(
    answers: Mapping[str, Mapping[str, str]], classes: Sequence[str]
) -> dict[tuple[str, str], Agreement]:
    """The agreement of each pair of annotators who labeled the same samples. answers: see `independent`."""
    agreements = {}
    for one, other in combinations(sorted(answers), 2):
        both = answers[one].keys() & answers[other].keys()
        pairs = [(answers[one][sample], answers[other][sample]) for sample in both]
        if pairs:
            agreements[one, other] = agreement(pairs, classes)
    return agreements


def consistency(
    verdicts: Verdicts, answers: Mapping[str, Mapping[str, str]], classes: Sequence[str]
) -> dict[str, Agreement]:
    """The consistency of each annotator on silent repeats. answers: see `independent`."""
    pairs: dict[str, list[tuple[str, str]]] = {}
    for repeat in verdicts.separate_verdicts(REPEAT):
        first = answers.get(repeat.annotator, {}).get(repeat.sample)
        if first is not None:
            pairs.setdefault(repeat.annotator, []).append((first, repeat.answer))
    return {who: agreement(pairs[who], classes) for who in sorted(pairs)}


def agreement(pairs: Sequence[tuple[str, str]], classes: Sequence[str]) -> Agreement:
    """The agreement of one or more pairs of answers. For a verdict without a label, the answer is its kind."""
    agreed = sum(one == other for one, other in pairs)
    return Agreement(len(pairs), agreed, cohens_kappa(pairs), _by_class(pairs, classes))


def cohens_kappa(pairs: Sequence[tuple[object, object]]) -> float | None:
    """Cohen's κ = (p_o − p_e) / (1 − p_e) (Cohen 1960), from integer counts; None if p_e = 1 or there are no pairs."""
    n, agreed = len(pairs), sum(one == other for one, other in pairs)
    ones, others = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    by_chance = sum(count * others[answer] for answer, count in ones.items())
    return None if n * n == by_chance else (n * agreed - by_chance) / (n * n - by_chance)


def wilson(agreed: int, n: int) -> tuple[float, float]:
    """The 95% Wilson interval (Wilson 1927) of the share `agreed` / n, within [0, 1]."""
    share, spread = agreed / n, Z * Z / n
    middle = (share + spread / 2) / (1 + spread)
    half = Z * sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))


def disagreements(verdicts: Verdicts) -> list[tuple[Decision, Decision]]:
    """Pairs of a `second` verdict and the different one that stands, for samples that nobody has reviewed since."""
    pairs = []
    for second in verdicts.separate_verdicts(SECOND):
        given = verdicts.given(second.sample)
        if not given or given[-1].answer == second.answer:
            continue
        is_settled = len(given) > 1 and given[-1].seq > second.seq
        if not is_settled:
            pairs.append((second, given[-1]))
    return pairs


def _by_class(pairs: Sequence[tuple[str, str]], classes: Sequence[str]) -> dict[str, ClassAgreement]:
    agreements = {}
    for name in classes:
        assigned = [(one == name, other == name) for one, other in pairs]
        n = sum(one or other for one, other in assigned)
        if n:
            agreements[name] = ClassAgreement(
                n, sum(one and other for one, other in assigned) / n, cohens_kappa(assigned)
            )
    return agreements


def _with_suggestion(verdicts: Verdicts) -> tuple[SuggestionAgreement | None, SuggestionAgreement | None]:
    """Compare the first labels in the queue with the suggestions, separately for blind and open verdicts."""
    counts = Counter[tuple[bool, bool]]()
    for sample in verdicts.all():
        first = verdicts.given(sample)[0]
        if first.occasion == QUEUE and first.kind == LABEL and first.suggested is not None:
            counts[first.blind, first.label == first.suggested] += 1
    blind = _suggestion_agreement(counts[True, True], counts[True, False])
    return blind, _suggestion_agreement(counts[False, True], counts[False, False])


def _suggestion_agreement(agreed: int, others: int) -> SuggestionAgreement | None:
    labels = agreed + others
    return SuggestionAgreement(labels, agreed, *wilson(agreed, labels)) if labels else None
