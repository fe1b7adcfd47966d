"""A session's document: configuration, facts and one entry per finished round, in TinyDB on an atomic storage.

Written only by `create` and the worker. Intentionally small: decisions are in the journal, arrays in npz files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from tinydb import TinyDB
from tinydb.storages import Storage

from alc_tui import __version__
from alc_tui.data.files.atomic import write_atomically
from alc_tui.data.files.reading import read_whole
from alc_tui.errors import AlcError, SessionUnavailable
from alc_tui.session.settings.config import Config
from alc_tui.session.settings.renamed import current_names
from alc_tui.session.settings.training_time import Estimate
from alc_tui.session.store.records import (
    SCHEMA,
    BadImageRecord,
    DatasetRecord,
    DuplicateGroup,
    Interval,
    RoundRecord,
    SessionRecord,
)
from alc_tui.session.store.typed_json import MalformedValueError, decode, encode, key_of, parse

T = TypeVar("T")


class AtomicStorage(Storage):
    """JSON storage with atomic writes: readers see either the old or the new document."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> dict[str, dict[str, Any]] | None:
        """The document, None if there is none yet; raises AlcError if it is damaged."""
        try:
            document: dict[str, dict[str, Any]] = parse(read_whole(self._path))
            _check_tables(document)
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise _damaged(self._path, error) from error
        return document

    def write(self, data: Mapping[str, Mapping[str, Any]]) -> None:
        """Replace the document on disk."""
        content = json.dumps(data, indent=1).encode()
        write_atomically(self._path, lambda file: file.write(content))


class Document:
    """Typed access to `session.json`, which is always written atomically."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db = TinyDB(path, storage=AtomicStorage)

    def create(
        self,
        config: Config,
        origins: Mapping[str, str],
        dataset: DatasetRecord,
        classes: Sequence[str],
        device: str,
        bad: Sequence[BadImageRecord] = (),
        duplicates: Sequence[DuplicateGroup] = (),
        estimated_noise: float | None = None,
        noise_interval: Interval | None = None,
        noise_basis: str | None = None,
        estimate: Estimate | None = None,
    ) -> None:
        """Write a new session's document."""
        record = SessionRecord(
            alc_version=__version__,
            created=datetime.now(UTC).isoformat(timespec="milliseconds"),
            config=config,
            origins=origins,
            dataset=dataset,
            classes=tuple(classes),
            device=device,
            bad=tuple(bad),
            duplicates=tuple(duplicates),
            estimated_noise=estimated_noise,
            noise_interval=noise_interval,
            noise_basis=noise_basis,
            estimate=estimate,
        )
        self._db.table("session").insert(encode(record))

    @property
    def session(self) -> SessionRecord:
        """The session's record; raises AlcError if it cannot be read or was written by a newer version."""
        entries = self._db.table("session").all()
        schema = entries[0].get("schema") if len(entries) == 1 else None
        if type(schema) is int and schema > SCHEMA:
            raise AlcError(
                f"{self._path} was written by alc {entries[0].get('alc_version')} (schema {schema}), but alc "
                f"{__version__} reads schema {SCHEMA}; install that version of alc or a newer one."
            )
        if not entries and not self._path.exists():
            raise SessionUnavailable(f"{self._path} is missing; bring it back, or restore it from a backup.")
        if type(schema) is not int or schema != SCHEMA:
            raise AlcError(f"{self._path} is not a session of alc (schema {SCHEMA}); restore it from a backup.")
        record = self._decoded(SessionRecord, entries[0], "session")
        if not record.classes or len(set(record.classes)) < len(record.classes):
            raise _damaged(self._path, "session.classes: none, or the same one twice")
        return replace(record, origins=current_names(record.origins))

    @property
    def identity(self) -> tuple[int, int]:
        """A value that changes with the document, determined without reading it."""
        status = self._path.stat()
        return status.st_ino, status.st_mtime_ns

    def update(self, record: SessionRecord) -> None:
        """Replace the session's facts."""

        def change(stored: MutableMapping[str, Any]) -> None:
            for key in map(key_of, fields(SessionRecord)):
                stored.pop(key, None)
            stored.update(encode(record))

        self._db.table("session").update(change)

    @property
    def config(self) -> Config:
        """The session's configuration."""
        return self.session.config

    @property
    def rounds(self) -> list[RoundRecord]:
        """The finished rounds, in order; raises AlcError if one cannot be read or does not fit the session."""
        stored = self._db.table("rounds").all()
        records = [self._decoded(RoundRecord, entry, f"rounds.{entry.doc_id}") for entry in stored]
        records.sort(key=lambda record: record.round)
        classes = self.session.classes if records else ()
        for number, record in enumerate(records):
            problem = "missing" if record.round != number else record.problem(classes)
            if problem:
                raise _damaged(self._path, f"round {number}: {problem}")
        return records

    def add_round(self, record: RoundRecord) -> None:
        """Add a finished round. Its arrays and weights must already be on disk."""
        self._db.table("rounds").insert(encode(record))

    def _decoded(self, kind: type[T], stored: Mapping[str, Any], place: str) -> T:
        try:
            return decode(kind, stored, place)
        except MalformedValueError as error:
            raise _damaged(self._path, error) from error


def _check_tables(document: object) -> None:
    """Raise ValueError unless the document is tables by name, each of objects by number."""
    tables = document.values() if isinstance(document, dict) else [None]
    for table in tables:
        if not isinstance(table, dict) or not all(
            key.isdecimal() and isinstance(entry, dict) for key, entry in table.items()
        ):
            raise ValueError("expected tables by name")


def _damaged(path: Path, error: object) -> AlcError:
    return AlcError(
        f"{path} is damaged ({error}); restore it from a backup (the decisions in journal.jsonl are not affected)."
    )
