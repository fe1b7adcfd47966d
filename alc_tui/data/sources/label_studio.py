"""Label Studio's exports "JSON" and "JSON-MIN" with one choice per image, and tasks that `alc session export` writes.

The formats are described at https://labelstud.io/guide/export and https://labelstud.io/guide/task_format.
"""

from __future__ import annotations

import json
import os
import posixpath
import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from alc_tui.data.dataset import Dataset
from alc_tui.data.files.reading import read_whole
from alc_tui.data.images import extensions
from alc_tui.data.paths import expand_home
from alc_tui.data.sources.table import OPTIONAL, TableFormat, open_records
from alc_tui.data.tables import CsvTable
from alc_tui.errors import UsageError

_FORMAT = TableFormat(
    status=("status", "exclude"),
    is_apart=True,
    has_case_data=False,
    unlabeled="no annotation with one choice, or several that disagree",
)
_CONTROLS = ("label", "choice")
"""The names of the tag Choices that are preferred if there are several."""
_UPLOAD = re.compile(r"[0-9a-f]{8}-")
"""What Label Studio puts before the name of an uploaded file."""


def open_label_studio(path: Path, name: str, data_root: Path | None = None, merge_alike: bool = False) -> Dataset:
    """The data set in the tasks at `path`; images are searched for beside the file and in the data root.

    The label of a task is the choice of its annotation, of the one marked as ground truth if there are several. Tasks
    without annotation keep the label that an export of alc names as `given`; others are in the inventory's problems,
    like those whose annotations disagree. Fields `split`, `truth` and of groups are read as in a table, and so are
    merge_alike and most errors; see `table.open_table`. Raises UsageError for a file that is no such export, and for a
    task with several images or several kinds of choices.
    """
    path = expand_home(path).absolute()
    folders = [path.parent] if data_root is None else [path.parent, data_root]
    tasks = _tasks(path)
    control = _control(path, tasks)
    rows = tuple((number, _row(f"Task {number} of {path}", task, control, folders)) for number, task in tasks)
    table = CsvTable(path, ("image", "label", "status", *OPTIONAL), rows, "task")
    return open_records(table, _FORMAT, name, data_root, merge_alike)


def images_without_label(path: Path) -> list[str]:
    """The places of the images of tasks without annotation, skipped ones included, in the order of the file.

    Raises UsageError for a file that is no export of Label Studio.
    """
    tasks = _tasks(path)
    control = _control(path, tasks)
    open_tasks = [(number, task) for number, task in tasks if not _is_labeled(task, control)]
    return [_place(_image(f"Task {number} of {path}", task.get("data", task))) for number, task in open_tasks]


def _is_labeled(task: Mapping[str, Any], control: str) -> bool:
    return bool(_annotations(task) if "data" in task else _plain_choice(task.get(control)))


def _tasks(path: Path) -> list[tuple[int, Mapping[str, Any]]]:
    """The tasks, numbered from 1."""
    try:
        tasks = json.loads(read_whole(path).decode("utf-8-sig"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}); check the path.") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not JSON ({error}); export the project from Label Studio as JSON.") from error
    if not isinstance(tasks, list) or not tasks or not all(isinstance(task, dict) for task in tasks):
        raise UsageError(f"{path} is not a list of tasks; export the project from Label Studio as JSON.")
    for number, task in enumerate(tasks, start=1):
        if not isinstance(task.get("data", task), dict):
            raise UsageError(f"Task {number} of {path} has no data; export the project from Label Studio as JSON.")
    return list(enumerate(tasks, start=1))


def _row(where: str, task: Mapping[str, Any], control: str, folders: Sequence[Path]) -> dict[str, str]:
    data = task.get("data", task)
    texts = {name: str(data.get(name) or "") for name in ("status", *OPTIONAL)}
    return texts | {
        "image": _below(folders, _place(_image(where, data))),
        "label": _label(task, control) if "data" in task else _short_label(task, control),
    }


def _image(where: str, data: Mapping[str, Any]) -> str:
    """The reference to the image of a task: its field `image`, else the only one that names an image file."""
    image = data.get("image")
    if isinstance(image, str):
        return image
    images = [value for value in data.values() if isinstance(value, str) and _names_image(value)]
    if len(set(images)) != 1:
        raise UsageError(f"{where} names {len(set(images))} images; alc reads tasks with one image.")
    return images[0]


def _names_image(text: str) -> bool:
    return PurePosixPath(_place(text)).suffix.lower() in extensions()


def _place(reference: str) -> str:
    """The path in a reference: of a local file, of an uploaded one, of an address, or the reference itself."""
    if "://" not in reference and not reference.startswith("/data/"):
        return reference
    try:
        url = urlsplit(reference)
    except ValueError:
        return reference
    if url.path.endswith("/data/local-files/"):
        return parse_qs(url.query, errors="surrogateescape").get("d", [""])[0]
    path = unquote(url.path, errors="surrogateescape").lstrip("/")
    if "data/upload/" in path:
        return _UPLOAD.sub("", posixpath.basename(path), count=1)
    return path


def _below(folders: Sequence[Path], place: str) -> str:
    """The longest end of a path that is a file in one of the folders; without any, its name."""
    parts = place.strip("/").split("/")
    ends = ["/".join(parts[first:]) for first in range(len(parts))]
    return next((end for folder in folders for end in ends if os.path.isfile(folder / end)), parts[-1])  # noqa: PTH113


def _control(path: Path, tasks: Sequence[tuple[int, Mapping[str, Any]]]) -> str:
    """The name of the choices that are the classes."""
    names: set[str] = set()
    for _, task in tasks:
        if "data" in task:
            names |= {str(result.get("from_name")) for result in _results(task) if result.get("type") == "choices"}
        else:
            names |= task.keys() & set(_CONTROLS)
    preferred = [name for name in _CONTROLS if name in names] or sorted(names)
    if len(names) > 1 and preferred[0] not in _CONTROLS:
        raise UsageError(
            f"{path} has several kinds of choices ({', '.join(map(repr, sorted(names)))}); name the one with the "
            "classes 'label' in the labeling configuration."
        )
    return preferred[0] if preferred else _CONTROLS[0]


def _label(task: Mapping[str, Any], control: str) -> str:
    """The class of a task; "" if there is none or if its annotations disagree."""
    annotations = _annotations(task)
    truths = [each for each in annotations if each.get("ground_truth")]
    labels = {label for each in truths or annotations if (label := _choice_in(each, control))}
    if not labels:
        return str(task["data"].get("given") or "")
    return labels.pop() if len(labels) == 1 else ""


def _short_label(task: Mapping[str, Any], control: str) -> str:
    """The class of a task of the short export, which has the fields of its data beside the choice."""
    return _plain_choice(task[control]) if control in task else str(task.get("given") or "")


def _choice_in(annotation: Mapping[str, Any], control: str) -> str:
    chosen = [each for each in _results_of(annotation) if each.get("from_name") == control]
    return _plain_choice(chosen[0].get("value")) if len(chosen) == 1 else ""


def _plain_choice(value: object) -> str:
    """The only choice in a value, "" if there is none or several."""
    if isinstance(value, dict):
        value = value.get("choices")
    if isinstance(value, list):
        value = value[0] if len(value) == 1 else ""
    return str(value).strip() if isinstance(value, str | int | float) else ""


def _annotations(task: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The annotations of a task that were not skipped."""
    annotations = task.get("annotations")
    listed = annotations if isinstance(annotations, list) else []
    return [each for each in listed if isinstance(each, dict) and not each.get("was_cancelled")]


def _results(task: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [result for annotation in _annotations(task) for result in _results_of(annotation)]


def _results_of(annotation: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    results = annotation.get("result")
    return [each for each in results if isinstance(each, dict)] if isinstance(results, list) else []
