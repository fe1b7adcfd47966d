"""Paths of the store and of the files of a session. Independent of their contents."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from alc_tui.data.paths import expand_home
from alc_tui.errors import SessionUnavailable, UsageError

DEFAULT_STORE = "sessions"
BENCHMARKS = "bench"
"""The folder of a store that holds benchmarks; no session may have its name."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class SessionFolder:
    """The files of one session."""

    path: Path

    @property
    def name(self) -> str:
        """The session's name: that of its folder."""
        return self.path.name

    @property
    def document(self) -> Path:
        """The TinyDB document: configuration, facts and one entry per finished round."""
        return self.path / "session.json"

    @property
    def journal(self) -> Path:
        """The decisions."""
        return self.path / "journal.jsonl"

    @property
    def samples(self) -> Path:
        """The samples, written once."""
        return self.path / "samples.npz"

    @property
    def checksums(self) -> Path:
        """The checksums of the images, written once; sessions of versions up to 0.4 have none."""
        return self.path / "checksums.bin"

    @property
    def owner(self) -> SessionFolder:
        """The session that a replay belongs to; the session itself if it is none."""
        return SessionFolder(self.path.parents[1]) if self.path.parent.name == "replays" else self

    @property
    def events(self) -> Path:
        """The worker's progress events."""
        return self.path / "events.jsonl"

    @property
    def worker_log(self) -> Path:
        """The worker's stderr."""
        return self.path / "worker.log"

    @property
    def replay_log(self) -> Path:
        """The output of replays that were started from the list of sessions."""
        return self.path / "replay.log"

    @property
    def label_lock(self) -> Path:
        """The lock of the annotator."""
        return self.path / "lock"

    @property
    def worker_lock(self) -> Path:
        """The lock of the worker."""
        return self.path / "worker.lock"

    def incomplete_files(self) -> list[Path]:
        """Incomplete files left by a killed writer."""
        return [*self.path.glob(".*.*"), *self.checkpoint.parent.glob(".*.*")]

    @property
    def checkpoint(self) -> Path:
        """The checkpoint after the last finished epoch of the phase in progress."""
        return self.path / "weights" / "checkpoint.safetensors"

    def round_arrays(self, number: int) -> Path:
        """The arrays of a finished round."""
        return self.path / f"round-{number:02d}.npz"

    def weights(self, number: int) -> Path:
        """Peer 1's last weights after a round."""
        return self.path / "weights" / f"round-{number:02d}.safetensors"

    @property
    def peer2_weights(self) -> Path:
        """Peer 2's last weights after LNL."""
        return self.path / "weights" / "peer-2.safetensors"

    def replay(self, name: str) -> SessionFolder:
        """The folder of a replay of this session."""
        return SessionFolder(self.path / "replays" / name)

    def replays(self) -> list[SessionFolder]:
        """The folders of all replays of this session."""
        return [SessionFolder(path) for path in sorted((self.path / "replays").glob("[!.]*"))]


@contextmanager
def staging(folder: SessionFolder) -> Iterator[SessionFolder]:
    """A temporary hidden folder next to `folder`; it is renamed to `folder` on success and removed after an error."""
    hidden = SessionFolder(folder.path.with_name(f".{folder.name}.{os.getpid()}"))
    try:
        (hidden.path / "weights").mkdir(parents=True)
        yield hidden
        hidden.path.rename(folder.path)
    finally:
        shutil.rmtree(hidden.path, ignore_errors=True)


def store_path(option: Path | None = None) -> Path:
    """The session store: the option, else `ALC_SESSIONS`, else `./sessions`."""
    return expand_home(option or Path(os.environ.get("ALC_SESSIONS") or DEFAULT_STORE))


def check_name(name: str) -> str:
    """Return `name`; raises UsageError unless it is a valid session name, which cannot refer to anything outside the
    store."""
    if not NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is not a valid session name; use up to 100 letters, digits, dots, dashes, and underscores."
        )
    return name


def sessions(store: Path) -> list[SessionFolder]:
    """All sessions in the store, damaged ones too, the most recently created last."""
    if not store.is_dir():
        return []
    folders = [SessionFolder(path) for path in store.iterdir() if NAME.fullmatch(path.name)]
    return sorted((f for f in folders if os.path.lexists(f.document)), key=lambda f: (_created_at(f), f.name))


def _created_at(folder: SessionFolder) -> int:
    """When the samples were written; a session without them counts as the oldest."""
    return folder.samples.stat().st_mtime_ns if folder.samples.exists() else 0


def find(store: Path, name: str | None) -> SessionFolder:
    """The session called `name`, or the latest one; raises SessionUnavailable if there is none."""
    if name is None:
        existing = sessions(store)
        if not existing:
            raise SessionUnavailable(
                f"No sessions in {store}; create one with `alc session new --dataset demo --noise 0.5`."
            )
        return existing[-1]
    folder = SessionFolder(store / check_name(name))
    if not os.path.lexists(folder.document):
        raise SessionUnavailable(f"Session {name!r} not found in {store}; list the sessions with `alc session list`.")
    return folder


def free_name(store: Path, base: str) -> str:
    """`base`, or `base-2`, `base-3`, … if it is taken."""
    number, name = 1, base
    while (store / name).exists():
        number += 1
        name = f"{base}-{number}"
    return name
