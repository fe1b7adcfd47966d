"""Writes a finished epoch of a phase to disk in the background, so that training does not wait."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor

from alc_tui.cores import THREADS_VARIABLE
from alc_tui.data.files.atomic import write_atomically
from alc_tui.data.files.reading import open_file
from alc_tui.data.files.shared import make_folder
from alc_tui.errors import AlcError, TrainingFailed
from alc_tui.session.training.weights.tensor_file import write_tensors

_THREADS, _NAMES = "threads", "names"
"""Tensors of a checkpoint besides its state."""
BYTES_PER_SECOND = 16e6
"""Networks may learn faster than a disk writes: this much of their state is saved, on average."""
MOST_SECONDS = 30.0
"""Between two checkpoints; 0 saves every epoch."""


class Checkpoint:
    """Keeps the newest complete state in one file. A thread writes it while the training goes on.

    A state is first copied to the host, into memory that is used again for the next one; for a GPU it is pinned, which
    makes the copy several times faster. clock: a monotonic clock, in seconds.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._path, self._clock = path, clock
        self._saved_at = clock()
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None
        self._host: dict[str, Tensor] = {}
        self._is_unsaved = False

    def offer(self, state: Mapping[str, Tensor], is_last: bool = False, keeps: bool = True) -> bool:
        """Save the state of an epoch if enough time has passed or `is_last`; otherwise, if `keeps`, keep it. Returns
        whether it is the state that is on disk after `flush`."""
        if not is_last and not self._is_due(state):
            return keeps and self.keep(state)
        self.save(state)
        return True

    def save(self, state: Mapping[str, Tensor]) -> None:
        """Copy the state to the host and write it in the background, once an earlier write is done."""
        self.wait()
        self.keep(state)
        self._start()

    def keep(self, state: Mapping[str, Tensor]) -> bool:
        """Copy the state to the host, to be written by `flush` unless a later one is kept or saved; returns whether it
        was copied, which it is not while an earlier one is being written."""
        if self.is_writing:
            return False
        self._is_unsaved = False  # until all of it is copied
        former, self._host = self._host, {}
        for name, value in state.items():
            self._host[name] = _copy_to_host(value.detach(), former.get(name))
        self._host |= {_NAMES: _digest_of_names(self._host), _THREADS: torch.tensor(torch.get_num_threads())}
        if any(value.is_cuda for value in state.values()):
            torch.cuda.synchronize()
        self._is_unsaved = True
        return True

    def flush(self) -> None:
        """Write what was kept, unless it is on disk, and wait for it; raises TrainingFailed like `wait`."""
        self.wait()
        if self._is_unsaved:
            self._start()
            self.wait()

    def wait(self) -> None:
        """Wait until what was saved is on disk; raises TrainingFailed if it could not be written."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if self._error is not None:
            error, self._error = self._error, None
            raise TrainingFailed(
                f"The checkpoint {self._path} could not be written ({error}); free some space and run "
                "`alc session train`, which resumes from the previous one."
            ) from error

    @property
    def is_writing(self) -> bool:
        """Whether what was saved is not on disk yet."""
        return self._thread is not None and self._thread.is_alive()

    def load(self) -> dict[str, Tensor] | None:
        """The newest state, None if there is none; raises AlcError if the file is damaged.

        This process then computes with as many threads as the one that saved it, because the last digits depend on it,
        unless OMP_NUM_THREADS says with how many.
        """
        if not self._path.exists():
            return None
        state = load_weights(self._path)
        with fitting(self._path):
            threads = int(state.pop(_THREADS, torch.tensor(0)))
            names = state.pop(_NAMES, None)
            if names is not None and int(names) != int(_digest_of_names(state)):
                raise ValueError("tensors are missing or renamed")
            if threads > 0 and not os.environ.get(THREADS_VARIABLE):
                torch.set_num_threads(threads)
        return state

    def remove(self) -> None:
        """Delete the file, once a write is done. One that cannot be deleted is not used in another phase."""
        self.wait()
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _is_due(self, state: Mapping[str, Tensor]) -> bool:
        interval = min(sum(value.nbytes for value in state.values()) / BYTES_PER_SECOND, MOST_SECONDS)
        if interval > 0 and self.is_writing:
            return False
        return self._clock() - self._saved_at >= interval

    def _start(self) -> None:
        self._is_unsaved, self._saved_at = False, self._clock()
        self._thread = threading.Thread(target=self._write, args=(self._host,), daemon=True)
        self._thread.start()

    def _write(self, state: dict[str, Tensor]) -> None:
        try:
            save_weights(self._path, state)
        except BaseException as error:
            self._error = error


def _copy_to_host(value: Tensor, memory: Tensor | None) -> Tensor:
    """A contiguous copy on the host, in `memory` if that fits. A copy from a GPU may not be finished yet."""
    if memory is None or (memory.shape, memory.dtype) != (value.shape, value.dtype):
        memory = _new_memory(value)
    return memory.copy_(value, non_blocking=value.is_cuda)


def _new_memory(value: Tensor) -> Tensor:
    """For a contiguous copy, pinned for a GPU unless the system limits that."""
    if value.is_cuda:
        with suppress(RuntimeError):
            return torch.empty(value.shape, dtype=value.dtype, pin_memory=True)
    return torch.empty(value.shape, dtype=value.dtype)


def _digest_of_names(state: Mapping[str, Tensor]) -> Tensor:
    """A number that changes if a tensor is missing or renamed, int64[]."""
    digest = blake2b("\n".join(sorted(state)).encode(), digest_size=7).digest()
    return torch.tensor(int.from_bytes(digest))


@contextmanager
def fitting(path: Path) -> Iterator[None]:
    """Convert what loading tensors with other names, shapes or types raises to AlcError. path: their file."""
    try:
        yield
    except (KeyError, TypeError, ValueError, RuntimeError, AttributeError) as error:
        problem = " ".join(str(error).split())[:200]
        raise AlcError(
            f"{path} does not fit its session ({problem}); delete it to restart its phase, or restore it from a backup."
        ) from error


def save_weights(path: Path, state: Mapping[str, Tensor]) -> None:
    """Write tensors to a safetensors file atomically."""
    make_folder(path.parent)
    host = {name: value.detach().cpu().contiguous() for name, value in state.items()}
    write_atomically(path, lambda file: write_tensors(file, host))


def load_weights(path: Path) -> dict[str, Tensor]:
    """Read a safetensors file; raises AlcError naming a missing or damaged one."""
    try:
        with open_file(path):  # a FIFO would never end
            state: dict[str, Tensor] = safetensors.torch.load_file(path)
    except Exception as error:
        raise AlcError(
            f"{path} is missing or damaged ({error}); delete it to restart this phase, or restore it from a backup."
        ) from error
    return state
