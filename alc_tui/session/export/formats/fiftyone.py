"""FiftyOne: `labels.json` of a FiftyOneImageClassificationDataset.

The format is that of https://docs.voxel51.com/user_guide/import_datasets.html: images are named by their paths below
`data_path`, without extension.
"""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Any

from alc_tui.errors import UsageError
from alc_tui.session.export.table import ExportRow, LabelTable
from alc_tui.session.store.journal import EXCLUDE

_ATTRIBUTES = ("status", "given", "suggestion", "probability", "who", "when", "round", "note")


def content(table: LabelTable) -> bytes:
    """The labels as JSON. Excluded images and, in a blind session, undecided ones have none.

    Raises UsageError if the paths of two images differ only in their extension.
    """
    table.check_files(table.rows)
    number_of = {name: number for number, name in enumerate(table.classes)}
    labels: dict[str, Any] = {}
    for row in table.rows:
        name = str(PurePosixPath(table.locator(row)).with_suffix(""))
        if name in labels:
            raise UsageError(
                f"Two images are named {name!r} but for their extension, which FiftyOne cannot tell apart; rename one, "
                "or export another --format."
            )
        has_label = row.status != EXCLUDE and not table.hides(row)
        labels[name] = _label(row, number_of[row.final]) if has_label else None
    return json.dumps({"classes": list(table.classes), "labels": labels}, indent=1).encode()


def _label(row: ExportRow, number: int) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in _ATTRIBUTES}
    return {"label": number, "attributes": {name: value for name, value in values.items() if value not in ("", None)}}
