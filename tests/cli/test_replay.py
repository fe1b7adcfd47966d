from __future__ import annotations

from pathlib import Path

import pytest
import torch

from alc_tui.session import replay
from alc_tui.session.store.document import Document
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Journal
from tests.cli.person import Alc
from tests.made_sessions import make_session
from tests.session.small import copy

SHORT = ("--rounds", "1", "--round-epochs", "1")


@pytest.fixture
def learned(trained: SessionFolder, store: Path) -> SessionFolder:
    """A session in the store that has really learned."""
    torch.set_num_threads(1)
    return copy(trained, store)


def test_the_table_of_rounds_is_data_and_progress_is_not(alc: Alc, learned: SessionFolder) -> None:
    seen = alc("session", "replay", "--oracle", "gt", *SHORT)
    assert seen.code == 0
    rows = [line.split() for line in seen.out.splitlines()]
    assert rows[0][:6] == ["round", "labels", "shown", "confirmed", "changed", "skipped"]
    assert rows[1][:3] == ["0", "0", "0"] and rows[2][:3] == ["1", "5", "5"]
    (folder,) = learned.replays()
    rounds = Document(folder.document).rounds
    last = rounds[1]
    assert rows[2][3:8] == [str(getattr(last.ledger, name)) for name in ("confirmed", "changed", "skipped")] + [
        "0",
        "33",
    ]
    assert rows[2][8:10] == [f"{last.macro_f1.best:.3f}", f"{last.macro_f1.last:.3f}"]
    for name in ("blue", "green", "red"):
        scores = [entry.f1[name] for entry in rounds]
        assert [name, *(f"{score:.3f}" for score in scores), f"{scores[1] - scores[0]:+.3f}"] in rows
    assert "LNL's selection: precision" in seen.out
    assert "Round 1: 50 samples, 1 epoch on cpu" in seen.err and "epoch" not in seen.out


def test_it_computes_with_one_thread_per_free_core_unless_told_with_how_many(
    alc: Alc, learned: SessionFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: list[int] = []
    monkeypatch.setattr("alc_tui.model.device.free_cores", lambda: 3)
    monkeypatch.setattr(torch, "set_num_threads", used.append)
    monkeypatch.setattr(replay, "run", lambda *_: None)
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    assert alc("session", "replay", *SHORT).code == 0 and used == []
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert alc("session", "replay", *SHORT).code == 0 and used == [3]


def test_the_same_again_is_the_same_table_without_training(alc: Alc, learned: SessionFolder) -> None:
    first = alc("session", "replay", *SHORT)
    again = alc("session", "replay", *SHORT)
    assert (again.code, again.out, again.err) == (0, first.out, "")
    assert len(learned.replays()) == 1


def test_the_rounds_can_depart_as_the_authors_code_does(alc: Alc, learned: SessionFolder) -> None:
    told = alc("session", "replay", "--departures", "free-corrections", "--json", *SHORT).json
    assert told["config"]["departures"] == "free-corrections"
    assert [entry["free_corrections"] > 0 for entry in told["rounds"]] == [False, True]
    late = alc("session", "replay", "--departures", "vog-start", *SHORT)
    assert late.code == 2 and "vog-start takes effect before the rounds" in late.error


def test_json_is_the_same_as_data(alc: Alc, learned: SessionFolder) -> None:
    seen = alc("session", "replay", "--json", "--sampler", "margin", "--seed", "3", "--budget", "4", *SHORT)
    told = seen.json
    assert (told["session"], told["oracle"], told["state"]) == ("small", "gt", "done")
    changed = {name: told["config"][name] for name in ("sampler", "seed", "budget", "rounds", "round_epochs")}
    assert changed == {"sampler": "margin", "seed": 3, "budget": 4, "rounds": 1, "round_epochs": 1}
    assert [entry["decided_total"] for entry in told["rounds"]] == [0, 4]
    wanted = {"round", "shown", "confirmed", "changed", "skipped", "decided_total", "free_corrections", "clean_size"}
    for entry in told["rounds"]:
        assert wanted | {"macro_f1", "f1", "seconds"} <= set(entry)
        assert set(entry["macro_f1"]) == {"best", "last"} and set(entry["f1"]) == {"blue", "green", "red"}
    assert set(told["rounds"][0]["selection"]) == {"precision", "recall", "guess"}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--budget 12", "larger than the noisy set of 22; specify at most --budget 11"),
        ("--sampler entropie", "Unknown sampler 'entropie'; did you mean entropy?"),
        (
            "--oracle truth",
            "Unknown oracle 'truth'; use gt, gt:error=P,abstain=P, matrix:CSV, journal or journal:SESSION.",
        ),
        ("--oracle gt:abstian=0.1", "Unknown setting of the oracle gt 'abstian'; did you mean abstain?"),
        ("--oracle journal", "has no decisions; label some samples first"),
        ("--rounds -1", "-1 for rounds is outside"),
    ],
)
def test_what_cannot_be_used_is_wrong_use(alc: Alc, learned: SessionFolder, words: str, sentence: str) -> None:
    seen = alc("session", "replay", *words.split())
    assert seen.code == 2 and seen.out == "" and sentence in seen.error
    assert learned.replays() == []


def test_the_seed_is_the_erring_oracles_too(alc: Alc, learned: SessionFolder) -> None:
    words = ("--oracle", "gt:error=0.5", "--budget", "11", "--sampler", "entropy", *SHORT)
    for seed in ("1", "2"):
        assert alc("session", "replay", "--seed", seed, *words).code == 0
    first, second = (
        {decision.sample: decision.label for decision in Journal(folder.journal).decisions}
        for folder in learned.replays()
    )
    assert set(first) == set(second) and first != second


def test_an_unknown_truth_is_wrong_use(alc: Alc, store: Path) -> None:
    make_session(store / "real", with_truth=False)
    seen = alc("session", "replay")
    assert seen.code == 2 and "needs true labels, which are not known for session 'real'" in seen.error


def test_the_journal_of_an_unknown_session_is_missing(alc: Alc, learned: SessionFolder) -> None:
    seen = alc("session", "replay", "--oracle", "journal:nowhere")
    assert seen.code == 3 and "Session 'nowhere' not found" in seen.error


def test_ctrl_c_says_how_to_go_on(alc: Alc, learned: SessionFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as interrupted:
        interrupted.setattr(replay, "advance", interrupt)
        seen = alc("session", "replay", *SHORT)
    assert seen.code == 130 and seen.out == ""
    assert "Interrupted; run the same command to resume from the last finished epoch." in seen.err
    assert alc("session", "replay", *SHORT).code == 0
