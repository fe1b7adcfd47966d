"""How the file of a DICOM image maps its stored values to brightness: modality LUT and VOI LUT (PS3.3, C.11.1 and
C.11.2). `settings` are a file's elements, a pydicom `Dataset`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from alc_tui.data.images.window import Values, Window

Lut = Callable[[Values], Values]

_LEAST_WIDTH = 1e-6


@dataclass(frozen=True)
class Voi:
    """The values of interest. apply: a function of values after the modality LUT. window: the range of its results
    that becomes [0, 255]."""

    window: Window
    apply: Lut


def modality_lut(settings: Any, is_little_endian: bool) -> Lut:
    """The file's modality LUT, else m · x + b with its rescale slope m, by default 1, and intercept b, by default 0."""
    if luts := settings.get("ModalityLUTSequence"):
        return _table(luts[0], is_little_endian)
    slope, intercept = _first(settings.get("RescaleSlope")), _first(settings.get("RescaleIntercept"))
    return partial(_rescaled, slope=1.0 if slope is None else slope, intercept=intercept or 0.0)


def voi_of(settings: Any, is_little_endian: bool) -> Voi | None:
    """The file's first VOI LUT, else its first window, else None."""
    if luts := settings.get("VOILUTSequence"):
        depth = int(luts[0].LUTDescriptor[2])
        return Voi(Window(0, 2**depth - 1), _table(luts[0], is_little_endian))
    center, width = _first(settings.get("WindowCenter")), _first(settings.get("WindowWidth"))
    if center is None or width is None or width <= 0:
        return None
    function = settings.get("VOILUTFunction") or "LINEAR"
    if function == "SIGMOID":
        return Voi(Window(0.0, 1.0), partial(_sigmoid, center=center, width=width))
    if function == "LINEAR":
        center, width = center - 0.5, width - 1
    low = center - width / 2
    return Voi(Window(low, max(center + width / 2, low + _LEAST_WIDTH)), lambda values: values)


def _table(item: Any, is_little_endian: bool) -> Lut:
    """The lookup table of an item: values below its first one count as the first, those above its last as the last."""
    count, first = int(item.LUTDescriptor[0]) or 2**16, int(item.LUTDescriptor[1])
    data = item.LUTData
    if isinstance(data, bytes):
        word = "<u2" if is_little_endian else ">u2"
        data = np.frombuffer(data, word if len(data) >= 2 * count else np.uint8)
    entries = np.asarray(data, dtype=np.float64)[:count]
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


def _first(value: Any) -> float | None:
    """The first of the values of an element, None if it is empty."""
    if value is None or value == "":
        return None
    if isinstance(value, str | int | float):
        return float(value)
    values = value if hasattr(value, "__len__") else [value]
    return float(values[0]) if len(values) else None
