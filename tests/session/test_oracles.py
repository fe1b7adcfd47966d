from __future__ import annotations

from alc_tui.session.journal import LABEL, SKIP, Decision
from alc_tui.session.oracles import GroundTruth, Recorded, Verdict


def decision(sample: str, kind: str, label: str | None = None) -> Decision:
    return Decision(0, 1, sample, kind, label, "anna", 1.0, None, "")


def test_gt_answers_with_the_truth() -> None:
    oracle = GroundTruth({"a": "MEL", "b": "NV"})
    assert oracle.verdict("b") == Verdict(LABEL, "NV")
    assert (oracle.name, oracle.key) == ("gt", "gt")


def test_a_journal_answers_with_what_the_person_said_and_skips_what_nobody_asked() -> None:
    oracle = Recorded({"a": decision("a", LABEL, "NV"), "b": decision("b", "flag")})
    assert oracle.verdict("a") == Verdict(LABEL, "NV")
    assert oracle.verdict("b") == Verdict("flag")
    assert oracle.verdict("c") == Verdict(SKIP)


def test_two_journals_have_the_same_key_only_if_they_answer_alike() -> None:
    one = Recorded({"a": decision("a", LABEL, "NV"), "b": decision("b", SKIP)})
    again = Recorded({"b": decision("b", SKIP), "a": decision("a", LABEL, "NV")})
    others = [
        Recorded({"a": decision("a", LABEL, "MEL"), "b": decision("b", SKIP)}),
        Recorded({"a": decision("a", LABEL, "NV")}),
        Recorded({"a": decision("a", LABEL, "NV"), "b": decision("b", "flag")}),
    ]
    assert one.key == again.key
    assert len({oracle.key for oracle in [one, *others]}) == 4
    assert one.key.startswith("journal-") and one.key.replace("-", "").isalnum()
