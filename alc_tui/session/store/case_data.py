"""The case data of a session's samples: JSON with one line per sample, so that a row is parsed when it is shown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, overload

import numpy as np

from alc_tui.data.case_data import CaseData
from alc_tui.data.files.atomic import write_whole
from alc_tui.data.files.reading import read_whole
from alc_tui.errors import AlcError

_ROWS = b'"rows": [\n'
_END = b"\n]}"


class StoredRows(Sequence[tuple[str, ...]]):
    """The rows of a file, one line each; a row is parsed when it is asked for."""

    def __init__(self, lines: bytes) -> None:
        self._lines = lines
        breaks = np.flatnonzero(np.frombuffer(lines, dtype=np.uint8) == ord("\n"))
        self._starts = np.concatenate([[0], breaks + 1, [len(lines) + 1]]) if lines else np.zeros(1, dtype=np.int64)

    def __len__(self) -> int:
        return len(self._starts) - 1

    @overload
    def __getitem__(self, at: int) -> tuple[str, ...]: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[tuple[str, ...], ...]: ...

    def __getitem__(self, at: int | slice) -> tuple[str, ...] | tuple[tuple[str, ...], ...]:
        if isinstance(at, slice):
            return tuple(self[place] for place in range(*at.indices(len(self))))
        if not -len(self) <= at < len(self):
            raise IndexError(at)
        place = at % len(self)
        line = self._lines[self._starts[place] : self._starts[place + 1] - 1]
        return tuple(json.loads(line.removesuffix(b",")))


def save_case_data(path: Path, case_data: CaseData) -> None:
    """Write the case data, a row for each sample in their order."""
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in case_data.rows).encode()
    head = json.dumps({"columns": case_data.columns, "checksum": _checksum(lines)}, ensure_ascii=False).encode()
    write_whole(path, head.removesuffix(b"}") + b", " + _ROWS + lines + _END)


def load_case_data(path: Path, samples: int) -> CaseData | None:
    """Read what `save_case_data` or an earlier version wrote, None if nothing was; raises AlcError naming a damaged
    file.

    samples: how many the session has.
    """
    try:
        content = read_whole(path)
        case_data = _as_saved(content) or _parsed(json.loads(content))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(path, str(error)) from error
    if len(case_data.rows) != samples:
        raise _damaged(path, f"expected texts for {samples:,} samples")
    return case_data


def _as_saved(content: bytes) -> CaseData | None:
    """The case data in a file that is as it was written; None for any other, such as an edited one."""
    head, found, rest = content.partition(_ROWS)
    if not found:
        return None
    lines = rest.removesuffix(_END)
    facts = json.loads(head.rstrip().removesuffix(b",") + b"}")
    if facts.get("checksum") != _checksum(lines):
        return None
    return CaseData(tuple(facts["columns"]), StoredRows(lines))


def _parsed(content: Any) -> CaseData:
    case_data = CaseData(tuple(content["columns"]), tuple(map(tuple, content["rows"])))
    texts = (case_data.columns, *case_data.rows)
    if not all(isinstance(text, str) for row in texts for text in row):
        raise ValueError("values that are not texts")
    if any(len(row) != len(case_data.columns) for row in case_data.rows):
        raise ValueError("rows of different lengths")
    return case_data


def _checksum(lines: bytes) -> str:
    return blake2b(lines, digest_size=16).hexdigest()


def _damaged(path: Path, reason: str) -> AlcError:
    return AlcError(f"{path} is damaged ({reason}); restore it from a backup of the session, or remove it.")
