"""The quality of LNL's clean set, if the truth is known (Khanal et al. 2024, Table 1)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from alc_tui.session.store.records import SelectionScores


def selection_scores(
    clean: NDArray[np.bool_], given: NDArray[np.int64], truth: NDArray[np.int64], classes: Sequence[str]
) -> SelectionScores:
    """The scores of a clean set, by its labels and their truth.

    clean: bool[n]. given, truth: int64[n].
    """
    right = given == truth
    selected_right = clean & right
    guess: dict[str, float | None] = {}
    for number, name in enumerate(classes):
        of_class = right & (truth == number)
        guess[name] = float(selected_right[of_class].mean()) if of_class.any() else None
    return SelectionScores(
        precision=float(right[clean].mean()) if clean.any() else None,
        recall=float(clean[right].mean()) if right.any() else None,
        guess=guess,
    )
