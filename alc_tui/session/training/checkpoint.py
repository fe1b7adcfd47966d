"""The last finished epoch of a phase on disk, written beside the training so that it costs no time."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path

import safetensors.torch
from torch import Tensor

from alc_tui.data.files import write_whole
from alc_tui.errors import AlcError, TrainingFailed


class Checkpoint:
    """Keeps one state per file: the newest whole one. A writing thread runs while the next epoch does."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None

    def save(self, state: Mapping[str, Tensor]) -> None:
        """Copy the state to the host and write it in the background, after any write still under way."""
        host = {name: value.detach().to("cpu", copy=True).contiguous() for name, value in state.items()}
        self.wait()
        self._thread = threading.Thread(target=self._write, args=(host,), daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Until what was saved is on disk; raises TrainingFailed if it could not be written."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if self._error is not None:
            error, self._error = self._error, None
            raise TrainingFailed(
                f"The checkpoint {self._path} could not be written ({error}); make room, then `alc session train` "
                "goes on from the one before."
            ) from error

    def load(self) -> dict[str, Tensor] | None:
        """The newest state, None if there is none; raises AlcError if the file is damaged."""
        return load_weights(self._path) if self._path.exists() else None

    def remove(self) -> None:
        """Forget the state."""
        self.wait()
        self._path.unlink(missing_ok=True)

    def _write(self, state: dict[str, Tensor]) -> None:
        try:
            save_weights(self._path, state)
        except BaseException as error:
            self._error = error


def save_weights(path: Path, state: Mapping[str, Tensor]) -> None:
    """Write tensors to a safetensors file, whole or not at all."""
    path.parent.mkdir(exist_ok=True)
    host = {name: value.detach().cpu().contiguous() for name, value in state.items()}
    write_whole(path, lambda file: file.write(safetensors.torch.save(host)))


def load_weights(path: Path) -> dict[str, Tensor]:
    """Read a safetensors file; raises AlcError naming a missing or damaged one."""
    try:
        state: dict[str, Tensor] = safetensors.torch.load_file(path)
    except Exception as error:
        raise AlcError(
            f"{path} is missing or damaged ({error}); remove it to begin its phase again, or bring it back from a copy."
        ) from error
    return state
