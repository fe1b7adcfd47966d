"""Converts arguments to arrays of a uniform type, or raises an error that repeats the offending value."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from alc_tui.data.ranges import ONE_OR_MORE, check_number
from alc_tui.errors import UsageError

TOLERANCE = 1e-3
"""Allowed deviation of a sample's probabilities from a sum of 1."""
CLASS_INDICES = "class indices starting at 0, such as those from `np.unique(..., return_inverse=True)`"


def to_array(values: ArrayLike, name: str) -> NDArray[Any]:
    """A NumPy array from a list, an array, a series, or a tensor on any device. Raises UsageError for a list whose rows
    differ in length."""
    detached: Any = values.detach().cpu() if hasattr(values, "detach") else values
    try:
        return np.asarray(detached)
    except ValueError as error:
        raise UsageError(f"`{name}` has rows of different lengths; pass rows of one length.") from error


def to_numbers(values: ArrayLike, name: str, wanted: str = "numbers") -> NDArray[Any]:
    """An array of booleans, integers or floats. Raises UsageError naming the first value that is not a number.

    wanted: what to pass instead.
    """
    array = to_array(values, name)
    if array.dtype.kind in "iubf":
        return array
    for value in array.astype(object).flat:
        if not isinstance(value, Real):
            raise UsageError(f"`{name}` holds {value!r}; pass {wanted}.")
    return array.astype(np.float64)


def to_labels(values: ArrayLike, classes: int | None = None, name: str = "labels") -> NDArray[np.int64]:
    """Class indices int64[n], each from 0 to `classes` − 1 (any index ≥ 0 if None).

    Raises UsageError naming the first value that is not one.
    """
    if classes is not None:
        check_number("classes", classes, ONE_OR_MORE, whole=True)
    array = to_numbers(values, name, CLASS_INDICES)
    if array.ndim != 1:
        raise UsageError(f"`{name}` has shape {array.shape}; pass one class index per sample.")
    whole = np.isfinite(array) & (array == np.floor(array))
    if not whole.all():
        raise UsageError(f"`{name}` holds {array[~whole][0].item()!r}; pass {CLASS_INDICES}.")
    labels: NDArray[np.int64] = array.astype(np.int64)
    outside = labels < 0 if classes is None else (labels < 0) | (labels >= classes)
    if outside.any():
        place = int(outside.argmax())
        limit = "starting at 0" if classes is None else f"from 0 to {classes - 1}"
        raise UsageError(f"`{name}` holds {int(labels[place])} at position {place}; pass class indices {limit}.")
    return labels


def to_inputs(values: ArrayLike, name: str = "inputs") -> NDArray[np.uint8] | NDArray[np.float32]:
    """Images as uint8[n, H, W, 3], or features as float32[n, D].

    values: features [n, D]; or images [n, H, W] (gray), [n, H, W, 1 or 3], or [n, 1 or 3, H, W] as in torch, as uint8
    in [0, 255] or floats in [0, 1]. Raises UsageError for other shapes and for values out of range.
    """
    array = to_numbers(values, name)
    if array.ndim not in (2, 3, 4):
        raise UsageError(f"`{name}` has shape {array.shape}; pass features [n, D] or images [n, H, W, 3].")
    if not np.isfinite(array).all():
        raise UsageError(f"`{name}` holds {array[~np.isfinite(array)][0]}; pass finite numbers.")
    return array.astype(np.float32) if array.ndim == 2 else _images(array, name)


def to_positions(values: ArrayLike, count: int, name: str) -> NDArray[np.int64]:
    """Positions among n samples, int64[k], from positions or a boolean mask. Raises UsageError for anything else."""
    array = to_array(values, name)
    if array.dtype == np.bool_ and array.shape == (count,):
        return np.flatnonzero(array)
    if array.shape == (0,) and array.dtype != np.bool_:
        return np.empty(0, dtype=np.int64)
    if array.dtype.kind not in "iu" or array.ndim != 1:
        raise UsageError(f"`{name}` has dtype {array.dtype} and shape {array.shape}; pass bool[{count}] or positions.")
    outside = (array < 0) | (array >= count)
    if outside.any():
        raise UsageError(f"`{name}` holds the position {array[outside][0]}; pass positions from 0 to {count - 1}.")
    return array.astype(np.int64)


def to_mask(values: ArrayLike, count: int, name: str) -> NDArray[np.bool_]:
    """A mask bool[n] from a boolean mask or from positions. Raises UsageError for anything else."""
    mask = np.zeros(count, dtype=np.bool_)
    mask[to_positions(values, count, name)] = True
    return mask


def to_probabilities(
    values: ArrayLike, shape: tuple[int | None, ...] = (None, None), name: str = "probabilities"
) -> NDArray[np.float32]:
    """Class probabilities float32[…, C] of the given shape (None for any length), whose rows sum to 1. Raises
    UsageError for a wrong shape, or with the first row that does not consist of probabilities.
    """
    array = to_numbers(values, name).astype(np.float32)
    if array.ndim != len(shape) or any(want not in (None, got) for want, got in zip(shape, array.shape, strict=True)):
        wanted = ", ".join("any" if want is None else str(want) for want in shape)
        raise UsageError(f"`{name}` has shape {array.shape}; pass an array of shape [{wanted}].")
    wrong = ~((array >= 0).all(-1) & (np.abs(array.sum(-1) - 1) <= TOLERANCE))
    if wrong.any():
        row = array[wrong][0].tolist()
        raise UsageError(
            f"`{name}` has the row {row}; pass numbers from 0 to 1 that sum to 1, such as softmax outputs."
        )
    return array


def check_count(name: str, found: int, expected: int) -> None:
    """Raise UsageError unless an argument has as many samples as the others."""
    if found != expected:
        raise UsageError(f"`{name}` has {found} samples and the other arguments have {expected}; pass one per sample.")


def _images(array: NDArray[Any], name: str) -> NDArray[np.uint8]:
    if array.ndim == 3:
        array = array[..., None]
    elif array.shape[3] not in (1, 3):
        if array.shape[1] not in (1, 3):
            raise UsageError(f"`{name}` has shape {array.shape}; pass images [n, H, W, 3] or [n, 3, H, W].")
        array = array.transpose(0, 2, 3, 1)
    low, high = (array.min(), array.max()) if array.size else (0, 0)
    highest = 1 if array.dtype.kind == "f" else 255
    if low < 0 or high > highest:
        raise UsageError(
            f"`{name}` holds {high if high > highest else low}; pass images of integers from 0 to 255, or of floats "
            "from 0 to 1 that are not normalized."
        )
    pixels = np.rint(array * 255.0).astype(np.uint8) if array.dtype.kind == "f" else array.astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(pixels, (*pixels.shape[:3], 3)))
