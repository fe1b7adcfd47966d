"""Near duplicates and outliers of a data set, in the order in which they deserve a look."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from alc_tui.data.dataset import SPLIT_NAMES, TEST, TRAIN, Dataset
from alc_tui.data.report import Duplicates, duplicates_of, split_names
from alc_tui.data.similarity.outliers import LEAST_SCORE
from alc_tui.data.similarity.result import Similarity


@dataclass(frozen=True)
class Outlier:
    """A sample far from all others. label: its given label. score: at least LEAST_SCORE."""

    id: str
    label: str
    split: str
    score: float


@dataclass(frozen=True)
class SimilarityReport:
    """near_duplicates: groups, those in several splits first, then those with different given labels, then by
    similarity. test_with_train: test samples whose group has a training sample. outliers: highest score first."""

    near_duplicates: tuple[Duplicates, ...]
    test_with_train: int
    outliers: tuple[Outlier, ...]

    def to_dict(self) -> dict[str, Any]:
        """The values, JSON-serializable, as `alc dataset info --json` prints them."""
        return {
            "near_duplicates": [group.to_dict() for group in self.near_duplicates],
            "test_with_train": self.test_with_train,
            "outliers": [asdict(outlier) for outlier in self.outliers],
        }


def similarity_report(dataset: Dataset, similarity: Similarity, identical: Iterable[Duplicates]) -> SimilarityReport:
    """What the comparison of the samples of `dataset` found. identical: groups of identical images, left out here."""
    known = [set(group.ids) for group in identical]
    groups = []
    for members in similarity.groups():
        group = duplicates_of(dataset, members.tolist(), float(similarity.similarity[members].min()))
        if not any(set(group.ids) <= ids for ids in known):
            groups.append(group)
    groups.sort(key=lambda group: (not group.crosses_splits, not group.labels_differ, -(group.similarity or 0)))
    parts = SPLIT_NAMES[TRAIN], SPLIT_NAMES[TEST]
    leaking = [group.splits.count(parts[1]) for group in groups if parts[0] in group.splits]
    scores = similarity.outlier_scores
    order = [i for i in np.argsort(-scores, kind="stable").tolist() if scores[i] >= LEAST_SCORE]
    splits = split_names(dataset)
    outliers = [
        Outlier(
            dataset.ids[i],
            dataset.classes[dataset.labels[i]],
            splits[int(dataset.split[i])],
            round(float(scores[i]), 3),
        )
        for i in order
    ]
    return SimilarityReport(tuple(groups), sum(leaking), tuple(outliers))
