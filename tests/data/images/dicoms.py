"""Writes small DICOM files."""

from __future__ import annotations

import io
from typing import Any

import pytest
from numpy.typing import NDArray

pydicom = pytest.importorskip("pydicom", reason="the extra dicom is not installed")

PATIENT = "Doe^Jane^Secret"


def dicom(samples: NDArray[Any], frames: int = 1, **elements: Any) -> bytes:
    """A DICOM file of a patient named PATIENT. samples: of [frames,] rows, columns [, channels]. elements: further
    ones, by keyword; None removes one."""
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = elements.get("SOPClassUID", SecondaryCaptureImageStorage)
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset("", {}, file_meta=meta, preamble=bytes(128))
    shape = samples.shape[1:] if frames > 1 else samples.shape
    bits = 8 * samples.dtype.itemsize
    values: dict[str, Any] = {
        "SOPClassUID": SecondaryCaptureImageStorage,
        "SOPInstanceUID": meta.MediaStorageSOPInstanceUID,
        "PatientName": PATIENT,
        "PatientID": PATIENT,
        "Rows": shape[0],
        "Columns": shape[1],
        "SamplesPerPixel": shape[2] if len(shape) == 3 else 1,
        "PhotometricInterpretation": "RGB" if len(shape) == 3 else "MONOCHROME2",
        "BitsAllocated": bits,
        "BitsStored": bits,
        "HighBit": bits - 1,
        "PixelRepresentation": int(samples.dtype.kind == "i"),
        "PixelData": samples.tobytes() + bytes(samples.nbytes % 2),
    }
    if len(shape) == 3:
        values["PlanarConfiguration"] = 0
    if frames > 1:
        values["NumberOfFrames"] = frames
    for name, value in (values | elements).items():
        if value is not None:
            setattr(dataset, name, value)
    file = io.BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    return file.getvalue()


def compressed(content: bytes, syntax: str) -> bytes:
    """The DICOM file in another transfer syntax."""
    dataset = pydicom.dcmread(io.BytesIO(content))
    dataset.compress(syntax)
    file = io.BytesIO()
    dataset.save_as(file)
    return file.getvalue()


def sequence(**elements: Any) -> Any:
    """A sequence of one item with these elements."""
    return sequences(elements)


def sequences(*items: dict[str, Any]) -> Any:
    """A sequence of items with these elements."""
    datasets = [pydicom.Dataset() for _ in items]
    for dataset, elements in zip(datasets, items, strict=True):
        for name, value in elements.items():
            setattr(dataset, name, value)
    return pydicom.Sequence(datasets)
