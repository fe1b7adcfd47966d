"""How good LNL's clean set is, where the truth is known (paper, Table 1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def selection_scores(
    clean: NDArray[np.bool_], given: NDArray[np.int64], truth: NDArray[np.int64], classes: Sequence[str]
) -> dict[str, Any]:
    """precision: share of the clean set whose given label is true. recall: share of the truly clean samples that are in
    it. guess: that recall per class (0…1; the paper's "guess %"), None for a class without a truly clean sample.
    precision is None for an empty clean set.

    clean: bool[n]. given, truth: int64[n].
    """
    right = given == truth
    found = clean & right
    guess: dict[str, float | None] = {}
    for number, name in enumerate(classes):
        members = right & (truth == number)
        guess[name] = float(found[members].mean()) if members.any() else None
    return {
        "precision": float(right[clean].mean()) if clean.any() else None,
        "recall": float(clean[right].mean()) if right.any() else None,
        "guess": guess,
    }
