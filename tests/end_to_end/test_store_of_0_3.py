"""A store that alc 0.3.0 wrote opens, is labeled further, trains, replays and exports.

The store in `tests/fixtures/store-0.3` holds `labeled`, a session of the images that `small.draw_colors` draws: one
trained round, a second round that is partly decided, an undo, a second annotator, a silent repeat, a review, and a
finished replay; and `bench/old`, a finished suite. `expected/` is what 0.3.0 itself reported. Weights are left out, so
the tests put a fresh network under their file names.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from alc_tui.model.networks import build
from alc_tui.session import create
from alc_tui.session.labeling.passes import QueuePass
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.probe import DeviceProbe
from alc_tui.session.store.arrays import load_samples
from alc_tui.session.store.document import Document
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Verdict
from alc_tui.session.training.weights.checkpoint import save_weights
from tests.cli.conftest import alc
from tests.cli.person import Alc
from tests.session.small import advance

pytestmark = pytest.mark.slow

__all__ = ["alc"]

OLD = Path(__file__).parent.parent / "fixtures" / "store-0.3"
PLACEHOLDER = "IMAGES"


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of weights that fits the session's network."""
    path = tmp_path_factory.mktemp("weights") / "small.safetensors"
    save_weights(path, build("small", 3, "none", seed=0).state_dict())
    return path


@pytest.fixture
def store(colors: Path, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the store of 0.3.0, to be written to, over the images at `colors`."""
    torch.set_num_threads(1)
    store = Path(shutil.copytree(OLD, tmp_path / "store", ignore=shutil.ignore_patterns("expected")))
    for document in store.rglob("session.json"):
        document.write_text(document.read_text().replace(PLACEHOLDER, str(colors)))
    folder = SessionFolder(store / "labeled")
    folder.weights(0).parent.mkdir()
    for path in (folder.weights(0), folder.weights(1), folder.weights(0, peer=2)):
        os.link(weights, path)
    monkeypatch.setenv("ALC_SESSIONS", str(store))
    return store


@pytest.fixture
def session(store: Path) -> SessionFolder:
    return SessionFolder(store / "labeled")


@pytest.fixture
def expected(colors: Path) -> Any:
    """`expected("show")`: what 0.3.0 printed or computed."""

    def read(name: str) -> Any:
        text = (OLD / "expected" / f"{name}.json").read_text()
        return json.loads(text.replace(PLACEHOLDER, str(colors)))

    return read


def assert_covers(now: Any, then: Any, where: str = "") -> None:
    """Everything that 0.3.0 said is said still, with the same value; more may be said."""
    if isinstance(then, dict):
        for key, value in then.items():
            assert key in now, f"{where}/{key} is missing"
            assert_covers(now[key], value, f"{where}/{key}")
    elif isinstance(then, list):
        assert len(now) == len(then), where
        for number, (one, other) in enumerate(zip(now, then, strict=True)):
            assert_covers(one, other, f"{where}/{number}")
    else:
        assert now == then, where


def numbers(of: Any) -> Counter[float]:
    """The numbers in a JSON value, at any depth."""
    if isinstance(of, bool) or not isinstance(of, (int, float, list, dict)):
        return Counter()
    if isinstance(of, (int, float)):
        return Counter([of])
    return sum((numbers(value) for value in (of.values() if isinstance(of, dict) else of)), Counter())


def content(folder: SessionFolder) -> dict[str, bytes]:
    """The files of a session but locks, replays and weights."""
    return {path.name: path.read_bytes() for path in folder.path.glob("*.*") if path.name != "worker.lock"}


def label_the_rest(session: SessionFolder) -> list[list[Any]]:
    """Decide what is open in the queue; returns sample, occasion, number, total and kind of each verdict, in order."""
    kinds = ("label", "skip", "label", "exclude", "flag", "label")
    shown = []
    with SessionService(session, "ana", True) as service:
        queue = QueuePass(service)
        for kind in kinds:
            showing = queue.next()
            if showing is None:
                break
            shown.append([showing.item.sample, showing.occasion, showing.number, showing.of, kind])
            queue.decide(showing, Verdict(kind, showing.item.given if kind == "label" else None, 1.0))
    return shown


@pytest.mark.parametrize(
    ("command", "name"),
    [(["list"], "list"), (["show", "labeled"], "show"), (["agreement", "labeled"], "agreement")],
)
def test_the_facts_are_those_that_0_3_printed(
    alc: Alc, store: Path, expected: Any, command: list[str], name: str
) -> None:
    seen = alc("session", *command, "--json")
    assert seen.code == 0, seen.err
    assert_covers(seen.json, expected(name))


def test_the_exported_labels_are_those_that_0_3_exported(alc: Alc, store: Path, tmp_path: Path) -> None:
    target = tmp_path / "labels.csv"
    assert alc("session", "export", "labeled", "--to", target).code == 0
    with target.open() as now, (OLD / "expected" / "labels.csv").open() as then:
        expected = list(csv.DictReader(then))
        assert [{name: row[name] for name in expected[0]} for row in csv.DictReader(now)] == expected


def test_the_same_data_and_seed_give_the_same_samples_split_and_noise(session: SessionFolder) -> None:
    facts, then = Document(session.document), load_samples(session.samples)
    checked = create.check(facts.config, facts.session.origins, device=DeviceProbe("cpu", None))
    for name in ("ids", "locators", "given", "truth", "split"):
        assert np.array_equal(getattr(checked.samples, name), getattr(then, name)), name
    assert (then.given != then.truth).any() and (checked.prepared.rows >= 0).all()


def test_labeling_goes_on_where_it_stopped(session: SessionFolder, expected: Any) -> None:
    then, journal = expected("labeling"), session.journal.read_bytes()
    service = SessionService(session)
    item = service.next_item()
    assert item is not None and (service.state, service.queue) == ("labeling", then["queue"])
    assert {
        "sample": item.sample,
        "given": item.given,
        "suggestion": item.suggestion,
        "score": item.score,
        "loss": item.loss_percentile,
        "vog": item.vog_percentile,
        "neighbors": [[str(service.samples.ids[each.position]), each.label] for each in item.neighbors],
    } == then["next"]
    verdicts = {name: [v.kind, v.label, v.annotator, v.occasion] for name, v in service.verdicts().items()}
    assert verdicts == then["verdicts"]
    assert sorted([*key, count] for key, count in service.flow().items()) == sorted(then["flow"])
    assert label_the_rest(session) == then["shown"]
    added = session.journal.read_bytes().removeprefix(journal)
    assert len(added) < len(session.journal.read_bytes())
    old, new = json.loads(journal.splitlines()[-1]), json.loads(added.splitlines()[0])
    assert set(new) >= set(old) and new["seq"] == old["seq"] + 1


def test_the_next_round_is_trained(session: SessionFolder, expected: Any) -> None:
    before = Document(session.document).rounds
    label_the_rest(session)
    advance(session)
    assert SessionService(session).state == "done"
    rounds = Document(session.document).rounds
    assert rounds[:2] == before
    assert_covers(rounds[2].to_dict(), expected("labeling")["round2"])


def test_weights_have_the_names_and_shapes_that_0_3_wrote(expected: Any) -> None:
    network = build("small", 3, "none", seed=0).state_dict()
    assert {
        name: [str(value.dtype).removeprefix("torch."), list(value.shape)] for name, value in network.items()
    } == expected("weights")


def test_a_finished_replay_is_recognized(alc: Alc, session: SessionFolder, expected: Any) -> None:
    seen = alc("session", "replay", "labeled", "--oracle", "gt", "--sampler", "coreset", "--json")
    assert (seen.code, seen.err) == (0, "")
    assert_covers(seen.json, expected("replay"))
    assert len(session.replays()) == 1


@pytest.mark.parametrize(("oracle", "decided"), [("gt", [0, 5, 10]), ("journal", None)])
def test_a_new_replay_starts_from_the_round_0_of_0_3(
    alc: Alc, session: SessionFolder, oracle: str, decided: list[int] | None
) -> None:
    before = content(session)
    seen = alc("session", "replay", "labeled", "--oracle", oracle, "--json")
    assert seen.code == 0, seen.err
    assert len(seen.json["rounds"]) == 3 and len(session.replays()) == 2
    if decided is not None:
        assert [entry["decided_total"] for entry in seen.json["rounds"]] == decided
    assert content(session) == before


def test_a_finished_suite_is_recognized_but_for_the_authors_code_that_departs_further_now(
    alc: Alc, store: Path, tmp_path: Path
) -> None:
    folder = store / "bench" / "old"
    results = (folder / "results.jsonl").read_bytes()
    content = (store / "bench" / "old.toml").read_text(encoding="utf-8")
    seen = alc("bench", "run", store / "bench" / "old.toml", "--dry-run", "--json")
    assert [run["recipe"] for run in seen.json["missing"]] == ["authors-code"]
    suite = tmp_path / "old.toml"
    suite.write_text(content[: content.rindex("[[grid]]")], encoding="utf-8")
    seen = alc("bench", "run", suite, "--json")
    assert seen.code == 0, seen.err
    assert (seen.json["runs"], seen.json["done"], seen.json["failed"]) == (2, 2, [])
    assert [path.name for path in folder.rglob("*") if path.is_file() and path.name != "lock"] == ["results.jsonl"]
    assert (folder / "results.jsonl").read_bytes() == results


def test_a_finished_suite_is_reported_with_the_same_numbers(alc: Alc, store: Path, expected: Any) -> None:
    seen = alc("bench", "report", store / "bench" / "old.toml", "--json")
    assert seen.code == 0, seen.err
    now = {table["table"]: numbers(table["rows"]) for table in seen.json["tables"]}
    for table in expected("report")["tables"]:
        then = numbers([row for row in table["rows"] if "authors-code" not in row["method"]])
        assert then and then <= now[table["table"]], table["table"]
