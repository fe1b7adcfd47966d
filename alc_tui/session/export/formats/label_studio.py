"""Label Studio: tasks with annotations and predictions, and the labeling configuration that they need.

The format is that of https://labelstud.io/guide/task_format and https://labelstud.io/guide/predictions. Images are
served from local files: `LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT` is the folder that contains the folder of the images.
`label-studio:PATH` reads the tasks back.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

from alc_tui.session.export.formats.xml_text import xml_text
from alc_tui.session.export.table import CHANGED, CONFIRMED, ExportRow, LabelTable
from alc_tui.session.store.journal import SKIP

CONTROL, OBJECT = "label", "image"
"""The names of the tags Choices and Image in the labeling configuration."""


def content(table: LabelTable) -> bytes:
    """The tasks as JSON: verdicts are annotations, suggestions are predictions, everything else is data of the task."""
    table.check_files(table.rows)
    tasks = [
        {
            "data": _data(table, row),
            "annotations": _annotations(row),
            "predictions": _predictions(table, row),
        }
        for row in table.rows
    ]
    return json.dumps(tasks, indent=1).encode()


def companions(table: LabelTable, path: Path) -> dict[Path, bytes]:
    """The labeling configuration beside the tasks; raises UsageError for class names that XML cannot hold."""
    view = ET.Element("View")
    ET.SubElement(view, "Image", name=OBJECT, value=f"${OBJECT}")
    choices = ET.SubElement(view, "Choices", name=CONTROL, toName=OBJECT, choice="single")
    for name in table.classes:
        ET.SubElement(choices, "Choice", value=xml_text(name))
    ET.indent(view)
    return {path.with_name(f"{path.stem}.label_config.xml"): ET.tostring(view, encoding="utf-8") + b"\n"}


def _data(table: LabelTable, row: ExportRow) -> dict[str, Any]:
    served = Path(table.root.absolute().name, table.locator(row)).as_posix()
    data = {
        OBJECT: f"/data/local-files/?d={quote(served, errors='surrogateescape')}",
        "sample": row.id,
        "given": "" if table.hides(row) else row.given,
        "status": row.status,
        "who": row.who,
        "when": row.when,
        "round": row.round,
        "path": row.path,
        "note": row.note,
    }
    return {name: value for name, value in data.items() if value != ""}


def _annotations(row: ExportRow) -> list[dict[str, Any]]:
    if row.status in (CONFIRMED, CHANGED):
        return [{"result": [_choice(row.final)], "was_cancelled": False}]
    return [{"result": [], "was_cancelled": True}] if row.status == SKIP else []


def _predictions(table: LabelTable, row: ExportRow) -> list[dict[str, Any]]:
    if not row.suggestion:
        return []
    prediction: dict[str, Any] = {"model_version": f"alc {table.session}", "result": [_choice(row.suggestion)]}
    return [prediction if row.probability is None else prediction | {"score": row.probability}]


def _choice(label: str) -> dict[str, Any]:
    return {"from_name": CONTROL, "to_name": OBJECT, "type": "choices", "value": {"choices": [label]}}
