"""Opens the group of processes that train a session: one for each GPU of this host, or those that torchrun started."""

from __future__ import annotations

import os
import socket
import subprocess
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

import torch
import torch.distributed as dist
from torch.distributed import FileStore  # type: ignore[attr-defined]
from torch.distributed.distributed_c10d import Store

from alc_tui.cores import GPUS_VARIABLE, THREADS_VARIABLE
from alc_tui.errors import TrainingFailed, UsageError
from alc_tui.interpreter import module_command, module_environment
from alc_tui.model.device import select_device
from alc_tui.model.parallel.group import ALONE, Group, LostProcess
from alc_tui.parent import outcome
from alc_tui.session.settings.config import Config
from alc_tui.session.store.document import Document
from alc_tui.session.store.events import Failed
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.processes import JOIN, is_torchrun
from alc_tui.session.training.inputs.sources import Emit

LOOPBACK = ("lo", "lo0")
"""Names of the network interface of the host itself."""
REASON = "reason"
"""Key of the sentence with which an assistant failed."""
PATIENCE = timedelta(days=7)
"""For exchanges. The first process may decode images or rank for hours; that another one has ended is noticed at
once."""
_POLL_SECONDS = 0.2
_GRACE_SECONDS = 10.0
"""Until a process that waits for one that has ended, which on GPUs it may do forever, is ended too."""


@contextmanager
def training_group(folder: SessionFolder, gpus: int, emit: Emit) -> Iterator[Group]:
    """The group of processes that train the session's next step, this one first: those of torchrun, or `gpus` of this
    host, of which this one starts the others; this one alone where there is nothing for others to do.

    Raises UsageError if the session's device does not have so many GPUs, and TrainingFailed if another process ends; if
    this one cannot notice it, it emits Failed and exits.
    """
    config = Document(folder.document).config
    if is_torchrun():
        with _connected(config, None, int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])) as group:
            yield group
        return
    if gpus == 1 or (config.is_frozen and (config.features is not None or folder.owner.components.exists())):
        yield ALONE
        return
    check_gpus(gpus, config.device, select_device(config.device).device, torch.cuda.device_count())
    with TemporaryDirectory(prefix="alc-") as private:
        place = Path(private) / "group"
        store = _store(place, gpus)
        with _Assistants(folder, place, store, gpus, emit) as assistants:
            try:
                with _connected(config, store, 0, gpus) as group:
                    yield group
            except LostProcess as error:
                raise TrainingFailed(assistants.reason() or str(error)) from error


@contextmanager
def joined_group(config: Config, place: Path, rank: int, size: int) -> Iterator[tuple[Group, Store]]:
    """The group of a worker of this host, for another process; and the group's store, which is the file `place`."""
    store = _store(place, size)
    with _connected(config, store, rank, size) as group:
        yield group, store


@contextmanager
def torchrun_group(config: Config) -> Iterator[Group]:
    """The group that torchrun started, for a process that is not its first."""
    with _connected(config, None, int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])) as group:
        yield group


def _store(place: Path, size: int) -> Store:
    """Where the processes of this host meet: a file, and sockets that other hosts cannot reach."""
    names = [name for _, name in socket.if_nameindex() if name in LOOPBACK]
    if names:
        os.environ["GLOO_SOCKET_IFNAME"] = names[0]
    store: Store = FileStore(str(place), size)
    store.set_timeout(PATIENCE)
    return store


@contextmanager
def _connected(config: Config, store: Store | None, rank: int, size: int) -> Iterator[Group]:
    """Connect to the others. store: where they meet, None for that of torchrun."""
    gpu = int(os.environ["LOCAL_RANK"]) if store is None else rank
    on_gpu = select_device(config.device).device.type == "cuda"
    dist.init_process_group(
        "cpu:gloo,cuda:nccl" if on_gpu else "gloo", timeout=PATIENCE, store=store, rank=rank, world_size=size
    )
    has_failed = True
    try:
        # Weakly, so that its threads end below: those that still run at exit may abort the process.
        yield Group(rank, size, gpu, weakref.proxy(dist.group.WORLD))
        has_failed = False
    finally:
        if not (has_failed and on_gpu):  # NCCL would wait for processes that have ended
            dist.destroy_process_group()


def check_gpus(gpus: int, name: str | None, device: torch.device, available: int) -> None:
    """Raise UsageError unless a session that trains on a device can train on so many GPUs of a host that has
    `available` ones. name: of the device in its configuration; None if the best one was taken."""
    if device.type == "cpu" and name is None:
        raise UsageError(
            f"{gpus} GPUs were asked for, but this host has none; omit --gpus, or create the session with --device cpu."
        )
    if device.type == "mps":
        raise UsageError(f"{GPUS_VARIABLE} is {gpus}, but device mps has one GPU; omit --gpus.")
    if device.type == "cuda" and device.index is not None:
        raise UsageError(f"The session trains on {device} alone; omit --gpus, or create one with --device cuda.")
    if device.type == "cuda" and gpus > available:
        has = f"{gpus} GPUs were asked for, but this host has {available}"
        raise UsageError(f"{has}; specify fewer --gpus, or use torchrun on several hosts.")


class _Assistants:
    """The other processes of this host, which end with this one."""

    def __init__(self, folder: SessionFolder, place: Path, store: Store, size: int, emit: Emit) -> None:
        self._store, self._size, self._emit = store, size, emit
        self._closing = Event()
        if not os.environ.get(THREADS_VARIABLE):
            torch.set_num_threads(max(torch.get_num_threads() // size, 1))
        environment = {**module_environment(), THREADS_VARIABLE: str(torch.get_num_threads())}
        words = str(folder.path.resolve()), JOIN, str(place)
        self._processes = [
            subprocess.Popen(
                module_command("alc_tui.session.worker", *words, str(rank), str(size)),
                env=environment,
                stdin=subprocess.PIPE,
                start_new_session=True,
            )
            for rank in range(1, size)
        ]

    def __enter__(self) -> _Assistants:
        Thread(target=self._watch, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._closing.set()
        for process in self._processes:
            if kind is not None:
                process.kill()
            try:
                process.wait(_GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            assert process.stdin is not None
            process.stdin.close()

    def reason(self, seconds: float = 2.0) -> str | None:
        """Why one of them has ended, None if none has within some seconds."""
        deadline = time.monotonic() + seconds
        while (sentence := self._failure()) is None and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        with suppress(RuntimeError):
            if self._store.check([REASON]):
                return str(self._store.get(REASON), "utf-8")
        return sentence

    def _failure(self) -> str | None:
        """How one of them ended: one that was killed, if any, because the others end when they lose it."""
        ended = [(code, rank) for rank, process in enumerate(self._processes, 1) if (code := process.poll())]
        if not ended:
            return None
        code, rank = min(ended)  # the codes of signals are negative
        return (
            f"Process {rank + 1} of the {self._size} that train together ended {outcome(code)}; train again to resume "
            "from the last checkpoint."
        )

    def _watch(self) -> None:
        """If one of them ends and this process has not noticed it after a while, end it."""
        while not self._closing.wait(_POLL_SECONDS):
            if self._failure() is not None:
                if not self._closing.wait(_GRACE_SECONDS):
                    self._emit(Failed(self.reason() or "", TrainingFailed.exit_code))
                    os._exit(TrainingFailed.exit_code)
                return
