"""Features that somebody else computed, in a file with the ids of the samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from alc_tui.data.files.numpy_files import read_array, read_member
from alc_tui.data.files.reading import open_file, read_whole
from alc_tui.data.sources import parquet
from alc_tui.errors import AlcError, UsageError

_FORMATS = "save them with numpy.savez(FILE, ids=ids, features=features), ids as text and features [n, D]"
_SUFFIXES = (".npz", ".npy", ".parquet")


@dataclass(frozen=True)
class FeatureTable:
    """The content of a file. ids: n distinct texts. features: float32[n, D]."""

    path: Path
    ids: tuple[str, ...]
    features: NDArray[np.float32]

    def of(
        self, ids: Sequence[str], labels: NDArray[np.int64], classes: Sequence[str]
    ) -> tuple[NDArray[np.float32], tuple[str, ...]]:
        """The features float32[m, D] of m samples, and the ids of the file that are none of them.

        labels: int64[m], the samples' classes. Raises UsageError if the file lacks a sample, if features are not
        finite, or if all samples have the same.
        """
        places = {name: place for place, name in enumerate(self.ids)}
        wanted = set(ids)
        surplus = tuple(name for name in self.ids if name not in wanted)
        missing = [position for position, name in enumerate(ids) if name not in places]
        if missing:
            raise UsageError(self._missing(ids, labels, classes, missing, surplus))
        features = self.features[[places[name] for name in ids]]
        unusable = np.flatnonzero(~np.isfinite(features).all(1))
        if len(unusable):
            raise UsageError(
                f"The features of {len(unusable)} samples in {self.path} are not finite (the first is "
                f"{ids[unusable[0]]!r}); compute them again, without NaN and infinity."
            )
        if (features == features[0]).all():
            raise UsageError(
                f"All samples have the same features in {self.path}, from which no class can be learned; compute them "
                "again."
            )
        return features, surplus

    def _missing(
        self,
        ids: Sequence[str],
        labels: NDArray[np.int64],
        classes: Sequence[str],
        missing: list[int],
        surplus: tuple[str, ...],
    ) -> str:
        present = np.delete(labels, missing)
        without = [name for label, name in enumerate(classes) if label in labels and label not in present]
        of_class = f", among them all of class {without[0]!r}" if without and len(without) < len(classes) else ""
        others = f", and {len(surplus)} of its ids are no samples (the first is {surplus[0]!r})" if surplus else ""
        return (
            f"{self.path} lacks the features of {len(missing)} of {len(ids)} samples (the first is "
            f"{ids[missing[0]]!r}){of_class}{others}; use the ids of the data set, one row for each sample."
        )


def read_features(path: Path) -> FeatureTable:
    """Read an `.npz` file with the arrays `ids` and `features`, an `.npy` file with the ids, one a line, in a `.txt`
    file of the same name beside it, or a `.parquet` file, see `parquet.read`.

    Raises UsageError if it cannot be read or holds anything else; nothing in it is executed.
    """
    if path.suffix not in _SUFFIXES:
        raise UsageError(f"Features are read from .npz, .npy and .parquet files, not from {path.name}; {_FORMATS}.")
    try:
        with open_file(path) as file:
            ids, features = _content(file, path)
    except FileNotFoundError as error:
        what = "The ids of the features" if str(error.filename).endswith(".txt") else "The features"
        raise UsageError(f"{what}, {error.filename}, were not found; specify another file, or {_FORMATS}.") from error
    except UsageError:
        raise
    except Exception as error:  # of zip, zlib or numpy
        raise UsageError(f"{path} cannot be read as features ({error}); {_FORMATS}.") from error
    if features.ndim != 2 or features.dtype.kind not in "iuf" or 0 in features.shape or len(ids) != len(features):
        raise UsageError(
            f"{path} holds {len(ids)} ids and features of shape {features.shape} and type {features.dtype}; {_FORMATS}."
        )
    repeated = next((name for name, following in pairwise(sorted(ids)) if name == following), None)
    if repeated is not None:
        raise UsageError(f"{path} holds several features of the sample {repeated!r}; keep one row for each id.")
    with np.errstate(over="ignore"):
        return FeatureTable(path, tuple(ids), features.astype(np.float32))


def save_features(file: BinaryIO, features: NDArray[np.float32]) -> None:
    """Write features float32[n, D] for `load_features`."""
    np.save(file, features)


def load_features(path: Path, samples: int) -> NDArray[np.float32]:
    """The features float32[n, D] of all samples of a session; raises AlcError if its file is missing or damaged."""
    try:
        with open_file(path) as file:
            features = read_array(file)
        if features.ndim != 2 or features.dtype != np.float32 or len(features) != samples:
            raise ValueError(f"it holds {features.dtype}{list(features.shape)}")
    except (OSError, ValueError, EOFError) as error:
        raise AlcError(f"{path} is missing or damaged ({error}); restore it from a backup.") from error
    return features


def _content(file: BinaryIO, path: Path) -> tuple[list[str], NDArray[Any]]:
    """Ids and features, not checked yet."""
    if path.suffix == ".npz":
        return _from_archive(file, path)
    return parquet.read(file, path) if path.suffix == ".parquet" else (_ids_beside(path), read_array(file))


def _ids_beside(path: Path) -> list[str]:
    text = read_whole(path.with_suffix(".txt")).decode("utf-8-sig")
    return [line for line in text.splitlines() if line]


def _from_archive(file: BinaryIO, path: Path) -> tuple[list[str], NDArray[Any]]:
    with np.lib.npyio.NpzFile(file, allow_pickle=False) as archive:
        absent = [name for name in ("ids", "features") if name not in archive]
        if absent:
            raise UsageError(f"{path} has no array named {absent[0]!r}; {_FORMATS}.")
        ids = read_member(archive, "ids")
        texts = [name.decode() if isinstance(name, bytes) else str(name) for name in ids.ravel().tolist()]
        return texts, read_member(archive, "features")
