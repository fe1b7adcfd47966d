"""A session's document: configuration, facts and one entry per finished round, in TinyDB on an atomic storage.

Written by `create` and by the worker only. Small on purpose: decisions are in the journal, arrays in npz files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tinydb import TinyDB
from tinydb.storages import Storage

from alc_tui import __version__
from alc_tui.data.files import write_whole
from alc_tui.errors import AlcError
from alc_tui.session.settings.config import Config
from alc_tui.session.settings.renamed import current_names

SCHEMA = 1


class AtomicStorage(Storage):
    """JSON storage whose readers see the old document or the new one, never half of one."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> dict[str, dict[str, Any]] | None:
        """The document, None if there is none yet; raises AlcError if it is damaged."""
        try:
            document: dict[str, dict[str, Any]] = json.loads(self._path.read_bytes())
            if not isinstance(document, dict) or not all(isinstance(table, dict) for table in document.values()):
                raise ValueError("not tables by name")
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise AlcError(
                f"{self._path} is damaged ({error}); bring it back from a copy: the decisions in journal.jsonl are "
                "not touched."
            ) from error
        return document

    def write(self, data: Mapping[str, Mapping[str, Any]]) -> None:
        """Replace the document on disk."""
        content = json.dumps(data, indent=1).encode()
        write_whole(self._path, lambda file: file.write(content))


class Document:
    """Typed access to `session.json`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db = TinyDB(path, storage=AtomicStorage)

    def create(self, config: Config, origins: Mapping[str, str], facts: Mapping[str, Any]) -> None:
        """Write a new session's document. facts: `classes`, `dataset`, `bad`, `twins`, `device` and the like."""
        entry = {
            "schema": SCHEMA,
            "alc_version": __version__,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "config": config.as_dict(),
            "origins": dict(origins),
            **facts,
        }
        self._db.table("session").insert(entry)

    @property
    def session(self) -> dict[str, Any]:
        """The session's facts; raises AlcError for a document of another schema."""
        entries = self._db.table("session").all()
        if len(entries) != 1 or entries[0].get("schema") != SCHEMA:
            raise AlcError(
                f"{self._path} is no session of this version of alc (schema {SCHEMA}); use the alc it was made with."
            )
        entry = entries[0]
        return entry | {name: current_names(entry[name]) for name in ("config", "origins")}

    @property
    def identity(self) -> tuple[int, int]:
        """Another value after each change, without reading the document."""
        found = self._path.stat()
        return found.st_ino, found.st_mtime_ns

    def update(self, **facts: Any) -> None:
        """Set some of the session's facts."""
        self._db.table("session").update(facts)

    @property
    def config(self) -> Config:
        """The session's configuration."""
        return Config.from_dict(self.session["config"])

    @property
    def rounds(self) -> list[dict[str, Any]]:
        """The finished rounds, in order."""
        return sorted((dict(entry) for entry in self._db.table("rounds").all()), key=lambda entry: entry["round"])

    def add_round(self, entry: Mapping[str, Any]) -> None:
        """Add a finished round; from here on it exists. Its arrays and weights must be on disk before."""
        self._db.table("rounds").insert(entry)
