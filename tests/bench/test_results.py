from __future__ import annotations

import json
from pathlib import Path

import pytest

from alc_tui.bench.results import append, read
from tests.bench.made import line


def told(**changes: object) -> dict[str, object]:
    made = {**line("ct", "random", 0, (0.5,)), **changes}
    del made["schema"]
    return made


def test_what_was_appended_is_read_in_order(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    assert read(path) == ([], [])
    for number in ("a", "b"):
        append(path, told(id=number))
    found, notices = read(path)
    assert [result.id for result in found] == ["a", "b"] and notices == []
    assert found[0].rounds[0]["macro_f1"]["best"] == 0.5 and found[0].classes == ("MEL", "NV", "DF", "VASC")


@pytest.mark.parametrize("length", [1, 30, -2, -1])
def test_a_half_written_last_line_is_passed_over_and_gone_with_the_next(tmp_path: Path, length: int) -> None:
    path = tmp_path / "results.jsonl"
    for number in ("a", "b"):
        append(path, told(id=number))
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    path.write_bytes(whole[:first] + whole[first:][:length])
    found, notices = read(path)
    assert [result.id for result in found] == ["a"]
    assert notices == [f"The last line of {path} is half written; its run will be done again."]
    append(path, told(id="b"))
    assert path.read_bytes() == whole


def test_results_of_another_version_are_passed_over_with_a_notice_and_stay(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    path.write_text(json.dumps({"schema": 99, "anything": 1}) + "\n")
    append(path, told(id="a"))
    found, notices = read(path)
    assert [result.id for result in found] == ["a"]
    assert notices == [f"1 result in {path} of another version of alc (schema other than 1) passed over."]
    assert path.read_text().startswith('{"schema": 99')


def lacking(name: str) -> str:
    """A line whose second round lacks something."""
    made = line("ct", "random", 0, (0.5, 0.6))
    del made["rounds"][1][name]
    return json.dumps(made)


@pytest.mark.parametrize(
    "damaged",
    [
        "[1]",
        "{}",
        "nonsense",
        '{"schema": 1, "id": "a"}',
        "\xff",
        json.dumps({**line("ct", "random", 0, (0.5,)), "rounds": []}),
        json.dumps({**line("ct", "random", 0, (0.5,)), "config": {"method": "ct"}}),
        *map(lacking, ("recall", "clean_size", "seconds", "f1")),
    ],
)
def test_a_damaged_line_is_told_by_its_number(tmp_path: Path, damaged: str) -> None:
    path = tmp_path / "results.jsonl"
    append(path, told(id="a"))
    path.write_bytes(damaged.encode("latin-1") + b"\n" + path.read_bytes())
    found, notices = read(path)
    assert [result.id for result in found] == ["a"]
    assert notices == [f"Line 1 of {path} cannot be read; it is passed over."]


def test_the_last_result_of_a_run_counts(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    append(path, told(alc="1"))
    append(path, told(alc="2"))
    assert [result.alc for result in read(path)[0]] == ["2"]
