"""The arrays of a session: its samples, and the results of each finished round."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alc_tui.data.dataset import TEST, TRAIN, UNKNOWN, VAL
from alc_tui.data.files import write_whole
from alc_tui.errors import AlcError


@dataclass(frozen=True)
class Samples:
    """All samples of a session, in a fixed order.

    ids, locators: str[n]. given: int64[n], after noise injection. truth: int64[n], UNKNOWN where unknown.
    split: int8[n], TRAIN, VAL or TEST.
    """

    ids: NDArray[np.str_]
    locators: NDArray[np.str_]
    given: NDArray[np.int64]
    truth: NDArray[np.int64]
    split: NDArray[np.int8]

    def positions(self, split: int) -> NDArray[np.int64]:
        """Positions of the samples in a split, int64[·]; for TRAIN, in the order of all per-round arrays."""
        return np.flatnonzero(self.split == split)

    @cached_property
    def train(self) -> NDArray[np.int64]:
        """Positions of the training samples."""
        return self.positions(TRAIN)

    @cached_property
    def validation(self) -> NDArray[np.int64]:
        """Positions of the validation samples."""
        return self.positions(VAL)

    @cached_property
    def test(self) -> NDArray[np.int64]:
        """Positions of the test samples."""
        return self.positions(TEST)

    @property
    def labels_to_score(self) -> NDArray[np.int64]:
        """int64[n]: the truth where it is known, else the given label."""
        return np.where(self.truth == UNKNOWN, self.given, self.truth)

    @property
    def truth_is_known(self) -> bool:
        """Whether every training sample's truth is known, as in a benchmark."""
        return bool((self.truth[self.train] != UNKNOWN).all())


@dataclass(frozen=True)
class RoundArrays:
    """The results of a finished round for the n training samples and the m test samples.

    clean: bool[n], the clean set, on which the round was trained, except in round 0 and when training uses all samples.
    labels: int64[n], the current labels. loss: float32[n], cross-entropy with them. vog: float32[n], of LNL, NaN if the
    method has none. probabilities: float32[n, C], of peer 1 after the round, eval mode, not augmented. ranking:
    int64[k], the samples to show next, and scores: float64[k], those of the sampler. test_best, test_last: float32[m,
    C], class probabilities at the best and at the last epoch. neighbors: int64[k, 4], for each sample of `ranking` the
    most similar clean samples, −1 where there are fewer; int64[k, 0] if the file has none.
    """

    clean: NDArray[np.bool_]
    labels: NDArray[np.int64]
    loss: NDArray[np.float32]
    vog: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    ranking: NDArray[np.int64]
    scores: NDArray[np.float64]
    test_best: NDArray[np.float32]
    test_last: NDArray[np.float32]
    neighbors: NDArray[np.int64]


def save(path: Path, arrays: Samples | RoundArrays) -> None:
    """Write the arrays to an npz file atomically."""
    # By name, so that the last array is never `neighbors`, which may be missing: a file with a damaged directory can
    # lose its last arrays unnoticed.
    values = {name: getattr(arrays, name) for name in sorted(field.name for field in fields(arrays))}
    write_whole(path, lambda file: np.savez(file, **values))


def load_samples(path: Path) -> Samples:
    """Read what `save` wrote; raises AlcError naming a missing or damaged file."""
    return Samples(**_load(path, Samples))


def load_round(path: Path) -> RoundArrays:
    """Read what `save` wrote; raises AlcError naming a missing or damaged file."""
    return RoundArrays(**_load(path, RoundArrays))


_RENAMED = {"neighbours": "neighbors"}
"""Names of arrays in files of versions up to 0.3."""


def _load(path: Path, kind: type) -> dict[str, Any]:
    names = [field.name for field in fields(kind)]
    try:
        with np.load(path, allow_pickle=False) as file:
            found = {_RENAMED.get(name, name): file[name] for name in file.files}
            if kind is RoundArrays and found.keys() == set(names) - {"neighbors"}:
                found["neighbors"] = np.empty((len(found["ranking"]), 0), dtype=np.int64)
            return {name: found[name] for name in names}
    except Exception as error:  # zip and npy readers each have their own errors for damage
        raise AlcError(
            f"{path} is missing or damaged ({type(error).__name__}: {error}); restore it from a backup of the "
            "session, or make a new session: the decisions in journal.jsonl are not affected."
        ) from error
