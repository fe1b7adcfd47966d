"""The sessions of a store, and the paths of their files."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

from alc_tui.data.files.atomic import rename, sync_folder
from alc_tui.data.files.reading import open_file, read_whole
from alc_tui.data.files.shared import make_folder
from alc_tui.data.files.temporary import clear_abandoned, remove, temporary_sibling
from alc_tui.data.paths import expand_home
from alc_tui.errors import SessionUnavailable, UsageError

DEFAULT_STORE = "sessions"
BENCHMARKS = "bench"
"""The folder of a store that holds benchmarks; no session may have its name."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""The names of new sessions. A folder that was renamed or copied by hand may have another one."""
_TAIL_BYTES = 2**16
"""Enough of a journal's end to hold its last decision."""


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
        owner = SessionFolder(self.path.parents[1])
        return owner if self.path.parent.name == "replays" and owner.document.exists() else self

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

    def clear_abandoned(self) -> None:
        """Remove incomplete files that killed writers have left."""
        for folder in (self.path, self.checkpoint.parent, self.path / "replays"):
            clear_abandoned(folder)

    @property
    def checkpoint(self) -> Path:
        """The checkpoint after the last finished epoch of the phase in progress."""
        return self.path / "weights" / "checkpoint.safetensors"

    @property
    def features(self) -> Path:
        """The features of all samples, if they were computed elsewhere; written once."""
        return self.path / "features.npy"

    @property
    def show_first(self) -> Path:
        """The ids of samples to show before all others, if there are any; written once."""
        return self.path / "show-first.json"

    @property
    def case_data(self) -> Path:
        """What the data's table says about the samples, if that is shown; written once."""
        return self.path / "case-data.json"

    @property
    def similarity(self) -> Path:
        """Near duplicates and outliers by frozen features; written once."""
        return self.path / "similarity.npz"

    @property
    def backbone(self) -> Path:
        """The weights of the frozen backbone; written once."""
        return self.path / "weights" / "backbone.safetensors"

    @property
    def components(self) -> Path:
        """The principal components of frozen features, which the heads are trained on."""
        return self.path / "weights" / "components.safetensors"

    def round_arrays(self, number: int) -> Path:
        """The arrays of a finished round."""
        return self.path / f"round-{number:02d}.npz"

    def weights(self, number: int, peer: int = 1, *, best: bool = False) -> Path:
        """A peer's weights after a round: the last ones, or those of the best epoch by validation."""
        if number == 0 and peer == 2 and not best:
            return self.path / "weights" / "peer-2.safetensors"
        kind = ("-peer-2" if peer == 2 else "") + ("-best" if best else "")
        return self.path / "weights" / f"round-{number:02d}{kind}.safetensors"

    def replay(self, name: str) -> SessionFolder:
        """The folder of a replay of this session."""
        return SessionFolder(self.path / "replays" / name)

    def replays(self) -> list[SessionFolder]:
        """The folders of all replays of this session."""
        return [SessionFolder(path) for path in sorted((self.path / "replays").glob("[!.]*"))]


@contextmanager
def staging(folder: SessionFolder) -> Iterator[SessionFolder]:
    """A temporary hidden folder next to `folder`; it is renamed to `folder` on success and removed after an error."""
    clear_abandoned(folder.path.parent)
    hidden = SessionFolder(temporary_sibling(folder.path))
    try:
        make_folder(hidden.checkpoint.parent)
        yield hidden
        rename(hidden.path, folder.path)
    except BaseException:
        remove(hidden.path)
        raise
    with suppress(OSError):  # the folder is in place for everybody
        sync_folder(folder.path.parent)


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
    folders = [SessionFolder(path) for path in store.iterdir() if not path.name.startswith(".")]
    return sorted((folder for folder in folders if _exists(folder)), key=lambda folder: (_created(folder), folder.name))


def no_sessions(store: Path) -> str:
    """A store is empty or does not exist."""
    return (
        f"No sessions in {store.absolute()}; create one with `alc session new --dataset demo --noise 0.5`, or name "
        "another folder with --store or ALC_SESSIONS."
    )


def find(store: Path, name: str | None) -> SessionFolder:
    """The session called `name`, or the one that was created or labeled last; raises SessionUnavailable if there is
    none."""
    if name is None:
        existing = sessions(store)
        if not existing:
            raise SessionUnavailable(no_sessions(store))
        return max(existing, key=lambda folder: (max(_created(folder), _labeled(folder)), folder.name))
    is_in_store = name == Path(name).name and not name.startswith(".")
    if is_in_store and _exists(SessionFolder(store / name)):
        return SessionFolder(store / name)
    near = get_close_matches(check_name(name), [folder.name for folder in sessions(store)], 1)
    advice = f"did you mean {near[0]!r}?" if near else "list the sessions with `alc session list`."
    raise SessionUnavailable(f"Session {name!r} not found in {store}; {advice}")


def _exists(folder: SessionFolder) -> bool:
    """Whether the folder has a session's document; also True if this user may not know."""
    try:
        folder.document.lstat()
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False
    return True


def _created(folder: SessionFolder) -> str:
    """When the session was created, as its document says; "" if it cannot be read."""
    try:
        status = folder.document.stat()
        return _created_in(folder.document, (status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size))
    except OSError:
        return ""


@lru_cache(maxsize=4096)
def _created_in(document: Path, _version: tuple[int, ...]) -> str:
    """`_created`, read once for each version of the document: the app lists the store every few seconds."""
    content = read_whole(document)
    try:
        (facts,) = json.loads(content)["session"].values()
        return _in_utc(facts["created"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""


def _labeled(folder: SessionFolder) -> str:
    """When the last decision was made, as the journal says; "" if there is none."""
    try:
        with open_file(folder.journal) as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
            lines = file.read().split(b"\n")
    except OSError:
        return ""
    for line in reversed(lines):
        with suppress(ValueError, KeyError, TypeError, RecursionError):
            return _in_utc(json.loads(line)["at"])
    return ""


def _in_utc(time: str) -> str:
    return datetime.fromisoformat(time).astimezone(UTC).isoformat(timespec="milliseconds")


def free_name(store: Path, base: str) -> str:
    """`base`, or `base-2`, `base-3`, … if it is taken."""
    number, name = 1, base
    while (store / name).exists():
        number += 1
        name = f"{base}-{number}"
    return name
