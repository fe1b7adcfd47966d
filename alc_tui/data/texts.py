"""Many texts in little memory, such as the ids of a million samples: they are found by a hash, not by a dictionary."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

_BLOCK = 1 << 16
_WORD = 8
_FACTORS = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xFF51AFD7ED558CCD))
"""Odd numbers by which the hash multiplies: 2⁶⁴ divided by the golden ratio, and one of MurmurHash3's."""
_SHIFT = np.uint64(32)


class Texts(Sequence[str]):
    """n texts in a fixed order, without trailing NULs: a byte for each character of the longest if all are ASCII, else
    four.

    An array of positions takes the texts there as an array str[·]; NumPy converts the whole to str[n].
    """

    def __init__(self, values: NDArray[np.str_]) -> None:
        self._values = _narrowed(values)
        self._length = max(1, values.dtype.itemsize // 4)

    def __len__(self) -> int:
        return len(self._values)

    @overload
    def __getitem__(self, at: int | np.integer[Any]) -> str: ...

    @overload
    def __getitem__(self, at: slice) -> Texts: ...

    @overload
    def __getitem__(self, at: NDArray[np.integer[Any]] | NDArray[np.bool_]) -> NDArray[np.str_]: ...

    def __getitem__(self, at: Any) -> str | Texts | NDArray[np.str_]:
        taken = self._values[at]
        if isinstance(taken, np.ndarray):
            texts = taken.astype(np.str_)
            return Texts(texts) if isinstance(at, slice) else texts
        return taken.decode("ascii") if isinstance(taken, bytes) else str(taken)

    def __iter__(self) -> Iterator[str]:
        for start in range(0, len(self), _BLOCK):
            yield from self._values[start : start + _BLOCK].astype(np.str_).tolist()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return self._values.astype(self.dtype if dtype is None else dtype)

    def tolist(self) -> list[str]:
        """All texts."""
        return list(self)

    @property
    def dtype(self) -> np.dtype[np.str_]:
        """The type of the array that NumPy makes of the texts."""
        return np.dtype(f"U{self._length}")

    @property
    def shape(self) -> tuple[int]:
        """(n,)."""
        return (len(self),)

    @property
    def ndim(self) -> int:
        """The number of dimensions, 1."""
        return 1

    @property
    def nbytes(self) -> int:
        """How much memory the texts take."""
        return self._values.nbytes

    def is_same(self, other: Texts) -> bool:
        """Whether the other has the same texts in the same order."""
        return self._values.dtype == other._values.dtype and bool((self._values == other._values).all())

    @property
    def is_unicode(self) -> bool:
        """Whether all can be written as UTF-8, see `typed_json.is_text`."""
        if self._values.dtype.kind == "S":
            return True
        codes = self._values.view(np.uint32)
        is_surrogate = (codes >= 0xD800) & (codes <= 0xDFFF) & ~((codes >= 0xDC80) & (codes <= 0xDCFF))
        return not (is_surrogate | (codes > 0x10FFFF)).any()

    @property
    def has_repeats(self) -> bool:
        """Whether a text occurs twice."""
        hashes, order = self._index
        is_shared = np.zeros(len(self), dtype=np.bool_)
        is_equal = hashes[1:] == hashes[:-1]
        is_shared[1:] |= is_equal
        is_shared[:-1] |= is_equal
        candidates = self._values[order[is_shared]]
        return len(np.unique(candidates)) < len(candidates)

    def find(self, text: str) -> int | None:
        """The position of a text, the first one if it occurs several times; None if there is none."""
        place = int(self.find_all([text])[0])
        return None if place < 0 else place

    def find_all(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """The positions of several texts, see `find`; −1 for those that are not there."""
        found = np.full(len(texts), -1, dtype=np.int64)
        is_ascii = self._values.dtype.kind == "S"
        fitting = [
            number
            for number, text in enumerate(texts)
            if len(text) <= self._length and (text.isascii() or not is_ascii)
        ]
        wanted = np.array([texts[number] for number in fitting], dtype=self._values.dtype)
        hashes, order = self._index
        places = np.searchsorted(hashes, of_wanted := _hashes(wanted))
        for number, text, code, start in zip(fitting, wanted, of_wanted, places, strict=True):
            place = start
            while place < len(hashes) and hashes[place] == code:
                if self._values[order[place]] == text:
                    found[number] = order[place]
                    break
                place += 1
        return found

    @cached_property
    def _index(self) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """The hashes in ascending order, and the positions of their texts."""
        hashes = _hashes(self._values)
        order = np.argsort(hashes, kind="stable")
        return hashes[order], order


def _narrowed(values: NDArray[np.str_]) -> NDArray[np.str_] | NDArray[np.bytes_]:
    """The texts in whole words of 8 bytes: as bytes if all are ASCII."""
    length = max(1, values.dtype.itemsize // 4)
    codes = np.ascontiguousarray(values, dtype=f"U{length}").view(np.uint32).reshape(len(values), length)
    if codes.size and codes.max() > 0x7F:
        return np.ascontiguousarray(values, dtype=f"U{-(-length // 2) * 2}")
    narrow = np.zeros((len(values), -(-length // _WORD) * _WORD), dtype=np.uint8)
    narrow[:, : codes.shape[1]] = codes
    return narrow.view(f"S{narrow.shape[1]}")[:, 0]


def _hashes(values: NDArray[Any]) -> NDArray[np.uint64]:
    """64 bits for each text: equal for equal ones, and rarely for others."""
    words = np.ascontiguousarray(values).view(np.uint64).reshape(len(values), values.dtype.itemsize // _WORD)
    hashes = np.zeros(len(values), dtype=np.uint64)
    for column in range(words.shape[1]):
        hashes ^= words[:, column]
        for factor in _FACTORS:
            hashes *= factor
            hashes ^= hashes >> _SHIFT
    return hashes
