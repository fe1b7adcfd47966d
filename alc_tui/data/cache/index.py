"""The index of a pixel file: maps content to rows. Independent of images and decoding.

A row is valid only if it is committed here and is within the pixel file.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_TABLES = """
CREATE TABLE IF NOT EXISTS tokens (token BLOB PRIMARY KEY, digest BLOB, error TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS images (
    digest BLOB PRIMARY KEY, row INTEGER NOT NULL UNIQUE, pixels_digest BLOB NOT NULL,
    width INTEGER NOT NULL, height INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS headers (digest BLOB PRIMARY KEY, frames INTEGER NOT NULL) WITHOUT ROWID;
"""
_WITHOUT_FRAMES = (
    "SELECT t.token, t.error, i.row, i.pixels_digest, NULL FROM tokens t LEFT JOIN images i ON i.digest = t.digest "
    "WHERE t.token IN "
)
_WITH_FRAMES = (
    "SELECT t.token, t.error, i.row, i.pixels_digest, h.frames FROM tokens t "
    "LEFT JOIN images i ON i.digest = t.digest LEFT JOIN headers h ON h.digest = t.digest WHERE t.token IN "
)
_TOKENS_PER_QUERY = 900
_CACHED_KIB, _MOST_CACHED_KIB = 2_000, 256_000
"""How much of the index a lookup keeps in memory: SQLite's default for a few keys, almost all of it for a million, in
whose order the same pages would otherwise be read again and again."""
_TIMEOUT_SECONDS = 60.0


@dataclass(frozen=True)
class Entries:
    """What an index holds for n tokens, by position.

    rows: int64[n], −1 for a token without a row. pixels: uint8[n, 16], the digests of the full-size pixels. frames:
    int32[n], how many pages or frames the file has, 0 if its header was not recorded, as in versions up to 0.4. errors:
    why images are bad.
    """

    rows: NDArray[np.int64]
    pixels: NDArray[np.uint8]
    frames: NDArray[np.int32]
    errors: dict[int, str]

    @classmethod
    def none(cls, count: int) -> Entries:
        """Those of `count` tokens that an index does not hold."""
        pixels = np.zeros((count, 16), dtype=np.uint8)
        return cls(np.full(count, -1, dtype=np.int64), pixels, np.zeros(count, dtype=np.int32), {})

    def missing(self) -> NDArray[np.int64]:
        """The positions without a row and without an error, int64[·]."""
        is_missing = self.rows < 0
        is_missing[list(self.errors)] = False
        return np.flatnonzero(is_missing)


@dataclass(frozen=True)
class CacheRow:
    """A decoded image in the pixel file. width, height: in pixels, of the full-size image."""

    digest: bytes
    row: int
    pixels_digest: bytes
    width: int
    height: int


def token_key(token: str) -> bytes:
    """The 16-byte key of a token; works for file names in any encoding."""
    return blake2b(token.encode(errors="surrogateescape"), digest_size=16).digest()


def lookup(path: Path, keys: Sequence[bytes], rows: int) -> Entries:
    """The entries in the index at `path` for these keys; none if its writer has not created the tables yet.

    rows: number of complete rows in the pixel file. A key takes O(log n) of an index of n.
    """
    entries = Entries.none(len(keys))
    if not path.exists():
        return entries
    # Not mode=ro: a reader must also be able to roll back what a killed writer left behind.
    with closing(_connect(path, "rw")) as connection:
        if not _has_tables(connection, {"tokens", "images"}):
            return entries
        connection.execute(f"PRAGMA cache_size = -{min(_MOST_CACHED_KIB, max(_CACHED_KIB, len(keys) // 4))}")
        query = _WITH_FRAMES if _has_tables(connection, {"headers"}) else _WITHOUT_FRAMES
        for start in range(0, len(keys), _TOKENS_PER_QUERY):
            batch = keys[start : start + _TOKENS_PER_QUERY]
            found = {found[0]: found[1:] for found in connection.execute(query + _placeholders(len(batch)), batch)}
            for position, key in enumerate(batch, start=start):
                if key in found:
                    _enter(entries, position, rows, *found[key])
    return entries


def _enter(
    entries: Entries, position: int, rows: int, error: str | None, row: int | None, digest: bytes, frames: int | None
) -> None:
    if error is not None:
        entries.errors[position] = error
    elif row is not None and row < rows:
        entries.rows[position], entries.frames[position] = row, frames or 0
        entries.pixels[position, : len(digest)] = np.frombuffer(digest, dtype=np.uint8)


def content_digests(path: Path, keys: Sequence[bytes]) -> dict[bytes, bytes]:
    """The digests of the contents in the index at `path` for these keys, as far as they are known."""
    found: dict[bytes, bytes] = {}
    with closing(_connect(path, "rw")) as connection:
        for start in range(0, len(keys), _TOKENS_PER_QUERY):
            batch = keys[start : start + _TOKENS_PER_QUERY]
            query = "SELECT token, digest FROM tokens WHERE digest IS NOT NULL AND token IN "
            found |= dict(connection.execute(query + _placeholders(len(batch)), batch))
    return found


class Digests:
    """The digests of the contents in an index, each looked up in O(log n) when it is asked for, by any thread."""

    def __init__(self, connection: sqlite3.Connection, lock: threading.Lock) -> None:
        self._connection, self._lock = connection, lock

    def __contains__(self, digest: object) -> bool:
        with self._lock:
            found = self._connection.execute("SELECT 1 FROM images WHERE digest = ?", (digest,)).fetchone()
        return found is not None


class IndexWriter:
    """The index, opened by its single writer in O(log n). rows: number of complete rows in the pixel file.

    digests: of the contents in the index; it grows with each `add`.
    """

    def __init__(self, path: Path, rows: int) -> None:
        self._connection = _connect(path, "rwc")
        self._connection.executescript(_TABLES)
        self._lock = threading.Lock()
        with self._connection:
            self._connection.execute("DELETE FROM images WHERE row >= ?", (rows,))
        self.digests = Digests(self._connection, self._lock)
        (last,) = self._connection.execute("SELECT MAX(row) FROM images").fetchone()
        self.next_row = 0 if last is None else int(last) + 1

    def add(
        self,
        rows: Iterable[CacheRow],
        tokens: Iterable[tuple[bytes, bytes | None, str | None]],
        frames: Mapping[bytes, int] | None = None,
    ) -> None:
        """Commit rows whose pixels are on disk, and tokens as (key, digest of the content, reason if it is bad).

        frames: how many pages or frames the files with these digests have.
        """
        rows = list(rows)
        with self._lock, self._connection:
            self._connection.executemany(
                "INSERT OR REPLACE INTO images VALUES (?, ?, ?, ?, ?)",
                [(row.digest, row.row, row.pixels_digest, row.width, row.height) for row in rows],
            )
            self._connection.executemany("INSERT OR REPLACE INTO tokens VALUES (?, ?, ?)", list(tokens))
            self._connection.executemany("INSERT OR REPLACE INTO headers VALUES (?, ?)", list((frames or {}).items()))
        self.next_row += len(rows)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    location = f"{path.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(location, uri=True, timeout=_TIMEOUT_SECONDS, check_same_thread=False)


def _has_tables(connection: sqlite3.Connection, names: set[str]) -> bool:
    """Whether the writer has created these tables: a file without them is left by a kill, a full disk, an earlier
    version, or has just been created."""
    return names <= {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def _placeholders(count: int) -> str:
    return f"({','.join('?' * count)})"
