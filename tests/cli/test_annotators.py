from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.folder import SessionFolder
from alc_tui.session.store.journal import Journal, Verdict
from alc_tui.session.store.lock import WriterLock
from tests.cli.person import Alc
from tests.made_sessions import make_session


def copied(folder: SessionFolder, to: Path) -> SessionFolder:
    shutil.copytree(folder.path, to)
    return SessionFolder(to)


def decide(folder: SessionFolder, who: str, answers: list[str], occasion: str = "queue", blind: bool = False) -> None:
    """Label the first samples of the queue."""
    with SessionService(folder, who, write=True) as service:
        for sample, answer in zip(service.queue, answers, strict=False):
            service.decide(sample, Verdict("label", answer, 1.0, blind=blind), occasion)


class TestMerge:
    def test_a_copy_of_the_store_is_joined_and_what_was_done_is_told(
        self, alc: Alc, session: SessionFolder, store: Path
    ) -> None:
        laptop = copied(session, store / "laptop")
        decide(session, "anna", ["NV", "NV"])
        decide(laptop, "ben", ["NV", "BCC", "MEL"])
        seen = alc("session", "merge", "skin", "laptop")
        assert (seen.code, seen.out) == (0, "")
        assert seen.err.splitlines() == [
            "Added 3 decisions to session skin; already there: 0.",
            "Annotators disagree on 1 sample; review with `alc session label skin`.",
        ]
        assert len(Journal(session.journal).decisions) == 5
        again = alc("session", "merge", "skin", "laptop", "--json")
        assert again.json == {
            "name": "skin", "written": True, "added": 0, "already_there": 3, "left_out": 0, "conflicts": 0,
            "disagreements": 1,
        }  # fmt: skip

    def test_copies_may_lie_anywhere_and_be_several(self, alc: Alc, session: SessionFolder, tmp_path: Path) -> None:
        one, other = copied(session, tmp_path / "usb" / "one"), copied(session, tmp_path / "usb" / "other")
        decide(one, "ben", ["NV"])
        decide(other, "carl", ["NV", "MEL"])
        seen = alc("session", "merge", "skin", one.path, other.path, "--json")
        assert seen.code == 0 and seen.json["added"] == 3

    def test_one_persons_two_answers_and_what_has_no_place_are_told(
        self, alc: Alc, session: SessionFolder, store: Path
    ) -> None:
        decide(session, "anna", ["NV"])
        laptop = copied(session, store / "laptop")
        decide(session, "ben", ["MEL"], "second")
        decide(laptop, "ben", ["BCC"], "second")
        with SessionService(session, "anna", write=True) as here, SessionService(laptop, "anna", write=True) as there:
            here.decide(here.queue[1], Verdict("label", "NV"))
            there.decide(there.queue[1], Verdict("label", "MEL"))
        seen = alc("session", "merge", "skin", "laptop")
        assert "1 verdict could not be merged" in seen.err
        assert "1 verdict in conflict with one by the same annotator; both are recorded." in seen.err

    def test_a_dry_run_adds_nothing(self, alc: Alc, session: SessionFolder, store: Path) -> None:
        laptop = copied(session, store / "laptop")
        decide(laptop, "ben", ["NV"])
        seen = alc("session", "merge", "skin", "laptop", "--dry-run", "--json")
        assert seen.code == 0 and seen.err.startswith("Would add 1 decision to session skin")
        assert seen.json["written"] is False and seen.json["added"] == 1
        assert not session.journal.exists()

    def test_a_foreign_session_is_refused_in_one_sentence(self, alc: Alc, session: SessionFolder, store: Path) -> None:
        foreign = make_session(store / "foreign", samples=55)
        seen = alc("session", "merge", "skin", "foreign")
        assert seen.code == 2 and seen.out == ""
        assert seen.error.startswith(f"{foreign.path} is not a copy of session 'skin'")

    @pytest.mark.parametrize("copy", ["nowhere", "./nowhere"])
    def test_a_copy_that_is_not_there_is_exit_code_3(self, alc: Alc, session: SessionFolder, copy: str) -> None:
        seen = alc("session", "merge", "skin", copy)
        assert seen.code == 3 and "found" in seen.error and "nowhere" in seen.error

    def test_while_somebody_labels_it_is_exit_code_3(self, alc: Alc, session: SessionFolder, store: Path) -> None:
        copied(session, store / "laptop")
        with WriterLock(session.label_lock, "labeling", "carl"):
            seen = alc("session", "merge", "skin", "laptop")
        assert seen.code == 3 and "in use for labeling by carl" in seen.error

    def test_a_torn_copy_is_told(self, alc: Alc, session: SessionFolder, store: Path) -> None:
        laptop = copied(session, store / "laptop")
        decide(laptop, "ben", ["NV", "NV"])
        laptop.journal.write_bytes(laptop.journal.read_bytes()[:-9])
        seen = alc("session", "merge", "skin", "laptop")
        assert seen.code == 0 and "A crash left the last line of" in seen.err and "Added 1 decision" in seen.err

    def test_both_sides_have_to_be_named(self, alc: Alc, session: SessionFolder) -> None:
        assert alc("session", "merge", "skin").code == 2


class TestAgreement:
    def test_where_there_is_nothing_to_compare_it_says_what_to_do(self, alc: Alc, session: SessionFolder) -> None:
        seen = alc("session", "agreement")
        assert (seen.code, seen.out) == (0, "")
        assert seen.err.startswith("No two annotators have labeled the same samples")
        assert "`alc session label skin --annotator NAME --second-pass`" in seen.err
        assert "`alc session merge skin FROM`" in seen.err

    def test_all_comparisons_are_told_with_kappa_overall_and_per_class(self, alc: Alc, session: SessionFolder) -> None:
        decide(session, "anna", ["MEL", "MEL", "NV", "NV"])
        decide(session, "ben", ["MEL", "NV", "NV", "NV"], "second")
        decide(session, "anna", ["MEL"], "repeat")
        seen = alc("session", "agreement", "skin")
        assert seen.code == 0 and seen.err == ""
        lines = [" ".join(line.split()) for line in seen.out.splitlines()]
        # 3 of 4 agree; MEL 2 and 1, NV 2 and 3: p_e = (2·1 + 2·3) / 16, so κ = (0.75 − 0.5) / 0.5.
        assert "anna and ben 75% of 4, κ 0.50" in lines
        assert "anna, shown again 100% of 1, κ –" in lines
        assert "anna and ben either both % κ" in lines
        assert "MEL 2 50 0.50" in lines and "NV 3 67 0.50" in lines

    def test_blind_and_open_labels_are_told_apart(self, alc: Alc, session: SessionFolder) -> None:
        with SessionService(session, "anna", write=True) as service:
            for place in range(4):
                item = service.item(place)
                service.decide(item.sample, Verdict("label", item.suggestion, 1.0, blind=place < 2), occasion="queue")
        seen = alc("session", "agreement")
        lines = [line.split("  ")[0] for line in seen.out.splitlines()]
        assert "with the suggestion, blind" in lines and "with the suggestion, open" in lines
        assert "100% of 2 (34–100%)" in seen.out

    def test_json_is_what_show_tells(self, alc: Alc, session: SessionFolder) -> None:
        decide(session, "anna", ["MEL", "NV"])
        decide(session, "ben", ["MEL", "MEL"], "second")
        seen = alc("session", "agreement", "--json")
        told = seen.json
        assert seen.err == "" and told == alc("session", "show", "--json").json["agreement"]
        (pair,) = told["annotators"]
        assert pair["names"] == ["anna", "ben"] and (pair["pairs"], pair["agreed"]) == (2, 1)
        assert set(told) == {"annotators", "consistency", "suggestion"}
        assert told["suggestion"]["blind"] is None and told["suggestion"]["open"]["labels"] == 2

    def test_names_cannot_steer_the_terminal(self, alc: Alc, store: Path) -> None:
        folder = make_session(store / "odd", classes=("\x1b[2Jred", "blue"))
        decide(folder, "anna\x1b[31m", ["\x1b[2Jred"])
        decide(folder, "ben", ["\x1b[2Jred"], "second")
        seen = alc("session", "agreement")
        assert seen.code == 0 and "\x1b" not in seen.out + seen.err
        assert r"anna\x1b[31m and ben" in seen.out
