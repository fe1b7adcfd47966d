"""DICOM files: the pixels of one frame as 8 bits. Nothing else that is in a file, such as a patient's name, is used.

Rescaled by the modality LUT, then mapped by the file's first VOI LUT or window, or without one by its typical range, or
by another of its windows that is named (DICOM PS3.3, C.11.1 and C.11.2). MONOCHROME1 is inverted.
"""

from __future__ import annotations

import functools
import importlib.util
import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from alc_tui.data.images.depth import by_depth
from alc_tui.data.images.dicom.decoders import frame_samples
from alc_tui.data.images.dicom.luts import Lut, Voi, modality_lut, vois_of, window_names
from alc_tui.data.images.errors import NO_IMAGE, BadImageError, is_out_of_resources, no_frame, out_of_resources
from alc_tui.data.images.limits import check_size
from alc_tui.data.images.window import Box, Tiles, Values, Window, boxes, stretch_window, windowed
from alc_tui.data.memory import Ceiling, bytes_to_resize

if TYPE_CHECKING:
    from pydicom import Dataset

NEEDS_EXTRA = "a DICOM file; to read it, run `pip install 'alc-tui[dicom]'`"

_GRAY_BYTES, _COLOR_BYTES = 24, 12
"""Bytes per pixel, and per pixel and channel, at the peak of decoding."""
_IMAGE_GROUP, _PALETTE = 0x0028, "PALETTE COLOR"
_PER_FRAME = ("PixelValueTransformationSequence", "FrameVOILUTSequence")
"""Groups of enhanced files that hold the modality LUT and the window, for all frames or for each."""


@functools.cache
def reads_dicom() -> bool:
    """Whether the extra `dicom` is installed."""
    return importlib.util.find_spec("pydicom") is not None


def count_frames(content: bytes) -> int:
    """How many frames a DICOM file has, at least 1. Raises `BadImageError` with the reason if it has no image."""
    dataset = _read(content)
    with _reasons(dataset):
        return _frames(dataset)


def dicom_windows(content: bytes, frame: int = 1) -> tuple[str, ...]:
    """The names of the windows of a frame of a DICOM file, the one that counts first; none for an image in color.
    Raises `BadImageError` with the reason."""
    dataset = _parsed(content, stop_before_pixels=True)
    with _reasons(dataset):
        if int(dataset.SamplesPerPixel) != 1 or dataset.PhotometricInterpretation == _PALETTE:
            return ()
        return window_names(vois_of(_settings(dataset, frame), _is_little_endian(dataset)))


@contextmanager
def decoded_dicom(
    content: bytes, side: int, ceiling: Ceiling, frame: int = 1, window: str = ""
) -> Iterator[Image.Image]:
    """A frame of a DICOM file, from 1, as L or RGB, with its share of the ceiling reserved for the block.

    side: of the square to which the block resizes the image, 0 if it does not. window: one of `dicom_windows`, "" for
    the first. Raises `BadImageError` with the reason, which never quotes the file.
    """
    dataset = _read(content)
    with _reasons(dataset):
        if frame > _frames(dataset):
            raise no_frame(frame)
        width, height, channels = int(dataset.Columns), int(dataset.Rows), int(dataset.SamplesPerPixel)
    per_pixel = _GRAY_BYTES if channels == 1 else _COLOR_BYTES * channels
    needed = 2 * len(content) + width * height * per_pixel + bytes_to_resize(width, height, side)
    check_size(width, height, needed, ceiling)
    with ceiling.reserve(needed):
        with _reasons(dataset), np.errstate(all="ignore"):  # what numpy prints would corrupt the screen
            image = _image(dataset, content, frame, window)
        yield image


@functools.cache
def library() -> Any:
    """pydicom, silent: its warnings would corrupt the screen, and quote the file."""
    import pydicom
    import pydicom.pixels

    with suppress(ImportError):
        import gdcm

        for switch in (gdcm.Trace.DebugOff, gdcm.Trace.WarningOff, gdcm.Trace.ErrorOff):
            switch()
    logging.getLogger("pydicom").disabled = True
    warnings.filterwarnings("ignore", category=UserWarning, module=r"pydicom\.|alc_tui\.data\.images\.dicom")
    return pydicom


def _parsed(content: bytes, stop_before_pixels: bool = False) -> Dataset:
    if not reads_dicom():
        raise BadImageError(NEEDS_EXTRA)
    with _reasons(None):
        dataset: Dataset = library().dcmread(io.BytesIO(content), stop_before_pixels=stop_before_pixels)
    return dataset


def _read(content: bytes) -> Dataset:
    dataset = _parsed(content)
    if not any(name in dataset for name in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")):
        raise BadImageError(NO_IMAGE)
    return dataset


@contextmanager
def _reasons(dataset: Dataset | None) -> Iterator[None]:
    """Convert what pydicom and its decoders raise to a reason that quotes nothing of the file."""
    try:
        yield
    except BadImageError:
        raise
    except Exception as error:  # damaged files raise almost anything
        if is_out_of_resources(error):
            raise out_of_resources(error) from None
        raise BadImageError(f"a DICOM file that cannot be decoded{_compression(dataset)}") from None


def _compression(dataset: Dataset | None) -> str:
    """How the pixels of a file are compressed, if that is one of the standard's ways."""
    try:
        syntax = None if dataset is None else dataset.file_meta.TransferSyntaxUID
        return "" if syntax is None or syntax.name == str(syntax) else f" ({syntax.name})"
    except Exception:  # the element itself may be damaged
        return ""


def _frames(dataset: Dataset) -> int:
    return max(1, int(dataset.get("NumberOfFrames") or 1))


def _is_little_endian(dataset: Dataset) -> bool:
    return bool(dataset.file_meta.TransferSyntaxUID.is_little_endian)


def _image(dataset: Dataset, content: bytes, frame: int, window: str) -> Image.Image:
    samples = frame_samples(dataset, content, frame - 1)
    if dataset.PhotometricInterpretation == _PALETTE:
        samples = library().pixels.apply_color_lut(samples, dataset)
    if samples.ndim == 3:
        return Image.fromarray(samples) if samples.dtype == np.uint8 else by_depth(_tiles(samples), _size(samples))
    return _gray(samples, dataset, _settings(dataset, frame), window)


def _gray(samples: NDArray[Any], dataset: Dataset, settings: Dataset, window: str) -> Image.Image:
    is_little_endian = _is_little_endian(dataset)
    modality, vois = modality_lut(settings, is_little_endian), vois_of(settings, is_little_endian)
    name = window or window_names(vois)[0]
    voi = vois.get(name)
    if voi is None:
        voi = Voi(_range(samples, modality, _padding(settings), name), lambda values: values)
    values = _mapped(samples, lambda part: voi.apply(modality(part)))
    return windowed(values, _size(samples), voi.window, dataset.PhotometricInterpretation == "MONOCHROME1")


def _padding(settings: Dataset) -> tuple[int, int] | None:
    """The lowest and the highest sample that only fills the rectangle (PS3.3 C.7.5.1.1.2), None if none does."""
    padding = settings.get("PixelPaddingValue")
    if padding is None:
        return None
    limit = settings.get("PixelPaddingRangeLimit")
    return (padding, padding) if limit is None else (min(padding, limit), max(padding, limit))


def _range(samples: NDArray[Any], modality: Lut, padding: tuple[int, int] | None, name: str) -> Window:
    """The typical or full range of an image, by name, without its padding."""

    def without_padding(part: Values) -> Values:
        if padding is None:
            return modality(part)
        return np.where((part >= padding[0]) & (part <= padding[1]), np.nan, modality(part))

    return stretch_window(_mapped(samples, without_padding), _size(samples), name)


def _settings(dataset: Dataset, frame: int) -> Dataset:
    """What maps the values of a frame: the file's own elements and those of its functional groups."""
    settings: Dataset = library().Dataset()
    groups = [dataset]
    shared, own = (dataset.get(f"{which}FunctionalGroupsSequence") or [] for which in ("Shared", "PerFrame"))
    for items in (shared[:1], own[frame - 1 : frame]):
        for item in items:
            groups += [part for each in _PER_FRAME for part in (item.get(each) or [])[:1]]
    for group in groups:
        settings.update(group.group_dataset(_IMAGE_GROUP))
    return settings


def _mapped(samples: NDArray[Any], function: Lut) -> Tiles:
    return lambda: ((box, function(part)) for box, part in _tiles(samples)())


def _tiles(samples: NDArray[Any]) -> Tiles:
    def tiles() -> Iterator[tuple[Box, Values]]:
        for box in boxes(*_size(samples)):
            left, top, right, bottom = box
            yield box, samples[top:bottom, left:right]

    return tiles


def _size(samples: NDArray[Any]) -> tuple[int, int]:
    return samples.shape[1], samples.shape[0]
