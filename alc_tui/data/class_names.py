"""Names of classes as labels give them: which labels are missing, and which look alike. Independent of files."""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from alc_tui.data.dataset import natural_order
from alc_tui.errors import UsageError

_MISSING = frozenset(
    (
        *("", "nan", "-nan", "none", "null", "na", "n/a", "<na>", "nat", "#n/a", "#n/a n/a", "#na", "#null!"),
        *("#value!", "#ref!", "#name?", "#div/0!", "#num!", "1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan"),
    )
)
"""What spreadsheets, databases, pandas and floats write where there is no value, in lower case."""


def is_missing(label: str) -> bool:
    """Whether a label stands for a missing value: empty, `nan`, `None`, `#N/A`, `NULL`, …"""
    return label.strip().casefold() in _MISSING


def class_of(labels: Iterable[str], where: str, merge_alike: bool = False) -> dict[str, str]:
    """The name of the class of each label: the label itself, or the most common spelling of the labels that look alike.

    labels: those of all samples. where: the table or folder, for the error. Labels look alike that differ in case,
    blanks, invisible characters or Unicode normalization only, or as the numbers `1` and `1.0` do. Raises UsageError
    for labels that look alike, unless `merge_alike`.
    """
    counts = Counter(labels)
    alike: dict[str, list[str]] = {}
    for label in natural_order(counts):
        alike.setdefault(_essence(label), []).append(label)
    names: dict[str, str] = {}
    for spellings in alike.values():
        if len(spellings) > 1 and not merge_alike:
            raise UsageError(_refusal(spellings, counts, where))
        names |= dict.fromkeys(spellings, max(spellings, key=counts.__getitem__))
    return names


def _refusal(spellings: Sequence[str], counts: Counter[str], where: str) -> str:
    shown = [ascii(label) if not label.isascii() else repr(label) for label in spellings]
    listed = " and ".join(f"{label} ({counts[name]:,})" for label, name in zip(shown, spellings, strict=True))
    return (
        f"The labels {listed} in {where} look alike; correct them, or join them under the most common spelling with "
        "--merge-alike."
    )


def _essence(label: str) -> str:
    """What is left of a label without the differences that a reader does not see."""
    visible = "".join(c for c in unicodedata.normalize("NFKC", label) if unicodedata.category(c) != "Cf")
    text = unicodedata.normalize("NFKC", " ".join(visible.split()).casefold())
    try:
        number = float(text) if text.isascii() and "_" not in text else None
    except ValueError:
        return text
    return text if number is None or not math.isfinite(number) else f"number {number!r}"
