from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alc_tui import __version__
from alc_tui.errors import AlcError
from alc_tui.session.settings.config import Config
from alc_tui.session.store.document import Document
from alc_tui.session.store.ledger import Ledger
from alc_tui.session.store.records import (
    DatasetRecord,
    DuplicateGroup,
    Intervals,
    MacroF1,
    Retraining,
    RoundRecord,
    RoundScores,
    Scores,
    SelectionScores,
)

CLASSES = ("MEL", "NV")
CHANGE = Intervals((-0.1, 0.1), {"MEL": (0.0, 0.1), "NV": (-0.1, 0.0)})
DATASET = DatasetRecord(name="demo", root="/data/demo", splits={"train": 6, "val": 2, "test": 2})
SCORES = Scores(
    macro_f1=0.5,
    balanced_accuracy=0.5,
    accuracy=0.5,
    mcc=0.0,
    auroc=None,
    precision=(0.5, 0.5),
    recall=(0.5, 0.5),
    f1=(0.5, 0.5),
    auroc_per_class=(0.75, None),
    support=(1, 1),
    confusion=((1, 0), (1, 0)),
)


def finished(number: int, **changes: Any) -> RoundRecord:
    """The record of a round."""
    record = RoundRecord(
        round=number,
        ledger=Ledger(shown=2, changed=1, label_seconds=3.5),
        decided_total=1,
        queued=2,
        clean_size=4,
        macro_f1=MacroF1(0.5, 0.4),
        f1={"MEL": 0.5, "NV": 0.5},
        best_epoch=1,
        scores=RoundScores(SCORES, SCORES),
        validation=(0.25, 0.5),
        seconds=2.5,
    )
    return replace(record, **changes)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "session.json"
    Document(path).create(Config(dataset="demo", noise=0.5), {"noise": "option"}, DATASET, CLASSES, "cpu")
    return path


def test_a_new_document_holds_schema_version_configuration_origins_and_facts(path: Path) -> None:
    document = Document(path)
    session = document.session
    assert session.schema == 1 and session.alc_version == __version__
    assert session.config == document.config == Config(dataset="demo", noise=0.5)
    assert session.origins == {"noise": "option"}
    assert (session.dataset, session.classes, session.device) == (DATASET, CLASSES, "cpu")
    assert session.created.endswith("+00:00")
    assert document.rounds == []


def test_a_document_of_version_0_3_is_read_and_written_as_it_is(path: Path) -> None:
    content = json.loads(path.read_text())
    Document(path).add_round(
        finished(
            0,
            clean_per_class={"MEL": 4, "NV": 0},
            interval=Intervals((0.4, 0.6), {"MEL": (0.3, 0.7), "NV": (0.0, 1.0)}),
            forget_rate=0.4,
            selection=SelectionScores(None, 0.0, {"MEL": 0.5, "NV": None}),
            peers=MacroF1(0.5, 0.5),
        )
    )
    (stored,) = json.loads(path.read_text())["rounds"].values()
    assert list(content["session"]["1"]) == [
        *("schema", "alc_version", "created", "config", "origins", "dataset", "classes", "device", "bad", "twins")
    ]
    assert list(stored) == [
        *("round", "shown", "confirmed", "changed", "skipped", "flagged", "excluded", "undone", "repeated", "reviewed"),
        *("label_seconds", "free_corrections", "decided_total", "queued", "clean_size", "clean_per_class", "macro_f1"),
        *("f1", "best_epoch", "scores", "interval", "validation", "seconds", "forget_rate", "selection", "peers"),
    ]
    assert stored["macro_f1"] == {"best": 0.5, "last": 0.4} and stored["shown"] == 2
    assert stored["selection"] == {"precision": None, "recall": 0.0, "guess": {"MEL": 0.5, "NV": None}}
    assert stored["interval"] == {"macro_f1": [0.4, 0.6], "f1": {"MEL": [0.3, 0.7], "NV": [0.0, 1.0]}}
    assert stored["scores"]["best"]["confusion"] == [[1, 0], [1, 0]]


def test_groups_of_duplicates_are_stored_as_twins_and_stay_when_other_facts_change(tmp_path: Path) -> None:
    path = tmp_path / "session.json"
    group = DuplicateGroup(("a.png", "b.png"), ("NV", "MEL"), ("train", "test"))
    document = Document(path)
    document.create(Config(dataset="demo", noise=0.5), {}, DATASET, CLASSES, "cpu", duplicates=[group])
    document.update(replace(document.session, estimated_noise=0.5))
    (stored,) = json.loads(path.read_text())["session"].values()
    assert stored["twins"] == [{"ids": ["a.png", "b.png"], "classes": ["NV", "MEL"], "splits": ["train", "test"]}]
    assert "duplicates" not in stored and Document(path).session.duplicates == (group,)


def test_rounds_come_back_in_order_whatever_the_order_they_were_added_in(path: Path) -> None:
    document = Document(path)
    first, second = finished(0, forget_rate=0.5), finished(1, change=CHANGE)
    document.add_round(second)
    document.add_round(first)
    assert Document(path).rounds == [first, second]


def test_facts_can_be_added_replaced_and_removed(path: Path) -> None:
    for estimate, retraining in ((0.25, Retraining(1, 5)), (0.5, None)):
        document = Document(path)
        document.update(replace(document.session, estimated_noise=estimate, retraining=retraining))
        assert (Document(path).session.estimated_noise, Document(path).session.retraining) == (estimate, retraining)
    assert Document(path).session.classes == CLASSES


def test_what_another_version_added_to_the_document_stays(path: Path) -> None:
    content = json.loads(path.read_text())
    content["session"]["1"]["note"] = "first try"
    path.write_text(json.dumps(content))
    document = Document(path)
    document.update(replace(document.session, estimated_noise=0.5))
    assert json.loads(path.read_text())["session"]["1"]["note"] == "first try"


def test_names_of_any_kind_come_back_as_they_were(path: Path) -> None:
    names = ("Ä/β", "\x1b[31m", "line\nbreak", "\udcff")
    Document(path).update(replace(Document(path).session, classes=names))
    assert Document(path).session.classes == names


def crash(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("moment", ["os.fsync", "pathlib.Path.replace"])
def test_a_crash_before_the_rename_leaves_the_old_document(
    path: Path, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = path.read_bytes()
    with monkeypatch.context() as crashing:
        crashing.setattr(moment, crash)
        with pytest.raises(KeyboardInterrupt):
            Document(path).add_round(finished(0))
    assert path.read_bytes() == before
    assert Document(path).rounds == []


def test_a_crash_after_the_rename_leaves_the_new_document(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as crashing:
        crashing.setattr("alc_tui.data.files.atomic.sync_folder", crash)
        with pytest.raises(KeyboardInterrupt):
            Document(path).add_round(finished(0))
    assert Document(path).rounds == [finished(0)]


def test_a_reader_never_finds_half_a_document(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[int] = []
    replace = Path.replace

    def look_then_replace(this: Path, target: Path) -> Path:
        found.append(len(Document(path).rounds))
        done = replace(this, target)
        found.append(len(Document(path).rounds))
        return done

    monkeypatch.setattr(Path, "replace", look_then_replace)
    Document(path).add_round(finished(0))
    assert found == [0, 1]


def test_a_full_disk_leaves_the_old_document_and_nothing_beside_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    before = path.read_bytes()
    with monkeypatch.context() as full:
        full.setattr("os.fsync", fail)
        with pytest.raises(OSError, match="No space left"):
            Document(path).update(replace(Document(path).session, classes=()))
    assert path.read_bytes() == before
    assert list(path.parent.glob(".session*")) == []


CUT: Callable[[bytes], bytes] = lambda content: content[: len(content) // 2]  # noqa: E731
NESTED = b"[" * 100_000
DAMAGES = [
    CUT,
    b"",
    b"\xff\xfe",
    b"[1]",
    b'{"session": 3}',
    b'{"session": {"1": 3}}',
    b'{"session": {"x": {}}}',
    NESTED,
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_document_is_named_in_one_sentence(path: Path, damage: Callable[[bytes], bytes] | bytes) -> None:
    content = damage if isinstance(damage, bytes) else damage(path.read_bytes())
    path.write_bytes(content)
    with pytest.raises(AlcError, match=r"session\.json is damaged .*restore it from a backup") as caught:
        Document(path).session  # noqa: B018
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("classes", "MEL", "session.classes: expected a list, found 'MEL'"),
        ("classes", ["MEL", 3], "session.classes[1]: expected text, found 3"),
        ("dataset", None, "session.dataset: expected an object, found None"),
        ("dataset", {"name": "demo", "root": "/"}, "session.dataset.splits: missing"),
        ("retraining", {"round": 1.5, "position": 2}, "session.retraining.round: expected a whole number, found 1.5"),
        ("config", {"dataset": "demo", "colour": 1}, "session.config: Unknown setting 'colour'"),
        ("config", {"dataset": "demo", "rounds": "many"}, "session.config: 'many' for rounds is of the wrong type"),
        ("config", {"dataset": "demo", "rounds": None}, "session.config: None for rounds is of the wrong type"),
        ("config", ["demo"], "session.config: Expected the settings by name, found ['demo']"),
        ("config", None, "session.config: Expected the settings by name, found None"),
    ],
)
def test_a_value_of_a_wrong_type_is_named_with_its_place(path: Path, name: str, value: object, problem: str) -> None:
    content = json.loads(path.read_text())
    content["session"]["1"][name] = value
    path.write_text(json.dumps(content))
    with pytest.raises(AlcError, match=re.escape(f"{path} is damaged ({problem}")):
        Document(path).session  # noqa: B018


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("classes", [], "session.classes: none, or the same one twice"),
        ("classes", ["NV", "NV"], "session.classes: none, or the same one twice"),
        ("created", "yesterday", "session.created: Invalid isoformat string: 'yesterday'"),
        ("estimated_noise", float("nan"), "session.estimated_noise: expected a number, found nan"),
    ],
)
def test_facts_that_cannot_be_are_damage(path: Path, name: str, value: object, problem: str) -> None:
    content = json.loads(path.read_text())
    content["session"]["1"][name] = value
    path.write_text(json.dumps(content))
    with pytest.raises(AlcError, match=re.escape(f"{path} is damaged ({problem}")):
        Document(path).session  # noqa: B018


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"round": 1}, "round 0: missing"),
        ({"f1": {"MEL": 0.5}}, "round 0: f1 lacks a class"),
        ({"interval": Intervals((0.0, 1.0), {})}, "round 0: interval.f1 lacks a class"),
        ({"clean_per_class": {"NV": 3}}, "round 0: clean_per_class lacks a class"),
        ({"scores": RoundScores(SCORES, replace(SCORES, recall=(0.5,)))}, "round 0: scores.last: expected 2 classes"),
        ({"scores": RoundScores(replace(SCORES, confusion=((1,), (1,))), SCORES)}, "round 0: scores.best: expected 2"),
    ],
)
def test_a_round_that_does_not_fit_the_session_is_damage(path: Path, change: dict[str, Any], problem: str) -> None:
    Document(path).add_round(finished(0, **change))
    with pytest.raises(AlcError, match=re.escape(f"{path} is damaged ({problem}")):
        Document(path).rounds  # noqa: B018


def test_a_missing_value_of_a_round_is_named_with_its_place(path: Path) -> None:
    Document(path).add_round(finished(0))
    content = json.loads(path.read_text())
    del content["rounds"]["1"]["scores"]["best"]["f1"]
    path.write_text(json.dumps(content))
    with pytest.raises(AlcError, match=r"is damaged \(rounds\.1\.scores\.best\.f1: missing\)"):
        Document(path).rounds  # noqa: B018


@pytest.mark.parametrize("schema", [0, "1", None, True])
def test_a_document_without_a_known_schema_is_refused(path: Path, schema: object) -> None:
    rewrite_schema(path, schema)
    with pytest.raises(AlcError, match=r"session\.json is not a session of alc \(schema 1\)"):
        Document(path).session  # noqa: B018


def test_a_document_of_a_newer_version_names_that_version(path: Path) -> None:
    rewrite_schema(path, 2, alc_version="1.2.0")
    with pytest.raises(AlcError, match=r"was written by alc 1\.2\.0 \(schema 2\).*install that version"):
        Document(path).session  # noqa: B018


def rewrite_schema(path: Path, schema: object, **facts: str) -> None:
    content = json.loads(path.read_text())
    content["session"]["1"] |= {"schema": schema, **facts}
    path.write_text(json.dumps(content))


def test_a_document_without_a_session_is_refused(path: Path) -> None:
    path.write_text("{}")
    with pytest.raises(AlcError, match="is not a session of alc"):
        Document(path).session  # noqa: B018
