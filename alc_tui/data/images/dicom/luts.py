"""How the file of a DICOM image maps its stored values to brightness: modality LUT, VOI LUTs and windows (PS3.3, C.11.1
and C.11.2). `settings` are a file's elements, a pydicom `Dataset`."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any

import numpy as np

from alc_tui.data.images.window import FULL, TYPICAL, Values, Window

Lut = Callable[[Values], Values]

_LEAST_WIDTH = 1e-6
_MOST_WINDOWS = 20
_NO_NAME = re.compile(r"[\x00-\x1f\x7f-\x9f^]|.{65}")
"""What the explanation of a window holds only if damage draws other elements into it: control characters, the mark
between the parts of a person's name, more than 64 characters."""


@dataclass(frozen=True)
class Voi:
    """The values of interest. apply: a function of values after the modality LUT. window: the range of its results
    that becomes [0, 255]."""

    window: Window
    apply: Lut


def modality_lut(settings: Any, is_little_endian: bool) -> Lut:
    """The file's modality LUT, else m · x + b with its rescale slope m, by default 1, and intercept b, by default 0.
    Raises whatever damaged ones raise."""
    if luts := settings.get("ModalityLUTSequence"):
        return _table(luts[0], is_little_endian)
    slope, intercept = _first(settings.get("RescaleSlope")), _first(settings.get("RescaleIntercept")) or 0.0
    slope = 1.0 if slope is None else slope
    if not (math.isfinite(slope) and math.isfinite(intercept)):
        raise ValueError("the rescale slope or intercept is not finite")
    return partial(_rescaled, slope=slope, intercept=intercept)


def vois_of(settings: Any, is_little_endian: bool) -> dict[str, Voi | None]:
    """The file's VOI LUTs, then its windows, by their explanations or, without one, as `VOI LUT 2` or `window 2`; None
    for windows without width. Raises whatever a damaged first one raises; further damaged ones are left out."""
    vois: dict[str, Voi | None] = {}
    for number, item in enumerate((settings.get("VOILUTSequence") or [])[:_MOST_WINDOWS], start=1):
        name = _free_name(item, "LUTExplanation", 0, f"VOI LUT {number}", vois)
        _add(vois, name, partial(_of_table, item, is_little_endian))
    try:
        pairs = list(zip(_all(settings.get("WindowCenter")), _all(settings.get("WindowWidth")), strict=False))
        function = settings.get("VOILUTFunction") or "LINEAR"
    except Exception:  # damaged elements raise almost anything
        if not vois:
            raise
        return vois
    for place, pair in enumerate(pairs[: _MOST_WINDOWS - len(vois)]):
        name = _free_name(settings, "WindowCenterWidthExplanation", place, f"window {place + 1}", vois)
        _add(vois, name, partial(_of_window, *pair, function))
    return vois


def window_names(vois: Mapping[str, Voi | None]) -> tuple[str, ...]:
    """The names of the usable ones and of the windows that every image has, the one that counts first: the file's first
    VOI LUT or window, or the typical range if that is not usable."""
    usable = [name for name, voi in vois.items() if voi is not None]
    if next(iter(vois.values()), None) is None:
        return (TYPICAL, *usable, FULL)
    return (*usable, TYPICAL, FULL)


def _add(vois: dict[str, Voi | None], name: str, make: Callable[[], Voi | None]) -> None:
    try:
        vois[name] = make()
    except Exception:  # damaged elements raise almost anything
        if not vois:
            raise


def _of_table(item: Any, is_little_endian: bool) -> Voi:
    depth = int(item.LUTDescriptor[2])
    return Voi(Window(0, 2**depth - 1), _table(item, is_little_endian))


def _of_window(center: Any, width: Any, function: str) -> Voi | None:
    center, width = float(center), float(width)
    if not (math.isfinite(center) and math.isfinite(width) and width > 0):
        return None
    if function == "SIGMOID":
        return Voi(Window(0.0, 1.0), partial(_sigmoid, center=center, width=width))
    if function == "LINEAR":
        center, width = center - 0.5, width - 1
    low = center - width / 2
    return Voi(Window(low, max(center + width / 2, low + _LEAST_WIDTH)), lambda values: values)


def _free_name(settings: Any, keyword: str, place: int, default: str, taken: Collection[str]) -> str:
    """The explanation in one of the values of an element, on one line, or the default if there is no sound one; with a
    number if it is taken."""
    explanation = ""
    with suppress(Exception):  # damaged elements raise almost anything
        explanation = " ".join(str(_all(settings.get(keyword))[place]).split())
    name = explanation if explanation and _NO_NAME.search(explanation) is None else default
    numbered = (name if number == 1 else f"{name} ({number})" for number in count(1))
    return next(one for one in numbered if one not in (*taken, TYPICAL, FULL))


def _table(item: Any, is_little_endian: bool) -> Lut:
    """The lookup table of an item: values below its first one count as the first, those above its last as the last."""
    count, first = int(item.LUTDescriptor[0]) or 2**16, int(item.LUTDescriptor[1])
    data = item.LUTData
    if isinstance(data, bytes):
        word = "<u2" if is_little_endian else ">u2"
        data = np.frombuffer(data, word if len(data) >= 2 * count else np.uint8)
    entries = np.atleast_1d(np.asarray(data, dtype=np.float64))[:count]
    return partial(_looked_up, entries=entries, first=first)


def _looked_up(values: Values, entries: Values, first: int) -> Values:
    found: Values = entries[np.clip(np.rint(values) - first, 0, len(entries) - 1).astype(np.int64)]
    return found


def _rescaled(values: Values, slope: float, intercept: float) -> Values:
    rescaled: Values = values * np.float64(slope) + intercept
    return rescaled


def _sigmoid(values: Values, center: float, width: float) -> Values:
    """1 / (1 + exp(−4 · (x − c) / w)), without the output range."""
    exponents = np.clip(-4.0 * (values - center) / width, -700, 700)
    ratio: Values = 1.0 / (1.0 + np.exp(exponents))
    return ratio


def _all(value: Any) -> list[Any]:
    """The values of an element, none if it is empty."""
    if value is None or value == "":
        return []
    if isinstance(value, str | int | float) or not hasattr(value, "__len__"):
        return [value]
    return list(value)


def _first(value: Any) -> float | None:
    """The first of the values of an element, None if it is empty."""
    values = _all(value)
    return float(values[0]) if values else None
