from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alc_tui import __version__
from alc_tui.cli import next_step
from alc_tui.session.export.names import FORMATS
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store import processes
from alc_tui.session.store.document import Document
from alc_tui.session.store.events import EventLog, Failed, Started, Stopped
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Journal, Verdict
from alc_tui.session.store.lock import WriterLock, is_held
from alc_tui.tui.preferences import Preferences
from tests.cli.person import Alc
from tests.made_sessions import finish_round, make_session, update_facts
from tests.present import present

HOLD = """
import sys, time
from pathlib import Path
from alc_tui.session.store.lock import WriterLock
lock = WriterLock(Path(sys.argv[1]), "labeling")
lock.acquire()
print("held", flush=True)
time.sleep(60)
"""


@contextmanager
def held_elsewhere(path: Path) -> Iterator[int]:
    """Another process holds the lock; its pid."""
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None and process.stdout.readline() == "held\n"
            yield process.pid
        finally:
            process.kill()


def decide_all(folder: SessionFolder, kind: str = "skip") -> None:
    with SessionService(folder, "anna", write=True) as service:
        for sample in service.queue:
            service.decide(sample, Verdict(kind, service.truth()[sample] if kind == "label" else None))


def decide_two(folder: SessionFolder) -> None:
    with SessionService(folder, "anna", write=True) as service:
        for sample in service.queue[:2]:
            service.decide(sample, Verdict("skip"))


@pytest.fixture
def at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(next_step, "is_terminal", lambda: True)


@pytest.fixture
def spawned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sessions for which a worker was started; it pretends, and is done at once."""
    started: list[str] = []

    def pretend(folder: SessionFolder) -> None:
        started.append(folder.name)
        finish_round(folder)

    monkeypatch.setattr(processes, "spawn", pretend)
    return started


@pytest.fixture
def opened(at_a_terminal: None, monkeypatch: pytest.MonkeyPatch) -> list[tuple[bool, Preferences]]:
    """Whether the app could write when it was opened, and its preferences; it pretends, and is left at once."""
    found: list[tuple[bool, Preferences]] = []

    def run(_store: Path, service: SessionService, preferences: Preferences) -> int:
        found.append((service.is_writable, preferences))
        return 0

    monkeypatch.setattr("alc_tui.tui.run.run", run)
    return found


class TestShow:
    @pytest.mark.parametrize(
        ("basis", "words"),
        [
            (None, ""),
            ("validation", " (by clean validation labels)"),
            ("confidence", " (without clean labels, probably too high)"),
            (
                "shifted",
                " (without the clean validation labels, whose class shares differ from those of training)",
            ),
            ("noisy", " (without the validation labels, which look noisy, too)"),
        ],
    )
    def test_the_estimated_noise_is_shown_with_what_it_rests_on(
        self, alc: Alc, session: SessionFolder, basis: str | None, words: str
    ) -> None:
        update_facts(session, estimated_noise=0.41, noise_interval=(0.38, 0.45), noise_basis=basis)
        assert f"estimated 0.410 [0.380, 0.450]{words}; forget rate" in alc("session", "show").out

    def test_json_has_all_that_design_names(self, alc: Alc, session: SessionFolder) -> None:
        decide_all(session, "label")
        finish_round(session)
        seen = alc("session", "show", "--json")
        told = seen.json
        assert seen.code == 0 and seen.err == ""
        assert {"name", "dataset", "classes", "state", "noise", "config", "rounds"} <= set(told)
        assert (told["name"], told["state"], told["noise"]) == ("skin", "labeling", 0.5)
        assert told["classes"] == ["MEL", "NV", "BCC"] and told["config"]["budget"] == 5
        assert told["splits"] == {"train": 36, "val": 12, "test": 12}
        assert [entry["round"] for entry in told["rounds"]] == [0, 1]
        for entry in told["rounds"]:
            assert {"shown", "confirmed", "changed", "skipped", "decided_total", "free_corrections"} < set(entry)
            assert {"clean_size", "seconds"} < set(entry)
            assert set(entry["macro_f1"]) == {"best", "last"} and set(entry["f1"]) == {"MEL", "NV", "BCC"}
        assert set(told["rounds"][0]["selection"]) == {"precision", "recall", "guess"}
        assert set(told["rounds"][0]["selection"]["guess"]) == {"MEL", "NV", "BCC"}
        first = told["rounds"][1]
        assert (first["shown"], first["decided_total"], first["free_corrections"]) == (5, 5, 0)
        assert first["confirmed"] + first["changed"] == 5

    def test_it_says_what_the_next_round_will_probably_bring(self, alc: Alc, session: SessionFolder) -> None:
        decide_all(session, "label")
        finish_round(session)
        told = alc("session", "show", "--json").json["forecast"]
        assert told["round"] == 2 and told["trend"] is None and told["advice"] == "unknown"
        assert told["changed"]["size"] == 5 and len(told["rare_classes"]) == 1
        line = (
            f"Round 2: {told['changed']['low']}–{told['changed']['high']} of 5 labels will probably change; "
            f"{told['found']['low']}–{told['found']['high']} will be of a rare class ({told['rare_classes'][0]})."
        )
        lines = alc("session", "show").out.splitlines()
        assert line in lines
        assert lines[lines.index(line) + 1].startswith("The trend shows whether it is reasonable to stop")

    def test_without_a_next_round_there_is_no_forecast(self, alc: Alc, session: SessionFolder) -> None:
        for _ in range(2):
            decide_all(session, "label")
            finish_round(session)
        assert alc("session", "show", "--json").json["forecast"] is None
        assert "probably" not in alc("session", "show").out

    def test_a_damaged_round_costs_no_more_than_the_forecast(self, alc: Alc, session: SessionFolder) -> None:
        session.round_arrays(0).write_bytes(b"not an archive")
        for words in (("show",), ("show", "--json")):
            seen = alc("session", *words)
            assert seen.code == 0 and "skin" in seen.out
            assert seen.err.startswith("No forecast: ") and "round-00.npz is missing or damaged" in seen.err
        assert seen.json["forecast"] is None

    def test_every_key_is_snake_case(self, alc: Alc, session: SessionFolder) -> None:
        def keys(value: Any) -> Iterator[str]:
            if isinstance(value, dict):
                yield from value
                for name, inner in value.items():
                    if name not in ("f1", "guess", "clean_per_class", "by_class", "consistency"):  # by name
                        yield from keys(inner)
            if isinstance(value, list):
                for inner in value:
                    yield from keys(inner)

        found = set(keys(alc("session", "show", "--json").json))
        assert len(found) > 40 and all(key.isidentifier() and key == key.lower() for key in found)

    def test_text_tells_where_the_authors_code_is_followed(self, alc: Alc, session: SessionFolder) -> None:
        assert "Departs" not in alc("session", "show").out
        document = Document(session.document)
        document.update(replace(document.session, config=replace(document.config, departures="vog-start,ce-on-all")))
        assert "Departs  from the paper, as in the authors' code: vog-start,ce-on-all\n" in alc("session", "show").out

    def test_text_tells_data_noise_rounds_and_labels(self, alc: Alc, session: SessionFolder) -> None:
        decide_all(session, "label")
        finish_round(session)
        seen = alc("session", "show", "skin")
        assert seen.code == 0 and seen.err == ""
        lines = seen.out.splitlines()
        assert lines[0] == "Session  skin  (labeling)"
        assert "36 train, 12 val, 12 test; 3 classes" in lines[1]
        assert "0.5 injected (uniform)" in lines[2]
        assert "Labels   5 of 10" in lines
        heads = [line.split() for line in lines]
        costs = heads.index(["round", "labels", "shown", "confirmed", "changed", "skipped", "free", "clean", "F1",
                             "best", "F1", "last", "time"])  # fmt: skip
        assert heads[costs + 2][:3] == ["1", "5", "5"]
        scores = Document(session.document).rounds
        change = scores[1].f1["NV"] - scores[0].f1["NV"]
        f1 = [f"{entry.f1['NV']:.3f}" for entry in scores]
        assert ["NV", *f1, f"{change:+.3f}"] in heads

    def test_text_says_how_sure_the_last_scores_and_their_change_are(self, alc: Alc, session: SessionFolder) -> None:
        decide_all(session, "label")
        finish_round(session)
        last = Document(session.document).rounds[-1]
        (low, high), (worst, best) = present(last.interval).macro_f1, present(last.change).macro_f1
        lines = alc("session", "show", "skin").out.splitlines()
        said = lines[lines.index("") + 4]  # under head and two rounds
        assert said.startswith(f"macro-F1 {last.macro_f1.best:.3f} (95 % interval {low:.3f}–{high:.3f}), ")
        word = "within noise" if worst <= 0 <= best else "beyond the test set's noise"
        assert f" since round 0: {word} (95 % interval {worst:+.3f} … {best:+.3f})".replace("-", "−") in said
        assert said.endswith("; another training run could differ more.")

    def test_text_of_before_the_intervals_says_none(self, alc: Alc, session: SessionFolder) -> None:
        content = json.loads(session.document.read_text())
        del content["rounds"]["1"]["interval"]
        session.document.write_text(json.dumps(content))
        seen = alc("session", "show", "skin")
        assert seen.code == 0
        assert "95 % interval" not in seen.out

    def test_without_a_name_it_is_the_latest_session(self, alc: Alc, store: Path, session: SessionFolder) -> None:
        later = make_session(store / "later", samples=15)
        assert alc("session", "show", "--json").json["name"] == "later"
        update_facts(later, created="2001-01-01T00:00:00+00:00")
        assert alc("session", "show", "--json").json["name"] == "skin"

    def test_how_it_is_labeled_is_told_where_that_was_chosen(self, alc: Alc, store: Path) -> None:
        make_session(store / "blind", blind=True, repeat=0.05)
        assert "Labeling blind, 0.05 of each round silently shown twice" in alc("session", "show").out.splitlines()
        config = alc("session", "show", "--json").json["config"]
        assert (config["blind"], config["repeat"]) == (True, 0.05)

    def test_a_live_session_is_told(self, alc: Alc, store: Path) -> None:
        make_session(store / "live", freeze=True, live=True)
        assert "Labeling live" in alc("session", "show").out.splitlines()
        assert alc("session", "show", "--json").json["config"]["live"] is True

    def test_what_is_reviewed_and_repeated_is_in_each_round(self, alc: Alc, session: SessionFolder) -> None:
        decide_all(session, "label")
        with SessionService(session, "anna", write=True) as service:
            service.decide(service.queue[0], Verdict("skip"), occasion="repeat")
        finish_round(session)
        with SessionService(session, "anna", write=True) as service:
            service.review(service.evidence(1).ranking[0], Verdict("label", "NV"))
        decide_all(session)
        finish_round(session)
        rounds = alc("session", "show", "--json").json["rounds"]
        assert [entry["repeated"] for entry in rounds] == [0, 1, 0]
        assert [entry["reviewed"] for entry in rounds] == [0, 0, 1]
        assert [entry["shown"] for entry in rounds] == [0, 5, 5]

    def test_origin_says_where_each_setting_came_from(self, alc: Alc, session: SessionFolder) -> None:
        origins = {**Document(session.document).session.origins, "noise": "option"}
        update_facts(session, origins=origins)
        lines = [line.split() for line in alc("session", "show", "--origin").out.splitlines()]
        assert lines[0] == ["setting", "value", "origin"]
        assert ["noise", "0.5", "option"] in lines and ["lr", "0.01", "default"] in lines
        assert len(lines) == 1 + len(Document(session.document).config.as_dict())

    def test_names_cannot_steer_the_terminal(self, alc: Alc, store: Path) -> None:
        make_session(store / "odd", classes=("\x1b[2Jred", "blue\x9b", "two\nlines"))
        for words in (("show",), ("show", "--json"), ("list",), ("export", "--dry-run", "--json")):
            seen = alc("session", *words)
            assert seen.code == 0
            assert not {"\x1b", "\x9b"} & set(seen.out + seen.err)
        assert r"\x1b[2Jred" in alc("session", "show").out and r"two\nlines" in alc("session", "show").out
        assert alc("session", "show", "--json").json["classes"][0] == "\x1b[2Jred"


class TestList:
    def test_an_empty_store_is_no_error(self, alc: Alc, store: Path) -> None:
        seen = alc("session", "list")
        assert (seen.code, seen.out) == (0, "")
        assert seen.err == (
            f"No sessions in {store}; create one with `alc session new --dataset demo --noise 0.5`, or name another "
            "folder with --store or ALC_SESSIONS.\n"
        )
        assert alc("session", "list", "--json").json == []
        assert not store.exists()

    def test_each_session_is_a_line(self, alc: Alc, session: SessionFolder, store: Path) -> None:
        decide_all(session, "label")
        make_session(store / "before", trained=False)
        seen = alc("session", "list")
        rows = {line.split()[0]: line.split() for line in seen.out.splitlines()}
        assert set(rows) == {"name", "skin", "before"}
        best = Document(session.document).rounds[0].macro_f1.best
        assert rows["skin"][2:] == ["0.50", "decided", "0/2", "5/10", f"{best:.3f}"]
        assert rows["before"][2:] == ["0.50", "new", "0/2", "0/10", "-"]

    def test_json_has_the_same_facts(self, alc: Alc, session: SessionFolder) -> None:
        (told,) = alc("session", "list", "--json").json
        assert told["name"] == "skin" and told["state"] == "labeling" and told["budget_total"] == 10

    @pytest.mark.parametrize(
        ("file", "content"),
        [("session.json", "{"), ("session.json", "[]"), ("journal.jsonl", "damaged\n"), ("samples.npz", None)],
    )
    def test_a_damaged_session_does_not_hide_the_others(
        self, alc: Alc, session: SessionFolder, store: Path, file: str, content: str | None
    ) -> None:
        damaged = make_session(store / "damaged", samples=15)
        if content is None:
            (damaged.path / file).unlink()
        else:
            (damaged.path / file).write_text(content)
        seen = alc("session", "list")
        assert seen.code == 0 and "skin" in seen.out
        by_name = {row["name"]: row for row in alc("session", "list", "--json").json}
        assert by_name["skin"]["state"] == "labeling" and set(by_name) == {"skin", "damaged"}
        if content is not None:
            assert seen.err.startswith("damaged: ") and file in seen.err
            assert file in by_name["damaged"]["error"]

    def test_a_session_whose_files_cannot_be_opened_does_not_hide_the_others(
        self, alc: Alc, session: SessionFolder, store: Path
    ) -> None:
        unreadable = make_session(store / "unreadable", samples=15)
        unreadable.journal.unlink(missing_ok=True)
        unreadable.journal.mkdir()
        seen = alc("session", "list")
        assert seen.code == 0 and "skin" in seen.out
        assert seen.err.startswith("unreadable: ") and "journal.jsonl" in seen.err

    def test_the_store_option_beats_the_variable(self, alc: Alc, session: SessionFolder, tmp_path: Path) -> None:
        make_session(tmp_path / "elsewhere" / "other", samples=15)
        (told,) = alc("session", "list", "--json", "--store", tmp_path / "elsewhere").json
        assert told["name"] == "other"


COMMANDS = ["show", "train", "label", "resume", "attach", "replay", "export", "delete", "agreement"]


@pytest.mark.parametrize("command", COMMANDS)
class TestEveryCommand:
    def test_says_that_a_session_is_missing(self, alc: Alc, store: Path, command: str) -> None:
        seen = alc("session", command, "nowhere")
        assert seen.code == 3 and seen.out == ""
        assert seen.error == f"Session 'nowhere' not found in {store}; list the sessions with `alc session list`."

    def test_keeps_names_inside_the_store(self, alc: Alc, store: Path, command: str) -> None:
        seen = alc("session", command, "../outside")
        assert seen.code == 2 and "is not a valid session name" in seen.error


DAMAGE = [
    ("session.json", b'{"session": {"1": {"sch', ("show", "train", "resume", "replay", "export", "label")),
    ("samples.npz", b"PK\x03\x04", ("train", "resume", "replay", "export", "label")),
    ("round-00.npz", b"", ("train", "resume", "replay", "export", "label")),
    ("journal.jsonl", b"not JSON\n", ("show", "train", "resume", "replay", "export", "label")),
]


@pytest.mark.parametrize(("file", "content", "command"), [(f, c, each) for f, c, all_ in DAMAGE for each in all_])
def test_a_damaged_file_is_named_in_one_sentence_and_nothing_is_lost(
    alc: Alc, session: SessionFolder, at_a_terminal: None, file: str, content: bytes, command: str
) -> None:
    decide_all(session)
    (session.path / file).write_bytes(content)
    before = {path: path.read_bytes() for path in session.path.rglob("*") if path.is_file()}
    seen = alc("session", command, "skin")
    assert seen.code == 1 and seen.out == ""
    assert str(session.path / file) in seen.error
    after = {path: path.read_bytes() for path in session.path.rglob("*") if path.is_file()}
    assert {path: after[path] for path in before if path != session.label_lock} == {
        path: content for path, content in before.items() if path != session.label_lock
    }


class TestFinishRound:
    def test_it_says_what_is_decided_and_what_comes_next(self, alc: Alc, session: SessionFolder) -> None:
        decide_two(session)
        seen = alc("session", "finish-round", "skin")
        assert (seen.code, seen.out) == (0, "")
        assert "Round 1 of session skin is finished with 2 of 5 samples decided; 3 stay in the noisy set." in seen.err
        assert "Retrain with `alc session train skin`." in seen.err
        assert SessionService(session).state == "decided"

    def test_json_has_the_counts(self, alc: Alc, session: SessionFolder) -> None:
        decide_two(session)
        seen = alc("session", "finish-round", "--json")
        assert seen.json == {"name": "skin", "round": 1, "decided": 2, "undecided": 3}

    def test_without_a_decision_it_is_refused(self, alc: Alc, session: SessionFolder) -> None:
        seen = alc("session", "finish-round", "skin")
        assert seen.code == 2 and "decide at least one sample before you finish it" in seen.error


class TestFocus:
    def test_a_class_is_set_shown_and_cleared(self, alc: Alc, session: SessionFolder) -> None:
        assert alc("session", "focus", "skin").out == "There is no focus class.\n"
        seen = alc("session", "focus", "skin", "--class", "BCC")
        assert (seen.code, seen.out) == (0, "")
        assert "More of BCC: from round 2 on, every other place of a queue" in seen.err
        assert SessionService(session).focus == "BCC"
        assert alc("session", "focus").out.startswith("BCC (every other place")
        seen = alc("session", "focus", "--clear")
        assert seen.code == 0 and "cleared" in seen.err
        assert alc("session", "focus").out == "There is no focus class.\n"

    def test_json_and_show_say_which_rounds_were_ranked_with_one(self, alc: Alc, session: SessionFolder) -> None:
        assert "Focus" not in alc("session", "show").out
        assert alc("session", "show", "--json").json["focus"] is None
        alc("session", "focus", "--class", "NV")
        decide_all(session)
        finish_round(session)
        assert alc("session", "focus", "--json").json == {"name": "skin", "focus": "NV", "rounds": {"2": "NV"}}
        shown = alc("session", "show")
        line = next(line for line in shown.out.splitlines() if line.startswith("Focus"))
        assert line.startswith("Focus    NV (every other place") and "round 2: NV" in line
        seen = alc("session", "show", "--json").json
        assert seen["focus"] == "NV" and [entry.get("focus") for entry in seen["rounds"]] == [None, "NV"]

    @pytest.mark.parametrize(
        ("options", "sentence"),
        [
            (["--class", "XY"], "Unknown class 'XY'; the classes are MEL, NV, BCC"),
            (["--clear"], "has no focus class to clear"),
            (["--clear", "--class", "NV"], "exclude each other"),
        ],
    )
    def test_what_cannot_be_is_refused(
        self, alc: Alc, session: SessionFolder, options: list[str], sentence: str
    ) -> None:
        seen = alc("session", "focus", "skin", *options)
        assert seen.code == 2 and sentence in seen.error
        assert SessionService(session).decisions == []


class TestTrain:
    def test_the_next_round_is_trained_and_the_next_step_told(
        self, alc: Alc, session: SessionFolder, spawned: list[str]
    ) -> None:
        decide_all(session)
        seen = alc("session", "train")
        assert (seen.code, seen.out, spawned) == (0, "", ["skin"])
        assert "Round 1 done: macro-F1 best" in seen.err
        assert seen.err.splitlines()[-1].startswith("Samples are waiting to be labeled; run `alc session label skin`")

    def test_where_a_person_is_next_there_is_nothing_to_train(
        self, alc: Alc, session: SessionFolder, spawned: list[str]
    ) -> None:
        seen = alc("session", "train", "skin")
        assert seen.code == 2 and spawned == []
        assert seen.error == (
            "Session 'skin' is waiting for labels, not for training; continue with `alc session label skin`."
        )

    def test_a_session_that_is_done_is_no_error(self, alc: Alc, store: Path, spawned: list[str]) -> None:
        make_session(store / "done", rounds=0)
        seen = alc("session", "train")
        assert seen.code == 0 and spawned == [] and "All rounds are done; run `alc session show done`" in seen.err

    def test_where_nothing_counts_as_noisy_there_is_nothing_to_label(
        self, alc: Alc, session: SessionFolder, spawned: list[str]
    ) -> None:
        stored = json.loads(session.document.read_text())
        stored["rounds"]["1"]["queued"] = 0
        session.document.write_text(json.dumps(stored))
        seen = alc("session", "train")
        assert seen.code == 0 and spawned == []
        assert "Nothing counts as noisy, so there is nothing to label; run `alc session show skin`" in seen.err

    @pytest.mark.parametrize("code", [1, 2, 4])
    def test_a_failed_training_is_its_sentence_and_exit_code(
        self, alc: Alc, session: SessionFolder, monkeypatch: pytest.MonkeyPatch, code: int
    ) -> None:
        def fail(folder: SessionFolder) -> None:
            EventLog(folder.events).write(Failed("The loss is not finite in epoch 1.", code))

        decide_all(session)
        monkeypatch.setattr(processes, "spawn", fail)
        seen = alc("session", "train")
        assert seen.code == code and seen.error == "The loss is not finite in epoch 1."
        assert seen.err.count("not finite") == 1
        assert alc("session", "show", "--json").json["state"] == "failed"

    def test_a_killed_worker_is_exit_code_4(
        self, alc: Alc, session: SessionFolder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        decide_all(session)
        monkeypatch.setattr(processes, "spawn", lambda folder: None)
        seen = alc("session", "train")
        assert seen.code == 4 and "ended unexpectedly" in seen.error

    def test_a_store_that_cannot_be_written_to_is_told(
        self, alc: Alc, session: SessionFolder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        decide_all(session)
        session.worker_log.mkdir()  # opening it for writing fails, as in a folder that is read-only
        seen = alc("session", "train")
        assert seen.code == 1 and str(session.worker_log) in seen.error and "check the path" in seen.error

    @pytest.mark.parametrize("moment", ["spawn", "follow"])
    def test_ctrl_c_stops_the_worker_and_says_how_to_go_on(
        self, alc: Alc, session: SessionFolder, monkeypatch: pytest.MonkeyPatch, moment: str
    ) -> None:
        def interrupt(*_: object) -> None:
            raise KeyboardInterrupt

        stopped: list[str] = []
        decide_all(session)
        monkeypatch.setattr(processes, "spawn", lambda folder: None)
        monkeypatch.setattr(*((processes, "spawn") if moment == "spawn" else (next_step, "follow")), interrupt)

        def stop(folder: SessionFolder) -> bool:
            stopped.append(folder.name)
            return True

        monkeypatch.setattr(processes, "stop", stop)
        seen = alc("session", "train")
        assert seen.code == 130 and stopped == ["skin"] and "Traceback" not in seen.err
        assert "Stopped; resume from the last finished epoch with `alc session train skin`." in seen.err

    def test_a_worker_that_does_not_stop_at_once_is_not_said_to_have_stopped(
        self, alc: Alc, session: SessionFolder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupt(*_: object) -> None:
            raise KeyboardInterrupt

        decide_all(session)
        monkeypatch.setattr(processes, "spawn", interrupt)
        monkeypatch.setattr(processes, "stop", lambda folder: False)
        seen = alc("session", "train")
        assert seen.code == 130 and "Stopped;" not in seen.err and "still stopping" in seen.err

    def test_a_running_worker_is_followed_not_doubled(
        self, alc: Alc, session: SessionFolder, spawned: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        decide_all(session)
        lock = WriterLock(session.worker_lock, "training")
        lock.acquire()

        def end(*_: object) -> None:
            EventLog(session.events).write(Stopped(1, 2))
            lock.release()

        monkeypatch.setattr("time.sleep", end)
        seen = alc("session", "train")
        assert seen.code == 0 and spawned == []
        assert "Round 1 stopped after epoch 2" in seen.err


class TestResume:
    def test_it_trains_what_is_next(self, alc: Alc, session: SessionFolder, spawned: list[str]) -> None:
        decide_all(session)
        seen = alc("session", "resume")
        assert (seen.code, spawned) == (0, ["skin"])

    @pytest.mark.parametrize("is_known", [True, False])
    def test_a_replay_is_offered_only_where_the_truth_is_known(self, alc: Alc, store: Path, is_known: bool) -> None:
        make_session(store / "real", with_truth=is_known)
        assert ("`alc session replay real`" in alc("session", "resume", "real").err) == is_known

    def test_where_a_person_is_next_it_says_so(self, alc: Alc, session: SessionFolder, spawned: list[str]) -> None:
        seen = alc("session", "resume", "skin")
        assert (seen.code, spawned) == (0, [])
        assert seen.err.startswith("Samples are waiting to be labeled; run `alc session label skin`")


class TestAttach:
    def test_without_a_training_there_is_nothing_to_watch(self, alc: Alc, session: SessionFolder) -> None:
        seen = alc("session", "attach")
        assert seen.code == 0 and seen.err.startswith("No training is running. Samples are waiting to be labeled")

    def test_ctrl_c_stops_watching_and_not_the_training(
        self, alc: Alc, session: SessionFolder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupt(_seconds: float) -> None:
            raise KeyboardInterrupt

        EventLog(session.events).write(Started(1, 0, 3, "cpu", 36, 1))
        monkeypatch.setattr("time.sleep", interrupt)
        with WriterLock(session.worker_lock, "training"):
            seen = alc("session", "attach")
            assert is_held(session.worker_lock)
        assert seen.code == 130 and "Round 1: 36 samples" in seen.err
        assert "Detached; training continues. Run `alc session attach skin` to watch again." in seen.err


class TestLabel:
    def test_it_needs_a_terminal(self, alc: Alc, session: SessionFolder) -> None:
        seen = alc("session", "label")
        assert (
            seen.code == 2
            and "requires a terminal; to simulate the answers without one, use `alc session replay`" in seen.error
        )

    @pytest.mark.parametrize("name", [None, "", "dumb", "unknown"])
    def test_a_terminal_that_cannot_position_text_is_told_what_to_set(
        self,
        alc: Alc,
        session: SessionFolder,
        at_a_terminal: None,
        name: str | None,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.delenv("TERM")
        if name is not None:
            monkeypatch.setenv("TERM", name)
        for words in (("session", "label"), ()):
            seen = alc(*words)
            assert seen.code == 2 and seen.error.startswith("The labeling app cannot be drawn here (terminal: ")
            assert "`export TERM=xterm-256color`" in seen.error
        assert not is_held(session.label_lock)

    def test_a_locale_without_blocks_is_told_what_to_set(
        self, alc: Alc, session: SessionFolder, at_a_terminal: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(type(sys.stderr), "encoding", "iso8859-1", raising=False)
        seen = alc("session", "label")
        assert seen.code == 2 and "(encoding: iso8859-1); it lacks the characters that images are" in seen.error
        assert "`export LC_ALL=C.UTF-8`" in seen.error
        monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
        assert "`unset PYTHONIOENCODING`" in alc("session", "label").error

    def test_keys_from_the_working_folder_are_told(
        self,
        alc: Alc,
        session: SessionFolder,
        at_a_terminal: None,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr("alc_tui.tui.run.run", lambda *_: 0)
        assert "alc.toml" not in alc("session", "label").err
        (tmp_path / "alc.toml").write_text("[session]\nepochs = 3\n")
        assert "alc.toml" not in alc("session", "label").err
        (tmp_path / "alc.toml").write_text("[keys]\n'label.skip' = 'z'\n")
        assert f"Keys and looks of the app come from {tmp_path / 'alc.toml'}.\n" in alc("session", "label").err

    @pytest.mark.parametrize("command", ["label", "resume"])
    def test_a_second_person_is_told_who_labels(
        self, alc: Alc, session: SessionFolder, at_a_terminal: None, command: str
    ) -> None:
        with held_elsewhere(session.label_lock) as pid:
            seen = alc("session", command, "skin")
        assert seen.code == 3 and f"process {pid} on " in seen.error
        assert "Session 'skin' is in use for labeling by" in seen.error
        assert "`alc session label skin --watch`" in seen.error

    def test_the_app_gets_the_session_and_the_name_of_the_person(
        self, alc: Alc, session: SessionFolder, at_a_terminal: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def run(_store: Path, service: SessionService, _preferences: Preferences) -> int:
            service.decide(service.queue[0], Verdict("skip"))
            return 0

        monkeypatch.setattr("alc_tui.tui.run.run", run)
        with session.journal.open("ab") as file:
            file.write(b'{"seq": 0, "rou')
        seen = alc("session", "label", "--annotator", "ben")
        assert seen.code == 0 and "A crash left the last line" in seen.err
        assert seen.err.endswith(
            "1 of 5 samples of round 1 are decided, and all verdicts are saved; continue with `alc session label "
            "skin`.\n"
        )
        assert [decision.annotator for decision in Journal(session.journal).decisions] == ["ben"]
        assert not is_held(session.label_lock)

    def test_the_app_gets_what_was_chosen(
        self, alc: Alc, session: SessionFolder, opened: list[tuple[bool, Preferences]]
    ) -> None:
        Path("alc.toml").write_text('[app]\npreview = "quadrant"\n')
        with SessionService(session, "anna", write=True) as service:
            service.decide(service.queue[0], Verdict("skip"))
        assert alc("session", "label", "--annotator", "ben", "--second-pass", "--blind", "--preview", "off").code == 0
        assert alc("session", "label").code == 0
        (_, chosen), (is_writable, plain) = opened
        assert (chosen.second_pass, chosen.blind, chosen.preview) == (True, True, "off")
        assert (plain.second_pass, plain.blind, plain.preview) == (False, False, "quadrant")
        assert is_writable and not is_held(session.label_lock)

    def test_who_watches_may_come_while_somebody_labels(
        self, alc: Alc, session: SessionFolder, opened: list[tuple[bool, Preferences]]
    ) -> None:
        with held_elsewhere(session.label_lock):
            assert alc("session", "label", "--watch").code == 0
            assert is_held(session.label_lock)
        assert [is_writable for is_writable, _ in opened] == [False]

    def test_who_watches_takes_no_second_pass(self, alc: Alc, session: SessionFolder) -> None:
        seen = alc("session", "label", "--watch", "--second-pass")
        assert seen.code == 2 and seen.error.startswith("You cannot label with --watch")

    def test_an_unknown_preview_is_refused(self, alc: Alc, session: SessionFolder, at_a_terminal: None) -> None:
        seen = alc("session", "label", "--preview", "halve")
        assert seen.code == 2 and seen.error == "Unknown preview 'halve'; did you mean half?"
        assert not is_held(session.label_lock)

    def test_a_second_pass_over_nothing_is_refused_before_the_app_opens(
        self, alc: Alc, session: SessionFolder, at_a_terminal: None
    ) -> None:
        seen = alc("session", "label", "--second-pass", "--annotator", "ben")
        assert seen.code == 2 and "Nobody except 'ben' has labeled samples" in seen.error
        assert not is_held(session.label_lock)

    def test_the_apps_exit_code_is_the_commands(
        self, alc: Alc, session: SessionFolder, at_a_terminal: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("alc_tui.tui.run.run", lambda *_: 4)
        assert alc("session", "label").code == 4


class TestExport:
    def test_the_labels_are_written_beside_where_it_is_typed(self, alc: Alc, session: SessionFolder) -> None:
        seen = alc("session", "export")
        assert (seen.code, seen.out) == (0, "")
        assert seen.err == "Wrote skin-labels.csv: 12 kept, 24 noisy.\n"
        assert len(Path("skin-labels.csv").read_text().splitlines()) == 37
        assert json.loads(Path("skin-labels.provenance.json").read_text())["session"] == "skin"

    def test_json_tells_what_was_written(self, alc: Alc, session: SessionFolder, tmp_path: Path) -> None:
        told = alc("session", "export", "--json", "--to", tmp_path / "x.csv").json
        assert told == {"path": str(tmp_path / "x.csv"), "written": True, "counts": {"kept": 12, "noisy": 24}}

    @pytest.mark.parametrize("form", FORMATS)
    def test_a_dry_run_writes_nothing(self, alc: Alc, session: SessionFolder, tmp_path: Path, form: str) -> None:
        before = sorted(tmp_path.rglob("*"))
        seen = alc("session", "export", "--dry-run", "--json", "--format", form, "--to", tmp_path / "out")
        assert seen.code == 0 and seen.err.startswith(f"Would write {tmp_path / 'out'}: 12 kept")
        assert seen.json == {"path": str(tmp_path / "out"), "written": False, "counts": {"kept": 12, "noisy": 24}}
        assert sorted(tmp_path.rglob("*")) == before

    def test_each_format_has_a_name_of_its_own(self, alc: Alc, session: SessionFolder) -> None:
        for form in FORMATS:
            assert alc("session", "export", "--format", form).code == 0
        written = {path.name for path in Path().iterdir() if "provenance" not in path.name}
        assert written == {
            "skin-labels.csv", "skin-labels", "skin-label-studio.json", "skin-label-studio.label_config.xml",
            "skin-cvat.xml", "skin-fiftyone.json", "skin-huggingface", "skin-cleanlab.csv",
        }  # fmt: skip

    def test_folders_of_links_are_made(self, alc: Alc, session: SessionFolder) -> None:
        assert alc("session", "export", "--format", "folders").code == 0
        assert sum(path.is_symlink() for path in Path("skin-labels").rglob("*")) == 12

    @pytest.mark.parametrize("more", [(), ("--dry-run",)])
    def test_a_folder_that_is_not_empty_is_refused(
        self, alc: Alc, session: SessionFolder, tmp_path: Path, more: tuple[str, ...]
    ) -> None:
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / "file").touch()
        seen = alc("session", "export", "--format", "folders", "--to", tmp_path / "mine", *more)
        assert seen.code == 2 and "is not an empty folder" in seen.error
        assert [path.name for path in (tmp_path / "mine").iterdir()] == ["file"]

    @pytest.mark.parametrize("form", FORMATS)
    def test_an_earlier_export_is_replaced_only_with_force(
        self, alc: Alc, session: SessionFolder, form: str, tmp_path: Path
    ) -> None:
        command = ("session", "export", "--format", form, "--to", tmp_path / "out")
        assert alc(*command).code == 0
        for more in ((), ("--dry-run",)):
            seen = alc(*command, *more)
            assert seen.code == 2
            assert seen.error == f"{tmp_path / 'out'} exists; specify another --to, or replace it with --force."
        assert alc(*command, "--force").code == 0

    def test_an_unknown_format_is_refused(self, alc: Alc, session: SessionFolder) -> None:
        seen = alc("session", "export", "--format", "xml")
        assert seen.code == 2 and seen.error == f"Unknown format 'xml'; use one of {', '.join(FORMATS)}."

    def test_a_place_that_cannot_be_written_to_is_named(self, alc: Alc, session: SessionFolder, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        seen = alc("session", "export", "--to", tmp_path / "file" / "labels.csv")
        assert seen.code == 1 and str(tmp_path / "file") in seen.error


class TestDelete:
    def test_it_needs_yes_where_nobody_can_be_asked(self, alc: Alc, session: SessionFolder) -> None:
        seen = alc("session", "delete", "skin")
        assert seen.code == 2 and "requires --yes" in seen.error and session.document.exists()
        assert alc("session", "delete", "skin", "--yes").code == 0
        assert not session.path.exists()

    @pytest.mark.parametrize(("answer", "is_gone"), [("y", True), ("n", False), ("", False)])
    def test_it_asks_at_a_terminal(
        self,
        alc: Alc,
        session: SessionFolder,
        at_a_terminal: None,
        monkeypatch: pytest.MonkeyPatch,
        answer: str,
        is_gone: bool,
    ) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"{answer}\n"))
        seen = alc("session", "delete", "skin")
        assert seen.code == 0 and session.path.exists() is not is_gone
        assert seen.err.startswith("Delete session skin with all its decisions?") and seen.out.strip() == ""
        assert ("Nothing was deleted." in seen.err) is not is_gone

    def test_what_an_interrupted_deletion_has_left_is_removed(self, alc: Alc, session: SessionFolder) -> None:
        hidden = session.path.with_name(".skin.alc-00000000-1-00000000")
        session.path.rename(hidden)
        os.utime(hidden, (0, 0))
        seen = alc("session", "delete", "skin", "--yes")
        assert seen.code == 0 and seen.err == "Deleted what an interrupted command had left of session skin.\n"
        assert not hidden.exists() and alc("session", "delete", "skin", "--yes").code == 3

    def test_it_has_to_be_named(self, alc: Alc, session: SessionFolder) -> None:
        assert alc("session", "delete", "--yes").code == 2
        assert session.document.exists()

    @pytest.mark.parametrize("use", ["labeling", "training", "a replay"])
    def test_a_session_in_use_is_left_alone(self, alc: Alc, session: SessionFolder, use: str) -> None:
        replay = session.replay("gt-entropy")
        replay.path.mkdir(parents=True)
        lock = {"labeling": session.label_lock, "training": session.worker_lock, "a replay": replay.worker_lock}[use]
        with held_elsewhere(lock) as pid:
            seen = alc("session", "delete", "skin", "--yes")
        assert seen.code == 3 and session.document.exists()
        assert f"in use for {use} by" in seen.error and f"process {pid}" in seen.error


@pytest.mark.parametrize("words", [("list",), ("show",), ("show", "--json"), ("export",), ("agreement",)])
@pytest.mark.parametrize(("cut", "fate"), [(1, "its decision counts"), (9, "it was ignored")])
def test_every_command_that_reads_a_session_tells_of_a_torn_last_line(
    alc: Alc, session: SessionFolder, words: tuple[str, ...], cut: int, fate: str
) -> None:
    with SessionService(session, "anna", write=True) as service:
        for sample in service.queue[:2]:
            service.decide(sample, Verdict("skip"))
    session.journal.write_bytes(session.journal.read_bytes()[:-cut])
    seen = alc("session", *words)
    assert seen.code == 0 and seen.err.count("A crash left the last line") == 1 and fate in seen.err


def test_the_version_of_the_program_is_in_every_session(alc: Alc, session: SessionFolder) -> None:
    assert alc("session", "show", "--json").json["alc_version"] == __version__
