"""Compressed DICOM files, and damaged ones on which their decoder ends its process."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("pydicom", reason="the extra dicom is not installed")
pytest.importorskip("gdcm", reason="the decoders of the extra dicom are not installed")

from pydicom.data import get_testdata_file

from alc_tui.data.images import BadImageError, decode
from alc_tui.data.images.dicom import decoders

OF_GDCM = "JPEGLSNearLossless_08"
"""A file that only GDCM decodes."""


def stored(name: str) -> bytes:
    return Path(str(get_testdata_file(f"{name}.dcm", download=False))).read_bytes()


def damaged(content: bytes, seed: int) -> bytes:
    """The file with some bytes of its second half changed, where the compressed pixels are."""
    random, changed = Random(seed), bytearray(content)
    for _ in range(random.choice((1, 3, 20))):
        changed[random.randrange(len(changed) // 2, len(changed))] = random.randrange(256)
    return bytes(changed)


@pytest.mark.parametrize("name", ["SC_rgb_jpeg_dcmtk", "SC_rgb_jpeg_gdcm", "SC_rgb_gdcm_KY", "SC_rgb_jls_lossy_line"])
def test_a_compressed_image_looks_like_the_one_that_is_not(name: str) -> None:
    """Bars of color, by RLE and by JPEG, lossless JPEG, JPEG 2000 and JPEG-LS."""
    plain, seen = (np.asarray(decode(stored(each))).astype(int) for each in ("SC_rgb_rle", name))
    inner = np.s_[5::10, 5:95]
    assert np.abs(plain[inner] - seen[inner]).max() <= 30


def test_what_pillow_cannot_decode_is_decoded_all_the_same() -> None:
    assert decode(stored("GDCMJ2K_TextGBR")).size == (400, 400)


@pytest.mark.parametrize("name", [OF_GDCM, "SC_rgb_jpeg_dcmtk", "MR_small_jp2klossless"])
def test_a_damaged_file_is_an_image_or_a_sentence_and_ends_nothing(
    name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    content = stored(name)
    whole = decode(content).tobytes()
    for seed in range(60):
        try:
            assert decode(damaged(content, seed)).size == decode(content).size
        except BadImageError as problem:
            assert str(problem).startswith("a DICOM file ")
    assert decode(content).tobytes() == whole
    assert capfd.readouterr() == ("", "")


def test_a_process_that_has_ended_is_replaced() -> None:
    content = stored(OF_GDCM)
    before = decode(content).tobytes()
    processes = list(decoders._processes._idle)
    assert processes
    for process in processes:
        process.kill()
        process.wait()
    for _ in processes:
        with pytest.raises(BadImageError):
            decode(content)
    assert decode(content).tobytes() == before


def test_a_process_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    content = stored(OF_GDCM)
    with monkeypatch.context() as patched:
        patched.setattr(decoders, "_SECONDS", 0.0)
        with pytest.raises(BadImageError):
            while True:  # an answer may be quicker
                decode(content)
    assert decode(content).size == (10, 45)


def test_a_forked_process_decodes_on_its_own() -> None:
    content = stored(OF_GDCM)
    expected = decode(content).tobytes()
    child = os.fork()
    if child == 0:
        os._exit(decode(content).tobytes() != expected)
    assert decode(content).tobytes() == expected
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def test_threads_decode_at_the_same_time() -> None:
    from concurrent.futures import ThreadPoolExecutor

    content = stored(OF_GDCM)
    with ThreadPoolExecutor(3) as pool:
        images: list[Image.Image] = list(pool.map(decode, [content] * 12))
    assert len({image.tobytes() for image in images}) == 1
