"""The arrays of a session: its samples, and the results of each finished round."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from alc_tui.data.dataset import TEST, TRAIN, UNKNOWN, VAL
from alc_tui.data.files.atomic import write_atomically
from alc_tui.data.files.numpy_files import read_member
from alc_tui.data.files.reading import open_file
from alc_tui.data.similarity.result import NONE, Similarity
from alc_tui.data.texts import Texts
from alc_tui.errors import AlcError


@dataclass(frozen=True)
class Samples:
    """All samples of a session, in a fixed order.

    ids, locators: of length n. given: int64[n], after noise injection. truth: int64[n], UNKNOWN where unknown.
    split: int8[n], TRAIN, VAL or TEST.
    """

    ids: Texts
    locators: Texts
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
    method has none. probabilities: float32[n, C], after the round, of peer 1, or the mean of both peers where samples
    are ranked by it, eval mode, not augmented. ranking: int64[k], the samples to show next, and scores: float64[k],
    those of the sampler. test_best, test_last: float32[m, C], class probabilities at the best and at the last epoch.
    neighbors: int64[k, 4], for each sample of `ranking` the most similar clean samples, −1 where there are fewer;
    int64[k, 0] if the file has none. clusters: int64[k], the number of a group of similar samples of `ranking`; −1 if
    the file has none. typical: int64[C, 8], the clean samples nearest to the mean of each class, −1 where there are
    fewer; int64[C, 0] if the file has none.
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
    clusters: NDArray[np.int64]
    typical: NDArray[np.int64]


def save(path: Path, arrays: Samples | RoundArrays | Similarity) -> None:
    """Write the arrays to an npz file atomically."""
    # By name, so that the last array is none that may be missing: a file with a damaged directory can lose its last
    # arrays unnoticed.
    values: dict[str, Any] = {
        name: np.asarray(getattr(arrays, name)) for name in sorted(field.name for field in fields(arrays))
    }
    write_atomically(path, lambda file: np.savez(file, **values))


def load_samples(path: Path, classes: int | None = None) -> Samples:
    """Read what `save` wrote. classes: C of the session, None if unknown.

    Raises AlcError naming a missing or damaged file, or the first array with values that do not fit.
    """
    values = _load(path, Samples)
    with _damage(path):
        sizes = {} if classes is None else {"C": classes}
        values = _checked(values, _OF_SAMPLES, sizes)
        for name in ("ids", "locators"):
            if not values[name].is_unicode:
                raise ValueError(f"{name}: not text")
        if values["ids"].has_repeats:
            raise ValueError("ids: the same one twice")
        if values["ids"].is_same(values["locators"]):
            values["locators"] = values["ids"]
        _check_range("split", values["split"], TRAIN, TEST)
        _check_range("given", values["given"], 0, sizes.get("C", sizes["n"]) - 1)
        _check_range("truth", values["truth"], UNKNOWN, sizes.get("C", sizes["n"]) - 1)
        return Samples(**values)


def load_round(path: Path, samples: Samples | None = None, classes: int | None = None) -> RoundArrays:
    """Read what `save` wrote. samples, classes: those of the session and their number C, None if unknown.

    Raises AlcError naming a missing or damaged file, or the first array with a shape or values that do not fit.
    """
    values = _load(path, RoundArrays)
    with _damage(path):
        sizes = {} if classes is None else {"C": classes}
        if samples is not None:
            sizes |= {"n": len(samples.train), "m": len(samples.test)}
        values = _checked(values, _OF_A_ROUND, sizes)
        _check_range("labels", values["labels"], 0, sizes["C"] - 1)
        _check_range("ranking", values["ranking"], 0, sizes["n"] - 1)
        for name in ("neighbors", "typical"):
            _check_range(name, values[name], NONE, sizes["n"] - 1)
        _check_range("clusters", values["clusters"], NONE, sizes["k"] - 1)
        if len(np.unique(values["ranking"])) < sizes["k"]:
            raise ValueError("ranking: the same sample twice")
        return RoundArrays(**values)


def load_similarity(path: Path, samples: int) -> Similarity | None:
    """Read what `save` wrote of this many samples; None if there is no file. Raises AlcError for a damaged one."""
    if not path.exists():
        return None
    values = _load(path, Similarity)
    with _damage(path):
        values = _checked(values, _OF_SIMILARITY, {"n": samples})
        _check_range("group", values["group"], NONE, samples - 1)
        _check_range("nearest", values["nearest"], NONE, samples - 1)
        return Similarity(**values)


_OF_DAMAGE = (None, errno.EINVAL)
"""The error numbers of an OSError by which NumPy and zipfile report what they cannot parse."""
_RENAMED = {"neighbours": "neighbors"}
"""Names of arrays in files of versions up to 0.3."""
_ALL = {field.name for field in fields(RoundArrays)}
_WITHOUT_LATER = (_ALL - {"clusters", "typical"}, _ALL - {"neighbors", "clusters", "typical"})
"""The names of a round's arrays in files of earlier versions."""
_OF_SAMPLES: Mapping[str, tuple[type[np.generic], str]] = {
    "ids": (np.str_, "n"),
    "locators": (np.str_, "n"),
    "given": (np.int64, "n"),
    "truth": (np.int64, "n"),
    "split": (np.int8, "n"),
}
_OF_A_ROUND: Mapping[str, tuple[type[np.generic], str]] = {
    "probabilities": (np.float32, "nC"),
    "clean": (np.bool_, "n"),
    "labels": (np.int64, "n"),
    "loss": (np.float32, "n"),
    "vog": (np.float32, "n"),
    "ranking": (np.int64, "k"),
    "scores": (np.float64, "k"),
    "test_best": (np.float32, "mC"),
    "test_last": (np.float32, "mC"),
    "neighbors": (np.int64, "k*"),
    "clusters": (np.int64, "k"),
    "typical": (np.int64, "C*"),
}
_OF_SIMILARITY: Mapping[str, tuple[type[np.generic], str]] = {
    "group": (np.int64, "n"),
    "nearest": (np.int64, "n"),
    "similarity": (np.float32, "n"),
    "outlier_scores": (np.float32, "n"),
}
"""The type of each array, and its dimensions: a letter stands for the same size everywhere, * for any."""


def _load(path: Path, kind: type) -> dict[str, Any]:
    names = [field.name for field in fields(kind)]
    with _damage(path), _opened(path) as stream, np.load(stream, allow_pickle=False) as file:
        found = {_RENAMED.get(name, name): _compact(read_member(file, name)) for name in file.files}
        if kind is RoundArrays and found.keys() in _WITHOUT_LATER:
            found = _later_arrays(found) | found
        return {name: found[name] for name in names}


def _compact(values: NDArray[Any]) -> NDArray[Any] | Texts:
    return Texts(values) if values.dtype.kind == "U" and values.ndim == 1 else values


def _later_arrays(found: Mapping[str, Any]) -> dict[str, Any]:
    """What stands for the arrays that files of earlier versions lack."""
    ranked, classes = len(found["ranking"]), found["probabilities"].shape[1]
    return {
        "neighbors": np.empty((ranked, 0), dtype=np.int64),
        "clusters": np.full(ranked, NONE, dtype=np.int64),
        "typical": np.empty((classes, 0), dtype=np.int64),
    }


def _checked(
    values: Mapping[str, Any], expected: Mapping[str, tuple[type[np.generic], str]], sizes: dict[str, int]
) -> dict[str, Any]:
    """The arrays with their declared types; raises ValueError for another kind of values or another shape.

    sizes: the known sizes of dimensions, to which the others are added.
    """
    found: dict[str, Any] = {}
    for name, (kind, letters) in expected.items():
        array, dtype = values[name], np.dtype(kind)
        if array.dtype.kind != dtype.kind and (array.dtype.kind, dtype.kind) != ("u", "i"):
            raise ValueError(f"{name}: values of type {array.dtype}")
        if array.ndim != len(letters):
            raise ValueError(f"{name}: shape {array.shape}")
        for letter, size in zip(letters, array.shape, strict=True):
            if letter != "*" and sizes.setdefault(letter, size) != size:
                raise ValueError(f"{name}: shape {array.shape}, expected {sizes[letter]} instead of {size}")
        found[name] = array if dtype.kind == "U" else array.astype(dtype, copy=False)
    return found


def _check_range(name: str, values: NDArray[np.integer[Any]], low: int, high: int) -> None:
    if values.size and not (low <= values.min() and values.max() <= high):
        raise ValueError(f"{name}: values outside [{low}, {high}]")


def _opened(path: Path) -> BinaryIO:
    try:
        return open_file(path)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _unreadable(path, error) from error


@contextmanager
def _damage(path: Path) -> Iterator[None]:
    """Convert what a missing, damaged or unreadable file raises to AlcError; a want of memory is none."""
    try:
        yield
    except (AlcError, MemoryError):
        raise
    except OSError as error:
        if isinstance(error, FileNotFoundError) or error.errno in _OF_DAMAGE:
            raise _damaged(path, error) from error
        raise _unreadable(path, error) from error
    except Exception as error:  # zip and npy readers each have their own errors for damage
        raise _damaged(path, error) from error


def _unreadable(path: Path, error: OSError) -> AlcError:
    return AlcError(f"{path} cannot be read ({error.strerror}); correct that, then repeat the command.")


def _damaged(path: Path, error: Exception) -> AlcError:
    return AlcError(
        f"{path} is missing or damaged ({type(error).__name__}: {error}); restore it from a backup of the session, or "
        "create a new session (the decisions in journal.jsonl are not affected)."
    )
