"""The case data of a session's samples."""

from __future__ import annotations

import json
from pathlib import Path

from alc_tui.data.case_data import CaseData
from alc_tui.data.files.atomic import write_whole
from alc_tui.data.files.reading import read_whole
from alc_tui.errors import AlcError


def save_case_data(path: Path, case_data: CaseData) -> None:
    """Write the case data, a row for each sample in their order."""
    content = json.dumps({"columns": case_data.columns, "rows": case_data.rows}, ensure_ascii=False).encode()
    write_whole(path, content)


def load_case_data(path: Path, samples: int) -> CaseData | None:
    """Read what `save_case_data` wrote, None if nothing was; raises AlcError naming a damaged file.

    samples: how many the session has.
    """
    try:
        content = json.loads(read_whole(path))
        case_data = CaseData(tuple(content["columns"]), tuple(map(tuple, content["rows"])))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(path, str(error)) from error
    texts = [*case_data.columns, *(cell for row in case_data.rows for cell in row)]
    if len(case_data.rows) != samples or not all(isinstance(text, str) for text in texts):
        raise _damaged(path, f"expected texts for {samples:,} samples")
    if any(len(row) != len(case_data.columns) for row in case_data.rows):
        raise _damaged(path, "rows of different lengths")
    return case_data


def _damaged(path: Path, reason: str) -> AlcError:
    return AlcError(f"{path} is damaged ({reason}); restore it from a backup of the session, or remove it.")
