"""Decodes the samples of a frame. pydicom and Pillow do so here; GDCM, which ends its process on some damaged files and
prints to the terminal, does so in processes of its own."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import threading
from typing import IO, TYPE_CHECKING, Any

from numpy.typing import NDArray

from alc_tui.data.files.numpy_files import read_array
from alc_tui.interpreter import module_command, module_environment

if TYPE_CHECKING:
    from pydicom import Dataset

REQUEST, ANSWER = struct.Struct("<QQ"), struct.Struct("<Q")
"""Before the file that GDCM decodes: its length and the index of the frame. Before the samples, as an npy file: their
length, 0 if it failed."""

_SECONDS = 60.0
"""How long GDCM may take for a frame."""


def frame_samples(dataset: Dataset, content: bytes, index: int) -> NDArray[Any]:
    """The samples [rows, columns] or [rows, columns, channels] of a frame, from 0. content: the file that was parsed to
    `dataset`. Raises whatever pydicom and its decoders raise, ValueError for GDCM."""
    from pydicom import uid
    from pydicom.pixels.utils import pixel_array

    syntax = dataset.file_meta.TransferSyntaxUID
    if not syntax.is_encapsulated:
        return pixel_array(dataset, index=index)
    if syntax == uid.RLELossless:
        return pixel_array(dataset, index=index, decoding_plugin="pydicom")
    if syntax in (uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit, uid.JPEG2000Lossless, uid.JPEG2000):
        try:
            return pixel_array(dataset, index=index, decoding_plugin="pillow")
        except Exception:  # of a kind that Pillow cannot decode, or damaged
            return _processes.decode(content, index)
    return _processes.decode(content, index)


class _Processes:
    """Processes that wait for files to decode; they end when this one ends."""

    def __init__(self) -> None:
        self._idle: list[subprocess.Popen[bytes]] = []
        self._lock = threading.Lock()

    def decode(self, content: bytes, index: int) -> NDArray[Any]:
        """The samples of a frame; raises ValueError if they cannot be decoded."""
        with self._lock:
            process = self._idle.pop() if self._idle else None
        process = process or _start()
        alarm = threading.Timer(_SECONDS, process.kill)
        alarm.start()
        try:
            encoded = _ask(process, content, index)
        except OSError as error:
            _end(process)
            raise ValueError("GDCM cannot decode the file") from error
        finally:
            alarm.cancel()
        with self._lock:
            self._idle.append(process)
        if not encoded:
            raise ValueError("GDCM cannot decode the file")
        return read_array(io.BytesIO(encoded))

    def forget(self) -> None:
        """Leave the processes to the process that this one was forked from."""
        self._idle, self._lock = [], threading.Lock()


_processes = _Processes()
os.register_at_fork(after_in_child=_processes.forget)


def _start() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        module_command("alc_tui.data.images.dicom.gdcm_process"),
        env=module_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


def _ask(process: subprocess.Popen[bytes], content: bytes, index: int) -> bytes:
    """The answer of a process; raises OSError if it ends without one."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(REQUEST.pack(len(content), index))
    process.stdin.write(content)
    process.stdin.flush()
    (length,) = ANSWER.unpack(read_exactly(process.stdout, ANSWER.size))
    return read_exactly(process.stdout, length)


def read_exactly(file: IO[bytes], length: int) -> bytes:
    """So many bytes of a pipe; raises BrokenPipeError if it ends before."""
    content = file.read(length)
    if len(content) < length:
        raise BrokenPipeError("the pipe ended")
    return content
