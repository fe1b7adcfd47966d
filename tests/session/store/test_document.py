from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from alc_tui import __version__
from alc_tui.errors import AlcError
from alc_tui.session.settings.config import Config
from alc_tui.session.store.document import Document


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "session.json"
    Document(path).create(Config(dataset="demo", noise=0.5), {"noise": "option"}, {"classes": ["MEL", "NV"]})
    return path


def test_a_new_document_holds_schema_version_configuration_origins_and_facts(path: Path) -> None:
    document = Document(path)
    facts = document.session
    assert facts["schema"] == 1 and facts["alc_version"] == __version__
    assert facts["config"]["noise"] == 0.5 and facts["origins"] == {"noise": "option"}
    assert facts["classes"] == ["MEL", "NV"]
    assert facts["created"].endswith("+00:00")
    assert document.config == Config(dataset="demo", noise=0.5)
    assert document.rounds == []


def test_rounds_come_back_in_order_whatever_the_order_they_were_added_in(path: Path) -> None:
    document = Document(path)
    document.add_round({"round": 1, "seconds": 2.5})
    document.add_round({"round": 0, "seconds": 1.5})
    assert [entry["round"] for entry in Document(path).rounds] == [0, 1]


def test_facts_can_be_added_and_replaced(path: Path) -> None:
    Document(path).update(estimated_noise=0.25)
    Document(path).update(estimated_noise=0.5)
    assert Document(path).session["estimated_noise"] == 0.5
    assert Document(path).session["classes"] == ["MEL", "NV"]


def test_names_of_any_kind_come_back_as_they_were(path: Path) -> None:
    names = ["Ä/β", "\x1b[31m", "line\nbreak", "\udcff"]
    Document(path).update(classes=names)
    assert Document(path).session["classes"] == names


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
            Document(path).add_round({"round": 0})
    assert path.read_bytes() == before
    assert Document(path).rounds == []


def test_a_crash_after_the_rename_leaves_the_new_document(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as crashing:
        crashing.setattr("alc_tui.data.files.sync_folder", crash)
        with pytest.raises(KeyboardInterrupt):
            Document(path).add_round({"round": 0})
    assert Document(path).rounds == [{"round": 0}]


def test_a_reader_never_finds_half_a_document(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[int] = []
    replace = Path.replace

    def look_then_replace(this: Path, target: Path) -> Path:
        found.append(len(Document(path).rounds))
        done = replace(this, target)
        found.append(len(Document(path).rounds))
        return done

    monkeypatch.setattr(Path, "replace", look_then_replace)
    Document(path).add_round({"round": 0})
    assert found == [0, 1]


def test_a_full_disk_leaves_the_old_document_and_nothing_beside_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    before = path.read_bytes()
    with monkeypatch.context() as full:
        full.setattr("os.fsync", fail)
        with pytest.raises(OSError, match="No space left"):
            Document(path).update(classes=[])
    assert path.read_bytes() == before
    assert list(path.parent.glob(".session*")) == []


CUT: Callable[[bytes], bytes] = lambda content: content[: len(content) // 2]  # noqa: E731


@pytest.mark.parametrize(
    "damage", [CUT, lambda _: b"", lambda _: b"\xff\xfe", lambda _: b"[1]", lambda _: b'{"session": 3}']
)
def test_a_damaged_document_is_named_in_one_sentence(path: Path, damage: Callable[[bytes], bytes]) -> None:
    content = damage(path.read_bytes())
    path.write_bytes(content)
    with pytest.raises(AlcError, match=r"session\.json is damaged .*bring it back from a copy") as caught:
        Document(path).session  # noqa: B018
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)
    assert path.read_bytes() == content


@pytest.mark.parametrize("schema", [0, 2, "1", None])
def test_a_document_of_another_schema_is_refused(path: Path, schema: object) -> None:
    content = json.loads(path.read_text())
    content["session"]["1"]["schema"] = schema
    path.write_text(json.dumps(content))
    with pytest.raises(AlcError, match=r"session\.json is no session of this version of alc \(schema 1\)"):
        Document(path).session  # noqa: B018


def test_a_document_without_a_session_is_refused(path: Path) -> None:
    path.write_text("{}")
    with pytest.raises(AlcError, match="no session of this version"):
        Document(path).session  # noqa: B018
