"""Converts arguments to arrays of a uniform type, or raises an error that repeats the offending value."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from alc_tui.errors import UsageError

TOLERANCE = 1e-3
"""Allowed deviation of a sample's probabilities from a sum of 1."""


def to_array(values: ArrayLike) -> NDArray[Any]:
    """A NumPy array from a list, an array, a series, or a tensor on any device."""
    detached: Any = values.detach().cpu() if hasattr(values, "detach") else values
    return np.asarray(detached)


def to_labels(values: ArrayLike, classes: int | None = None, name: str = "labels") -> NDArray[np.int64]:
    """Class indices int64[n], each from 0 to `classes` − 1 (any index ≥ 0 if None).

    Raises UsageError naming the first value that is not one.
    """
    array = to_array(values)
    if array.ndim != 1:
        raise UsageError(f"`{name}` has shape {array.shape}; pass one class index per sample.")
    if array.dtype.kind not in "iub" and not (array.dtype.kind == "f" and (array == np.floor(array)).all()):
        wrong = array[0] if array.dtype.kind != "f" else array[array != np.floor(array)][0]
        raise UsageError(
            f"`{name}` holds {wrong.item()!r}; pass class indices starting at 0, such as those from "
            "`np.unique(..., return_inverse=True)`."
        )
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
    array = to_array(values)
    if array.ndim not in (2, 3, 4):
        raise UsageError(f"`{name}` has shape {array.shape}; pass features [n, D] or images [n, H, W, 3].")
    if array.dtype.kind not in "iubf":
        raise UsageError(f"`{name}` has dtype {array.dtype}; pass numbers.")
    if not np.isfinite(array).all():
        raise UsageError(f"`{name}` holds {array[~np.isfinite(array)][0]}; pass finite numbers.")
    return array.astype(np.float32) if array.ndim == 2 else _images(array, name)


def to_mask(values: ArrayLike, count: int, name: str) -> NDArray[np.bool_]:
    """A mask bool[n] from a boolean mask or from positions. Raises UsageError for anything else."""
    array = to_array(values)
    if array.dtype == np.bool_ and array.shape == (count,):
        return array
    if array.dtype.kind not in "iu" or array.ndim != 1:
        raise UsageError(f"`{name}` has dtype {array.dtype} and shape {array.shape}; pass bool[{count}] or positions.")
    outside = (array < 0) | (array >= count)
    if outside.any():
        raise UsageError(f"`{name}` holds the position {array[outside][0]}; pass positions from 0 to {count - 1}.")
    mask = np.zeros(count, dtype=np.bool_)
    mask[array] = True
    return mask


def to_probabilities(
    values: ArrayLike, shape: tuple[int | None, ...] = (None, None), name: str = "probabilities"
) -> NDArray[np.float32]:
    """Class probabilities float32[…, C] of the given shape (None for any length), whose rows sum to 1. Raises
    UsageError for a wrong shape, or with the first row that does not consist of probabilities.
    """
    array = to_array(values).astype(np.float32)
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
