"""A session read from Python shows what its files hold."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

import alc_tui as alc
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.arrays import load_round, load_samples
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Verdict
from tests.made_sessions import finish_round, make_session


def decide_all(folder: SessionFolder) -> list[str]:
    """Decide the queue: all MEL, but the last one, which is skipped."""
    with SessionService(folder, "anna", write=True) as service:
        *first, last = service.queue
        for sample in first:
            service.decide(sample, Verdict("label", "MEL", 2.0))
        service.decide(last, Verdict("skip"))
        return service.queue


def test_a_session_is_found_by_name_by_path_and_as_the_latest(
    session: SessionFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = session.path.parent
    monkeypatch.setenv("ALC_SESSIONS", str(store))
    found = [alc.open_session(), alc.open_session("skin"), alc.open_session(session.path)]
    found += [alc.open_session(str(session.path)), alc.open_session("skin", store=store)]
    assert {each.path for each in found} == {session.path}


def test_a_replay_is_a_session_too(session: SessionFolder) -> None:
    replay = make_session(session.path / "replays" / "gt")
    assert alc.open_session(replay.path).name == "gt"


def test_a_torn_last_line_of_the_journal_is_reported(session: SessionFolder) -> None:
    decide_all(session)
    session.journal.write_bytes(session.journal.read_bytes()[:-5])
    with pytest.warns(UserWarning, match="left the last line of .* incomplete"):
        alc.open_session(session.path)


@pytest.mark.parametrize("name", ["other", "no/such/folder", Path("other")])
def test_a_missing_session_is_named(session: SessionFolder, name: str | Path) -> None:
    with pytest.raises(alc.SessionUnavailable, match=Path(name).name):
        alc.open_session(name, store=session.path.parent)


def test_samples_hold_every_split_and_label(session: SessionFolder) -> None:
    opened, stored = alc.open_session(session.path), load_samples(session.samples)
    table = opened.samples()
    assert table.index.tolist() == stored.ids.tolist()
    assert table["split"].value_counts().to_dict() == {"train": 36, "val": 12, "test": 12}
    assert table["given"].tolist() == [opened.classes[label] for label in stored.given]
    assert table["truth"].tolist() == [opened.classes[label] for label in stored.truth]


def test_an_unknown_truth_is_missing(tmp_path: Path) -> None:
    folder = make_session(tmp_path / "store" / "real", with_truth=False)
    assert alc.open_session(folder.path).samples()["truth"].isna().all()


def test_model_holds_what_a_round_knows_of_the_training_samples(session: SessionFolder) -> None:
    opened, arrays = alc.open_session(session.path), load_round(session.round_arrays(0))
    table = opened.model()
    assert table["clean"].tolist() == arrays.clean.tolist()
    assert np.array_equal(table["loss"], arrays.loss)
    assert np.array_equal(table["vog"], arrays.vog)
    assert np.array_equal(table[["p(MEL)", "p(NV)", "p(BCC)"]], arrays.probabilities)
    assert table["suggestion"].tolist() == [opened.classes[k] for k in arrays.probabilities.argmax(1)]
    queue = table["rank"].dropna().sort_values()
    assert queue.tolist() == [0, 1, 2, 3, 4]
    assert queue.index.tolist() == SessionService(session).queue


@pytest.mark.parametrize("number", [1, -1])
def test_a_round_that_is_not_finished_cannot_be_read(session: SessionFolder, number: int) -> None:
    with pytest.raises(alc.UsageError, match=f"Round {number} of session 'skin'"):
        alc.open_session(session.path).model(number)


def test_decisions_are_the_journal_and_labels_what_is_exported(session: SessionFolder) -> None:
    opened = alc.open_session(session.path)
    assert opened.decisions().empty
    queue = decide_all(session)
    decisions, labels = opened.decisions(), opened.labels()
    assert decisions["sample"].tolist() == queue
    assert decisions["kind"].tolist() == ["label"] * 4 + ["skip"]
    assert decisions["seconds"].tolist() == [2.0] * 4 + [0.0]
    assert str(decisions["at"].dt.tz) == "UTC"
    assert (labels.loc[queue[:4], "final"] == "MEL").all()
    assert labels.loc[queue[4], "status"] == "skip"
    assert len(labels) == 36


def test_a_time_of_the_journal_that_is_not_one_is_missing(session: SessionFolder) -> None:
    decide_all(session)
    first, *others = session.journal.read_text().splitlines(keepends=True)
    session.journal.write_text("".join([json.dumps(json.loads(first) | {"at": "yesterday"}) + "\n", *others]))
    assert alc.open_session(session.path).decisions()["at"].isna().tolist() == [True] + [False] * 4


def test_rounds_and_scores_have_a_row_per_finished_round(session: SessionFolder) -> None:
    opened = alc.open_session(session.path)
    queue = decide_all(session)
    finish_round(session)
    rounds, scores = opened.rounds(), opened.scores()
    assert opened.round == 1
    assert rounds.index.tolist() == scores.index.tolist() == [0, 1]
    assert rounds["decided_total"].tolist() == [0, len(queue) - 1]
    assert rounds.loc[1, "skipped"] == 1
    assert scores.mean(axis=1).to_numpy() == pytest.approx(rounds["macro_f1"].to_numpy())


def test_a_session_before_round_0_has_no_rounds(tmp_path: Path) -> None:
    opened = alc.open_session(make_session(tmp_path / "store" / "new", trained=False).path)
    assert opened.round == -1
    assert opened.rounds().empty
    assert opened.scores().empty
    assert set(opened.labels()["status"]) == {"noisy"}
    with pytest.raises(alc.UsageError, match="no round is finished yet"):
        opened.model()


def test_a_missing_pandas_is_one_sentence(session: SessionFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    monkeypatch.delitem(sys.modules, "alc_tui.library.session", raising=False)
    with pytest.raises(
        alc.AlcError, match=r"needs pandas, which is not installed; run `pip install 'alc-tui\[report\]'`"
    ):
        alc.open_session(session.path)
