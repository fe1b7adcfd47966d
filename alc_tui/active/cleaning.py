"""How decisions move samples into the clean set (paper, Sec. 2.2)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

UNDECIDED = -1


@dataclass(frozen=True)
class TrainingSet:
    """clean: bool[n], what a round trains on. labels: int64[n], with which labels."""

    clean: NDArray[np.bool_]
    labels: NDArray[np.int64]


def apply_decisions(
    chosen: NDArray[np.bool_],
    given: NDArray[np.int64],
    decided: NDArray[np.int64],
    excluded: NDArray[np.bool_],
) -> TrainingSet:
    """LNL's clean set with what was decided since.

    chosen: bool[n], LNL's picks; they keep their given label int64[n], right or wrong: nothing is corrected that
    nobody looked at. decided: int64[n], the decided label or UNDECIDED; decided samples join the clean set with it.
    excluded: bool[n], samples that belong to no set any more.
    """
    has_decision = decided != UNDECIDED
    return TrainingSet((chosen | has_decision) & ~excluded, np.where(has_decision, decided, given))
