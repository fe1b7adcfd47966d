"""What Label Studio exports is read as a data set."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from alc_tui.data.catalog import open_dataset
from alc_tui.data.dataset import TEST, TRAIN, VAL, Dataset
from alc_tui.data.sources.label_studio import open_label_studio
from alc_tui.errors import UsageError

Put = Callable[..., Path]


def annotation(label: str, control: str = "choice", **more: Any) -> dict[str, Any]:
    """As in the export "JSON" of a project with the default template for image classification."""
    result = {"value": {"choices": [label]}, "id": "Dx_aB91ISN", "from_name": control, "to_name": "image"}
    return {"id": 1, "completed_by": 1, "result": [result | {"type": "choices", "origin": "manual"}]} | more


def task(image: str, *annotations: dict[str, Any], **data: str) -> dict[str, Any]:
    return {"id": 7, "annotations": list(annotations), "predictions": [], "data": {"image": image} | data}


@pytest.fixture
def opened(put: Put) -> Callable[..., Dataset]:
    def open_tasks(*tasks: Any, root: Path | None = None) -> Dataset:
        return open_label_studio(put("tasks.json", json.dumps(tasks)), "x", root)

    return open_tasks


def labels(data: Dataset) -> dict[str, str]:
    return {name: data.classes[label] for name, label in zip(data.ids, data.labels, strict=True)}


def test_the_choice_of_an_annotation_is_the_label(put: Put, opened: Callable[..., Dataset]) -> None:
    put("a.png", gray=9)
    data = opened(task("a.png", annotation("MEL")), task("b.png", annotation("NV")))
    assert labels(data) == {"a.png": "MEL", "b.png": "NV"}
    assert data.images.read(0).getpixel((0, 0)) == (9, 9, 9)


def test_the_spec_of_a_data_set_names_the_kind_and_the_file(put: Put) -> None:
    put("a.png")
    path = put("tasks.json", json.dumps([task("a.png", annotation("MEL"))]))
    assert open_dataset(f"label-studio:{path}", None).name == f"label-studio:{path}"
    with pytest.raises(UsageError, match="incomplete; specify label-studio:PATH"):
        open_dataset("label-studio:", None)


@pytest.mark.parametrize(
    ("reference", "place"),
    [
        ("/data/local-files/?d=skin/deep/a%20b.png", "deep/a b.png"),
        ("/data/local-files/?d=all/data/skin/deep/a b.png", "deep/a b.png"),
        ("http://localhost:8080/data/local-files/?d=deep/a%20b.png", "deep/a b.png"),
        ("/data/upload/1/6c84a1a6-c.png", "c.png"),
        ("https://example.com/images/deep/a%20b.png?token=1", "deep/a b.png"),
        ("s3://bucket/skin/c.png", "c.png"),
        ("deep/a b.png", "deep/a b.png"),
        ("http://[broken/c.png", "c.png"),
    ],
)
def test_images_are_recognized_wherever_label_studio_had_them(
    put: Put, opened: Callable[..., Dataset], reference: str, place: str
) -> None:
    put("deep/a b.png")
    put("c.png")
    assert list(labels(opened(task(reference, annotation("x"))))) == [place]


def test_images_may_be_in_the_data_root(tmp_path: Path, put: Put) -> None:
    put("elsewhere/deep/a.png")
    path = put("out/tasks.json", json.dumps([task("/data/local-files/?d=x/deep/a.png", annotation("MEL"))]))
    with pytest.raises(UsageError, match=r"images of .*tasks\.json, such as 'a\.png', are not in .*--data-root"):
        open_label_studio(path, "x")
    data = open_label_studio(path, "x", tmp_path / "elsewhere")
    assert data.ids == ("deep/a.png",) and data.root == tmp_path / "elsewhere"


def test_the_short_export_is_read_too(put: Put, opened: Callable[..., Dataset]) -> None:
    put("a.png")
    short = {"id": 1, "annotator": 1, "annotation_id": 4, "created_at": "2026-01-01", "lead_time": 3.2}
    data = opened(short | {"image": "a.png", "choice": "MEL"}, short | {"image": "b.png", "choice": "NV"})
    assert labels(data) == {"a.png": "MEL", "b.png": "NV"}


def test_tasks_that_alc_exported_keep_their_given_label_without_annotation(
    put: Put, opened: Callable[..., Dataset]
) -> None:
    put("a.png")
    data = opened(
        task("a.png", given="NV"),
        task("b.png", annotation("MEL"), given="NV"),
        {"id": 3, "image": "c.png", "given": "NV"},
        {"id": 4, "image": "d.png", "given": "NV", "choice": "MEL"},
    )
    assert labels(data) == {"a.png": "NV", "b.png": "MEL", "c.png": "NV", "d.png": "MEL"}


def test_skipped_annotations_do_not_count_and_the_ground_truth_prevails(
    put: Put, opened: Callable[..., Dataset]
) -> None:
    put("a.png")
    data = opened(
        task("a.png", annotation("NV", was_cancelled=True), annotation("MEL")),
        task("b.png", annotation("NV"), annotation("MEL", ground_truth=True)),
        task("c.png", annotation("NV"), annotation("NV")),
    )
    assert labels(data) == {"a.png": "MEL", "b.png": "MEL", "c.png": "NV"}


def test_tasks_without_one_label_are_problems(put: Put, opened: Callable[..., Dataset]) -> None:
    put("a.png")
    two = annotation("NV")
    two["result"][0]["value"]["choices"].append("MEL")
    data = opened(
        task("a.png", annotation("NV")),
        task("b.png"),
        task("c.png", annotation("NV"), annotation("MEL")),
        task("d.png", two),
    )
    assert labels(data) == {"a.png": "NV"}
    reason = "no annotation with one choice, or several that disagree"
    assert [(each.path, each.reason) for each in data.inventory.problems] == [
        ("task 2 (b.png)", reason), ("task 3 (c.png)", reason), ("task 4 (d.png)", reason),
    ]  # fmt: skip


def test_the_label_is_that_of_the_choices_named_so(put: Put, opened: Callable[..., Dataset]) -> None:
    put("a.png")
    both = annotation("MEL", "label")
    both["result"] += annotation("blurred", "quality")["result"]
    assert labels(opened(task("a.png", both))) == {"a.png": "MEL"}
    neither = annotation("MEL", "diagnosis")
    neither["result"] += annotation("blurred", "quality")["result"]
    with pytest.raises(UsageError, match=r"several kinds of choices \('diagnosis', 'quality'\); name the one"):
        opened(task("a.png", neither))
    assert labels(opened(task("a.png", annotation("MEL", "diagnosis")))) == {"a.png": "MEL"}


def test_split_and_patients_are_read_as_in_a_table(put: Put, opened: Callable[..., Dataset]) -> None:
    put("a.png")
    data = opened(
        task("a.png", annotation("x"), split="train", patient_id="p1"),
        task("b.png", annotation("x"), split="val", patient_id="p1"),
        task("c.png", annotation("x"), split="test", patient_id="p2"),
    )
    assert data.split.tolist() == [TRAIN, VAL, TEST] and data.groups == ("p1", "p1", "p2")


def test_the_image_is_the_only_field_that_names_one(put: Put, opened: Callable[..., Dataset]) -> None:
    put("a.png")
    plain = {"annotations": [annotation("x")], "data": {"photo": "a.png", "note": "see b"}}
    assert labels(opened(plain)) == {"a.png": "x"}
    plain["data"] = {"photo": "a.png", "mask": "b.png"}
    with pytest.raises(UsageError, match=r"Task 1 of .*tasks\.json names 2 images"):
        opened(plain)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("image,label\n", "is not JSON"),
        ("{}", "is not a list of tasks"),
        ("[]", "is not a list of tasks"),
        ("[1]", "is not a list of tasks"),
        ('[{"data": 3}]', "Task 1 of .* has no data"),
        ('[{"data": {"text": "a"}}]', "Task 1 of .* names 0 images"),
        ('[{"data": {"image": "a.png"}, "annotations": 3}]', "No task of .* has a label"),
        ('[{"data": {"image": "a.png"}, "annotations": [{"result": [3]}]}]', "No task of .* has a label"),
        ("[" * 100_000, "is not JSON"),
    ],
)
def test_what_is_no_export_is_refused(put: Put, text: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        open_label_studio(put("tasks.json", text), "x")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.json cannot be read \(No such file or directory\)"):
        open_label_studio(tmp_path / "none.json", "x")


def test_an_image_that_occurs_twice_is_refused(put: Put, opened: Callable[..., Dataset]) -> None:
    put("a.png")
    with pytest.raises(UsageError, match=r"Task 2 of .* repeats the image 'a\.png' of task 1"):
        opened(task("a.png", annotation("x")), task("a.png", annotation("y")))
