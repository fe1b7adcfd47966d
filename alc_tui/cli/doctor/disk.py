"""Disk checks: the store, the image cache, data sets, ImageNet weights, and `alc.toml`."""

from __future__ import annotations

import os
import pwd
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from alc_tui.cli.doctor.check import BAD, OK, WARN, Check
from alc_tui.cli.output import size
from alc_tui.data import catalog
from alc_tui.data.cache import folder as cache
from alc_tui.data.files.reading import read_whole
from alc_tui.data.paths import UrlPath, expand_home
from alc_tui.data.sources import isic, medmnist, nct
from alc_tui.data.sources.search import search_folders
from alc_tui.errors import AlcError, UsageError
from alc_tui.session.create import check_writable
from alc_tui.session.settings.files import config_files, parse_toml
from alc_tui.session.store.folder import sessions
from alc_tui.session.store.journal import QUEUE, SKIP, Decision, Journal, Verdict
from alc_tui.session.store.lock import WriterLock, is_held

LOW_SPACE, MIN_SPACE = 5 * 10**9, 500 * 10**6
"""Bytes of free space."""
SLOW_WRITE = 0.050
"""Longest acceptable time to write a decision to disk, in seconds."""
WRITES = 9
RESNET18 = "resnet18-f37072fd.pth"
"""torchvision's file of the default backbone's ImageNet weights."""


def check_store(store: Path) -> list[Check]:
    """Whether sessions can be created and locked in the store, and how long writing a decision takes."""
    elsewhere = "choose another folder with --store or ALC_SESSIONS"
    try:
        count = len(sessions(store)) if store.is_dir() else None
        made = "not created yet; the first session creates it" if count is None else f"{count} sessions"
        check = _check_place("store", store.absolute(), made, elsewhere)
        if check.verdict == BAD:
            return [check]
        with tempfile.TemporaryDirectory(prefix=".doctor-", dir=_nearest_existing(store)) as place:
            return [
                check,
                *([check_sharing(store, current_umask())] if store.is_dir() else []),
                _check_locks(Path(place), elsewhere),
                check_sync(Path(place)),
                _check_writing(Path(place), elsewhere),
            ]
    except (OSError, AlcError) as error:
        return [_unusable("store", store.absolute(), error, elsewhere)]


def check_cache() -> Check:
    """Whether decoded images can be stored."""
    elsewhere = "choose another folder with ALC_CACHE"
    try:
        folder = cache.cache_folder()
    except UsageError as error:
        return Check("cache", BAD, str(error), "Set ALC_CACHE or HOME.")
    try:
        return _check_place("cache", folder, f"{size(cache.cache_size())} of decoded images", elsewhere)
    except OSError as error:
        return _unusable("cache", folder, error, elsewhere)


def _check_place(name: str, folder: Path, holds: str, elsewhere: str) -> Check:
    """Raises OSError if the folder cannot be written to."""
    check_writable(folder)
    free = shutil.disk_usage(_nearest_existing(folder)).free
    found = f"{folder}: {holds}, {size(free)} free"
    if free >= LOW_SPACE:
        return Check(name, OK, found)
    return Check(name, BAD if free < MIN_SPACE else WARN, found, f"Free some space, or {elsewhere}.")


def _unusable(name: str, folder: Path, error: OSError | AlcError, elsewhere: str) -> Check:
    reason = (error.strerror if isinstance(error, OSError) else None) or error
    return Check(name, BAD, f"{folder} cannot be used: {reason}", f"Fix its permissions, or {elsewhere}.")


def _nearest_existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    return next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())


def _check_locks(place: Path, elsewhere: str) -> Check:
    probe = place / "lock"
    advice = f"Two people could label at the same time. On a network file system, enable locking, or {elsewhere}."
    try:
        with WriterLock(probe, "a check") as held:
            works = is_held(probe)
    except (OSError, AlcError) as error:
        return Check("locks", BAD, f"file locks do not work in the store: {error}", advice)
    if held.warning is not None:
        return Check("locks", WARN, "the file system of the store has no file locks", advice)
    if not works:
        return Check("locks", BAD, "file locks in the store have no effect", advice)
    return Check("locks", OK, "file locks work in the store")


def check_sync(place: Path, sync: Callable[[int], None] = os.fsync) -> Check:
    """Whether the entries of a folder can be written through to the disk. sync: of a descriptor."""
    descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    try:
        sync(descriptor)
    except OSError as error:
        found = f"folders of the store cannot be synced: {error.strerror}"
        advice = "After a power failure, what was written last may be missing; copy the store now and then."
        return Check("sync", WARN, found, advice)
    finally:
        os.close(descriptor)
    return Check("sync", OK, "files and folders of the store are written through to the disk")


def current_umask() -> int:
    """The permissions that this process takes from new files."""
    umask = os.umask(0o077)
    os.umask(umask)
    return umask


def check_sharing(store: Path, umask: int, groups: Collection[int] | None = None) -> Check:
    """Whether what you put into a shared store stays writable for those who may write to the store.

    groups: ids of the groups that you are in; None for those of this process.
    """
    state = store.stat()
    shared = state.st_mode & 0o022
    if not shared:
        return Check("sharing", OK, f"only {_owner(state.st_uid)} may write to the store")
    found = f"the store is shared (mode {state.st_mode & 0o7777:04o})"
    if shared & 0o020 and state.st_gid not in (groups if groups is not None else {os.getegid(), *os.getgroups()}):
        advice = "Ask an administrator to add you to the store's group: others in it cannot write to your files."
        return Check("sharing", WARN, f"{found} with a group that you are not in", advice)
    if umask & shared:
        advice = (
            "`alc` gives its own files the store's permissions; before you copy files into the store, run "
            f"`umask {umask & ~shared:03o}`."
        )
        return Check("sharing", WARN, f"{found}, but your umask {umask:03o} takes its permissions away", advice)
    return Check("sharing", OK, found)


def _owner(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _check_writing(place: Path, elsewhere: str) -> Check:
    journal = Journal(place / "journal.jsonl")
    seconds = []
    for number in range(WRITES):
        began = time.monotonic()
        journal.append(Decision.now(Verdict(SKIP), f"sample {number}", 0, "doctor", None, QUEUE))
        seconds.append(time.monotonic() - began)
    return evaluate_writing(statistics.median(seconds), elsewhere)


def evaluate_writing(seconds: float, elsewhere: str) -> Check:
    """seconds: time to write a decision to disk; the next image appears only after that."""
    found = f"a decision is written to disk in {1000 * seconds:.1f} ms"
    if seconds <= SLOW_WRITE:
        return Check("writing", OK, found)
    return Check("writing", WARN, found, f"Every key press waits for this; {elsewhere}, on a local disk.")


def check_data(environment: Mapping[str, str]) -> Check:
    """Which data sets are in the data root."""
    try:
        root = catalog.data_root(None)
        if root is None:
            hint = "Set it to the folder of the isic, nct, or medmnist files; demo, folder:…, and csv:… do not need it."
            return Check("data", OK, "ALC_DATA is not set", hint)
        if isinstance(root, UrlPath):
            return Check("data", OK, f"{root}: images of tables (csv:…)")
        found, errors = _data_sets(root)
    except UsageError:
        unread = f"{environment['ALC_DATA']} is not a readable folder"
        return Check("data", BAD, unread, "Correct ALC_DATA, or run `unset ALC_DATA`.")
    if errors:
        return Check(
            "data", WARN, f"{root}: {'; '.join(found + errors)}", "Fix the files; `alc dataset info` checks them again."
        )
    if not found:
        advice = "Set ALC_DATA to the folder that contains the folders of the data sets; `alc dataset list` lists them."
        return Check("data", WARN, f"{root}: no known data set found", advice)
    return Check("data", OK, f"{root}: {', '.join(found)}")


def _data_sets(root: Path) -> tuple[list[str], list[str]]:
    """Names of the data sets found, and errors for those that cannot be opened."""
    folders = search_folders(root)
    found, errors = [], []
    marks = {"isic": isic.LABELS, "nct": nct.DEVELOPMENT}
    for name in [name for name, mark in marks.items() if any((place / mark).exists() for place in folders)]:
        try:
            found.append(f"{name} ({len(catalog.open_dataset(name, root)):,} samples)")
        except (AlcError, OSError) as error:
            errors.append(f"{name}: {error}")
    choices = [medmnist.MedMNISTName(flag, side) for flag in medmnist.CLASSES for side in medmnist.SIZES]
    found += [choice.spec for choice in choices if any((place / choice.file).is_file() for place in folders)]
    return found, errors


def check_weights(environment: Mapping[str, str]) -> Check:
    """Whether the default backbone's ImageNet weights are in torch's cache."""
    caches = environment.get("XDG_CACHE_HOME", "~/.cache")
    file = expand_home(Path(environment.get("TORCH_HOME", f"{caches}/torch"))) / "hub" / "checkpoints" / RESNET18
    if file.is_file():
        return Check("weights", OK, f"ImageNet weights of resnet18 in {file.parent}")
    hint = (
        "They will be downloaded when the first session is created; without network access, specify --weights none "
        "or a file."
    )
    return Check("weights", OK, f"no ImageNet weights of resnet18 in {file.parent}", hint)


def check_settings(folder: Path, environment: Mapping[str, str]) -> Check:
    """Whether the files `alc.toml` of the folder and of the user can be read; the values in them are not checked."""
    found, errors = [], []
    try:
        files = config_files(folder.absolute(), environment).values()
    except UsageError as error:
        return Check("settings", BAD, str(error), "Correct the variable, or unset it.")
    for file in files:
        try:
            tables = parse_toml(read_whole(file))
        except FileNotFoundError:
            found.append(f"no {file}")
        except (OSError, ValueError) as error:
            errors.append(f"{file}: {error}")
        else:
            found.append(f"{file}: {', '.join(f'[{name}]' for name in tables) or 'empty'}")
    if errors:
        return Check("settings", BAD, "; ".join(errors + found), "Correct the file, or remove it.")
    return Check("settings", OK, "; ".join(found))


def check_disk(store: Path) -> list[Check]:
    """All disk checks."""
    return [
        *check_store(store),
        check_cache(),
        check_data(os.environ),
        check_weights(os.environ),
        check_settings(Path(), os.environ),
    ]
