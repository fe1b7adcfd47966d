"""Moves decided samples into the clean set (Khanal et al. 2024, Sec. 2.2)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

UNDECIDED = -1


@dataclass(frozen=True)
class TrainingSet:
    """What a round trains on. clean: bool[n], the samples. labels: int64[n], the current labels of all samples."""

    clean: NDArray[np.bool_]
    labels: NDArray[np.int64]


def class_counts(number: int, given: NDArray[np.int64], training: TrainingSet, classes: int) -> NDArray[np.int64]:
    """How many samples have each label, int64[C]: after round 0 of all given labels, int64[n]; later, in the clean set.

    number: of the round. training: the clean set of the round and the current labels.
    """
    labels = given if number == 0 else training.labels[training.clean]
    return np.bincount(labels, minlength=classes)


def draw_weights(
    labels: NDArray[np.int64], decided: NDArray[np.bool_], balance: float, decided_weight: float
) -> NDArray[np.float64]:
    """The weights with which a training set is drawn with replacement: v_i / n_c^b for a sample of class c, float64[k].

    v is `decided_weight` for decided samples, else 1. n_c = Σ v over the samples of class c. b = `balance`: 0 keeps the
    class shares, ½ is square-root sampling (Mahajan et al. 2018), 1 makes all classes equally frequent (Kang et al.
    2020, Sec. 4.1). labels: int64[k]. decided: bool[k].
    """
    value = np.where(decided, decided_weight, 1.0)
    weights: NDArray[np.float64] = value / np.bincount(labels, weights=value)[labels] ** balance
    return weights


def retraining_weights(
    labels: NDArray[np.int64], decided: NDArray[np.bool_], balance: float, decided_weight: float
) -> NDArray[np.float64] | None:
    """`draw_weights`; None if nothing is balanced and no sample weighs more, so that an epoch has each sample once."""
    is_plain = (balance, decided_weight) == (0, 1)
    return None if is_plain else draw_weights(labels, decided, balance, decided_weight)


def apply_decisions(
    selected: NDArray[np.bool_],
    given: NDArray[np.int64],
    decided: NDArray[np.int64],
    excluded: NDArray[np.bool_],
) -> TrainingSet:
    """LNL's clean set, updated with later decisions.

    selected: bool[n], LNL's clean set; its samples keep their given label int64[n], right or wrong: only a decision
    changes a label. decided: int64[n], the decided label or UNDECIDED; decided samples join the clean set with that
    label. excluded: bool[n], samples excluded from training.
    """
    has_decision = decided != UNDECIDED
    return TrainingSet((selected | has_decision) & ~excluded, np.where(has_decision, decided, given))
