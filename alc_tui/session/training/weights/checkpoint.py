"""Writes the last finished epoch of a phase to disk in the background, so that training does not wait."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
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

_THREADS, _NAMES = "threads", "names"
"""Tensors of a checkpoint besides its state."""


class Checkpoint:
    """Keeps the newest complete state in one file. A thread writes it while the next epoch runs."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None

    def save(self, state: Mapping[str, Tensor]) -> None:
        """Copy the state to the host and write it in the background, once an earlier write is done."""
        host = {name: value.detach().to("cpu", copy=True).contiguous() for name, value in state.items()}
        host |= {_NAMES: _digest_of_names(host), _THREADS: torch.tensor(torch.get_num_threads())}
        self.wait()
        self._thread = threading.Thread(target=self._write, args=(host,), daemon=True)
        self._thread.start()

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

    def _write(self, state: dict[str, Tensor]) -> None:
        try:
            save_weights(self._path, state)
        except BaseException as error:
            self._error = error


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
    write_atomically(path, lambda file: file.write(safetensors.torch.save(host)))


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
