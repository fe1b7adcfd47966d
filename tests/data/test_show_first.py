"""What another tool found suspicious names the samples to show first."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from alc_tui.data.sources.show_first import match_names, read_show_first
from alc_tui.errors import UsageError

Put = Callable[..., Path]


@pytest.mark.parametrize("quality", ["label_quality", "label_score"])
def test_label_issues_of_cleanlab_come_worst_first(put: Put, quality: str) -> None:
    table = put("issues.csv", f"image,is_label_issue,{quality}\na.png,True,0.3\nb.png,False,0.1\nc.png,True,0.2\n")
    assert read_show_first(table) == ["c.png", "a.png"]


def test_a_row_without_quality_comes_last(put: Put) -> None:
    assert read_show_first(put("t.csv", "id,label_quality\na,\nb,0.9\n")) == ["b", "a"]


@pytest.mark.parametrize("column", ["image", "id", "file_name"])
def test_a_plain_table_gives_its_rows_in_order(put: Put, column: str) -> None:
    assert read_show_first(put("t.csv", f"{column};note\nb.png;x\na.png;y\n")) == ["b.png", "a.png"]


def test_tasks_without_annotation_come_in_the_order_of_the_file(put: Put) -> None:
    done = {"result": [{"from_name": "label", "type": "choices", "value": {"choices": ["MEL"]}}]}
    tasks = [
        {"data": {"image": "/data/local-files/?d=skin/b%20.png"}, "annotations": []},
        {"data": {"image": "a.png"}, "annotations": [done]},
        {"data": {"image": "/data/upload/3/6c84a1a6-c.png"}, "annotations": [{**done, "was_cancelled": True}]},
    ]
    assert read_show_first(put("tasks.json", json.dumps(tasks))) == ["skin/b .png", "c.png"]


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("t.csv", "image,is_label_issue\na.png,False\n", "names no image to show first"),
        ("t.csv", "picture\na.png\n", "has no column 'image'"),
        ("t.csv", "image,label_quality\na.png,bad\n", "Row 2 of .* has the label_quality 'bad'; expected a number"),
        ("t.csv", "image,label_quality\na.png,nan\n", "Row 2 of .* has the label_quality 'nan'; expected a number"),
        ("t.json", "[]", "is not a list of tasks"),
        ("t.json", '[{"data": 3}]', "Task 1 of .* has no data"),
    ],
)
def test_a_file_that_names_none_is_refused(put: Put, name: str, text: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        read_show_first(put(name, text))


def test_names_fit_by_their_end_if_it_is_unique() -> None:
    locators = {"A/x.png": "A/x.png", "B/x.png": "B/x.png", "ISIC_1": "images/ISIC_1.jpg"}
    names = ["old/place/B/x.png", "x.png", "ISIC_1", "elsewhere/ISIC_1.jpg", "A/x.png", "none.png"]
    assert match_names(names, locators) == (["B/x.png", "ISIC_1", "A/x.png"], ["x.png", "none.png"])
