"""The process in which GDCM decodes frames: answers requests of `decoders` on its standard input until that ends."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress

import numpy as np

from alc_tui.data.images.dicom.decoders import ANSWER, REQUEST, read_exactly
from alc_tui.data.images.dicom.decoding import library


def main() -> None:
    """Decode until the input ends."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever GDCM prints
    with suppress(BrokenPipeError, KeyboardInterrupt):
        while True:
            length, index = REQUEST.unpack(read_exactly(sys.stdin.buffer, REQUEST.size))
            samples = _samples(read_exactly(sys.stdin.buffer, length), index)
            answers.write(ANSWER.pack(len(samples)) + samples)
            answers.flush()


def _samples(content: bytes, index: int) -> bytes:
    """The samples of a frame as an npy file, empty if they cannot be decoded."""
    pydicom = library()
    encoded = io.BytesIO()
    try:
        dataset = pydicom.dcmread(io.BytesIO(content))
        np.save(encoded, pydicom.pixels.pixel_array(dataset, index=index, decoding_plugin="gdcm"), allow_pickle=False)
    except Exception:  # damaged files raise almost anything
        return b""
    return encoded.getvalue()


if __name__ == "__main__":
    main()
