"""Samples that deserve a second look: decided ones, by what was decided or who disputes it, and, on frozen features,
near duplicates in other splits or with different labels, and outliers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from alc_tui.data.dataset import SPLIT_NAMES, TRAIN
from alc_tui.data.similarity.outliers import LEAST_SCORE
from alc_tui.session.labeling.agreement import disagreements
from alc_tui.session.labeling.reader import SessionReader
from alc_tui.session.store.journal import EXCLUDE, FLAG, LABEL, SKIP, Decision


@dataclass(frozen=True)
class NearDuplicate:
    """A sample of any split that has almost the same features as another one. position: among all samples. split: its
    name. label: its current one. similarity: the least in their group, of a sample with its nearest. differs: whether
    the labels of the two do."""

    sample: str
    position: int
    split: str
    label: str
    similarity: float
    differs: bool

    @property
    def is_held_out(self) -> bool:
        """Whether it is not a training sample, so that a score on it may be too high."""
        return self.split != SPLIT_NAMES[TRAIN]


@dataclass(frozen=True)
class Case:
    """A sample to review. verdict: the current one, None if there is none yet. dissenter: who disagrees (`model` or an
    annotator; empty if nobody). other: their answer. share: its probability, None for a person.

    near_duplicate: in another split or with another label, None if there is none. outlier_score: None unless the sample
    is an outlier.
    """

    sample: str
    verdict: Decision | None
    dissenter: str = ""
    other: str = ""
    share: float | None = None
    near_duplicate: NearDuplicate | None = None
    outlier_score: float | None = None


def flagged(service: SessionReader) -> list[Case]:
    """Flagged samples, oldest first."""
    return _of_kind(service, FLAG)


def skipped(service: SessionReader) -> list[Case]:
    """Skipped samples, oldest first."""
    return _of_kind(service, SKIP)


def excluded(service: SessionReader) -> list[Case]:
    """Excluded samples, oldest first."""
    return _of_kind(service, EXCLUDE)


def changed(service: SessionReader) -> list[Case]:
    """Samples whose decided label is not the given one, latest first."""
    return [case for case in _labeled(service) if _label(case) != service.given_label(case.sample)]


def confirmed(service: SessionReader) -> list[Case]:
    """Samples whose decided label is the given one, latest first."""
    return [case for case in _labeled(service) if _label(case) == service.given_label(case.sample)]


def model_disagrees(service: SessionReader) -> list[Case]:
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


def annotators_disagree(service: SessionReader) -> list[Case]:
    """Samples on which a second annotator gave a different verdict, and which nobody has reviewed since."""
    return [
        Case(second.sample, verdict, second.annotator, second.answer)
        for second, verdict in disagreements(service.verdict_history)
    ]


def near_duplicates(service: SessionReader) -> list[Case]:
    """Training samples with a near duplicate in another split or, if there is none, with another current label: those
    of other splits first, then the most similar groups; each pair once, by a sample with a verdict if one has any."""
    similarity = service.similarity()
    if similarity is None:
        return []
    groups = [(float(similarity.similarity[members].min()), members.tolist()) for members in similarity.groups()]
    cases = [
        case
        for least, members in sorted(groups, key=lambda group: -group[0])
        for case in _in_group(service, members, similarity.nearest, least)
    ]
    leaks = [case.near_duplicate is not None and case.near_duplicate.is_held_out for case in cases]
    order = sorted(range(len(cases)), key=lambda place: not leaks[place])
    return _shown(service, [cases[place] for place in order])


def _in_group(
    service: SessionReader, members: Sequence[int], nearest: NDArray[np.int64], least: float
) -> Iterator[Case]:
    """The training samples of a group of near duplicates that deserve a second look. least: its least similarity."""
    samples, pairs = service.samples, set[frozenset[int]]()
    labels = {each: _current_label(service, each) for each in members}
    for position in sorted(members, key=lambda each: service.verdict(str(samples.ids[each])) is None):
        others = _others(position, labels, samples.split) if samples.split[position] == TRAIN else []
        if not others:
            continue
        other = int(nearest[position]) if nearest[position] in others else others[0]
        if (pair := frozenset((position, other))) not in pairs:
            pairs.add(pair)
            label, split = labels[other] or "", SPLIT_NAMES[samples.split[other]]
            near = NearDuplicate(str(samples.ids[other]), other, split, label, least, label != labels[position])
            yield Case(str(samples.ids[position]), None, near_duplicate=near)


def _others(position: int, labels: Mapping[int, str | None], split: NDArray[np.int8]) -> list[int]:
    """The near duplicates of a training sample in other splits or, if there are none, those with another label; none of
    an excluded sample, nor excluded ones. labels: the current ones of the group, None for excluded samples."""
    if labels[position] is None:
        return []
    kept = [each for each, label in labels.items() if label is not None]
    held_out = [each for each in kept if split[each] != TRAIN]
    return held_out or [each for each in kept if labels[each] != labels[position]]


def outliers(service: SessionReader) -> list[Case]:
    """Training samples that are far from all others by their features, highest outlier score first."""
    similarity = service.similarity()
    if similarity is None:
        return []
    scores, train = similarity.outlier_scores, service.samples.train
    order = train[np.argsort(-scores[train], kind="stable")]
    return _shown(
        service,
        [
            Case(str(service.samples.ids[position]), None, outlier_score=float(scores[position]))
            for position in order
            if scores[position] >= LEAST_SCORE
        ],
    )


def _of_kind(service: SessionReader, kind: str) -> list[Case]:
    """Samples with verdicts of a kind, oldest first."""
    return [Case(sample, verdict) for sample, verdict in service.verdicts().items() if verdict.kind == kind]


def _labeled(service: SessionReader) -> list[Case]:
    """Samples with a decided label, latest first."""
    return _of_kind(service, LABEL)[::-1]


def _label(case: Case) -> str | None:
    return None if case.verdict is None else case.verdict.label


def _current_label(service: SessionReader, position: int) -> str | None:
    """The decided label of a sample, else the given one; None if it was excluded."""
    verdict = service.verdict(str(service.samples.ids[position]))
    if verdict is not None and verdict.kind == EXCLUDE:
        return None
    return (verdict and verdict.label) or service.classes[int(service.samples.given[position])]


def _shown(service: SessionReader, cases: Sequence[Case]) -> list[Case]:
    """The cases with their verdicts."""
    return [replace(case, verdict=service.verdict(case.sample)) for case in cases]


def cases_of(kind: str, service: SessionReader, is_blind: bool) -> list[Case]:
    """The cases of a list, by its name in `KINDS`, without those that would show labels that must not be seen: of
    undecided samples of the queue and, in blind mode, of all undecided training samples."""
    samples, queue = service.samples, set(service.queue)

    def is_secret(sample: str) -> bool:
        if service.verdict(sample) is not None or not (is_blind or sample in queue):
            return False
        position = samples.ids.find(sample)
        return position is not None and bool(samples.split[position] == TRAIN)

    return [
        case
        for case in KINDS[kind](service)
        if not is_secret(case.sample) and not (case.near_duplicate and is_secret(case.near_duplicate.sample))
    ]


KINDS: dict[str, Callable[[SessionReader], list[Case]]] = {
    "flagged": flagged,
    "skipped": skipped,
    "changed": changed,
    "model disagrees": model_disagrees,
    "annotators disagree": annotators_disagree,
    "near duplicates": near_duplicates,
    "outliers": outliers,
    "excluded": excluded,
    "confirmed": confirmed,
}
OF_FROZEN_FEATURES = ("near duplicates", "outliers")
"""The lists that only sessions on frozen features have."""
