from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from alc_tui.bench.results import RunResult, append, read
from alc_tui.session.settings.renamed import current_names
from alc_tui.session.store.typed_json import decode, encode
from tests.bench.examples import result_line

STORED = sorted((Path(__file__).parents[2] / "benchmarks" / "results").glob("*.cpu.jsonl"))


def result(**changes: object) -> RunResult:
    return decode(RunResult, {**result_line("ct", "random", 0, (0.5,)), **changes})


def test_appended_results_are_read_in_order(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    assert read(path) == ([], [])
    for id_ in ("a", "b"):
        append(path, result(id=id_))
    found, notices = read(path)
    assert found == [result(id="a"), result(id="b")] and notices == []
    assert found[0].rounds[0].macro_f1.best == 0.5 and found[0].classes == ("MEL", "NV", "DF", "VASC")
    assert (found[0].dataset, found[0].method, found[0].sampler, found[0].seed) == ("isic", "ct", "random", 0)


@pytest.mark.parametrize("name", ["demo.cpu.jsonl", "isic-small.cpu.jsonl"])
def test_results_of_earlier_versions_are_read_and_written_without_loss(name: str) -> None:
    (path,) = [each for each in STORED if each.name == name]
    found, notices = read(path)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert notices == [] and len(found) > 70
    assert [encode(each) for each in found] == [{**line, "config": current_names(line["config"])} for line in lines]


@pytest.mark.parametrize("length", [1, 30, -2, -1])
def test_an_incomplete_last_line_is_skipped_and_replaced_by_the_next(tmp_path: Path, length: int) -> None:
    path = tmp_path / "results.jsonl"
    for id_ in ("a", "b"):
        append(path, result(id=id_))
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    path.write_bytes(whole[:first] + whole[first:][:length])
    found, notices = read(path)
    assert [each.id for each in found] == ["a"]
    assert notices == [f"The last line of {path} is incomplete and was skipped; that run will be repeated."]
    append(path, result(id="b"))
    assert path.read_bytes() == whole


def test_results_of_another_version_are_skipped_with_a_notice_and_stay(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    path.write_text(json.dumps({"schema": 99, "anything": 1}) + "\n")
    append(path, result(id="a"))
    found, notices = read(path)
    assert [each.id for each in found] == ["a"]
    assert notices == [f"1 result in {path} was written by another version of alc (schema other than 1) and skipped."]
    assert path.read_text().startswith('{"schema": 99')


def in_second_round(**changes: Any) -> str:
    """A line whose second round has these values; None removes a key."""
    line = result_line("ct", "random", 0, (0.5, 0.6))
    values = {**line["rounds"][1], **changes}
    line["rounds"][1] = {name: value for name, value in values.items() if value is not None}
    return json.dumps(line)


def with_values(**changes: Any) -> str:
    return json.dumps({**result_line("ct", "random", 0, (0.5,)), **changes})


IDENTIFYING = {"dataset": "d", "method": "ct", "sampler": "random", "seed": 0}


@pytest.mark.parametrize(
    ("damaged", "reason"),
    [
        ("[1]", "not a result of alc"),
        ("{}", "not a result of alc"),
        ("nonsense", "Expecting value"),
        ('{"schema": 1, "id": "a"}', "missing"),
        ("\xff", "invalid start byte"),
        (with_values(rounds=[]), "rounds"),
        (with_values(rounds={"0": 1}), "rounds: expected a list"),
        (with_values(seconds="long"), "seconds: expected a number"),
        (with_values(classes=[1]), "classes[0]: expected text"),
        (with_values(training=None), "training: expected an object"),
        (with_values(config={"method": "ct"}), "dataset: missing"),
        (with_values(config=["ct"]), "expected an object"),
        (with_values(config=IDENTIFYING | {"seed": "x"}), "seed: invalid"),
        (with_values(config=IDENTIFYING | {"noise": "high"}), "noise: invalid value 'high'"),
        (with_values(config=IDENTIFYING | {"epochs": [1]}), "epochs: invalid value [1]"),
        *((in_second_round(**{name: None}), f"{name}: missing") for name in ("recall", "clean_size", "seconds", "f1")),
        (with_values(config=IDENTIFYING | {"noise": float("nan")}), "noise: invalid value nan"),
        (with_values(config=IDENTIFYING | {"lr": float("inf")}), "lr: invalid value inf"),
        (with_values(seconds=float("nan")), "seconds: expected a number, found nan"),
        ("[" * 100_000, "nested too deeply"),
        ("9" * 5000, "digits"),
        (in_second_round(f1={"MEL": 0.5}), "the score of a class is missing"),
        (in_second_round(f1=0.5), "rounds[1].f1: expected an object"),
        (in_second_round(macro_f1={"best": 0.5}), "rounds[1].macro_f1.last: missing"),
        (in_second_round(decided_total=-1), "decided_total decreases"),
    ],
)
def test_a_damaged_line_is_skipped_and_named_by_file_number_and_reason(
    tmp_path: Path, damaged: str, reason: str
) -> None:
    path = tmp_path / "results.jsonl"
    append(path, result(id="a"))
    path.write_bytes(damaged.encode("latin-1") + b"\n" + path.read_bytes())
    found, (notice,) = read(path)
    assert [each.id for each in found] == ["a"]
    assert notice.startswith(f"Line 1 of {path} is damaged (") and notice.endswith(") and was skipped.")
    assert reason in notice


def test_the_last_result_of_a_run_counts(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    append(path, result(alc="1"))
    append(path, result(alc="2"))
    assert [each.alc for each in read(path)[0]] == ["2"]
