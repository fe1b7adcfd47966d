from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from alc_tui.errors import UsageError
from alc_tui.session.labeling.oracles import (
    GroundTruth,
    JournalOracle,
    Oracle,
    from_confusion_matrix,
    parse_ground_truth,
)
from alc_tui.session.store.journal import LABEL, SKIP, Decision, Verdict

CLASSES = ("MEL", "NV", "BCC", "AK")
MANY = {f"image {number}.jpg": CLASSES[number % 4] for number in range(8000)}


def answers(oracle: Oracle) -> dict[str, Verdict]:
    return {sample: oracle.verdict(sample) for sample in MANY}


def decision(sample: str, kind: str, label: str | None = None) -> Decision:
    return Decision(0, 1, sample, kind, label, "anna", 1.0, None, "")


def test_gt_answers_with_the_truth() -> None:
    oracle = GroundTruth({"a": "MEL", "b": "NV"})
    assert oracle.verdict("b") == Verdict(LABEL, "NV")
    assert (oracle.name, oracle.key) == ("gt", "gt")


def test_a_journal_answers_with_what_the_person_said_and_skips_what_nobody_asked() -> None:
    oracle = JournalOracle({"a": decision("a", LABEL, "NV"), "b": decision("b", "flag")})
    assert oracle.verdict("a") == Verdict(LABEL, "NV")
    assert oracle.verdict("b") == Verdict("flag")
    assert oracle.verdict("c") == Verdict(SKIP)


def test_two_journals_have_the_same_key_only_if_they_answer_alike() -> None:
    one = JournalOracle({"a": decision("a", LABEL, "NV"), "b": decision("b", SKIP)})
    again = JournalOracle({"b": decision("b", SKIP), "a": decision("a", LABEL, "NV")})
    others = [
        JournalOracle({"a": decision("a", LABEL, "MEL"), "b": decision("b", SKIP)}),
        JournalOracle({"a": decision("a", LABEL, "NV")}),
        JournalOracle({"a": decision("a", LABEL, "NV"), "b": decision("b", "flag")}),
    ]
    assert one.key == again.key
    assert len({oracle.key for oracle in [one, *others]}) == 4
    assert one.key.startswith("journal-") and one.key.replace("-", "").isalnum()


def test_errors_are_as_frequent_as_asked_and_fall_on_each_other_class_alike() -> None:
    told = answers(parse_ground_truth("error=0.3", MANY, CLASSES, seed=0))
    assert {verdict.kind for verdict in told.values()} == {LABEL}
    steps = Counter(
        (CLASSES.index(str(verdict.label)) - CLASSES.index(MANY[sample])) % 4 for sample, verdict in told.items()
    )
    # Standard deviations of the counts: 41 and 27.
    assert abs(steps[0] - 5600) < 205
    assert all(abs(steps[step] - 800) < 135 for step in (1, 2, 3))


def test_an_abstaining_oracle_skips_as_often_as_asked_and_else_says_the_truth() -> None:
    told = answers(parse_ground_truth("abstain=0.2", MANY, CLASSES, seed=0))
    skipped = [sample for sample, verdict in told.items() if verdict == Verdict(SKIP)]
    assert abs(len(skipped) - 1600) < 180  # five standard deviations
    assert all(verdict.label in (None, MANY[sample]) for sample, verdict in told.items())


def test_of_what_is_answered_the_asked_share_is_wrong_beside_abstaining() -> None:
    told = answers(parse_ground_truth(" abstain=0.5, error = 0.1 ", MANY, CLASSES, seed=0))
    answered = {sample: verdict.label for sample, verdict in told.items() if verdict.kind == LABEL}
    assert abs(len(answered) - 4000) < 225
    assert abs(sum(MANY[sample] != label for sample, label in answered.items()) / len(answered) - 0.1) < 0.025


def test_a_matrix_says_which_answer_a_truth_gets() -> None:
    matrix = np.array([[1, 0, 0, 0], [0, 0, 1, 0], [0.25, 0, 0.75, 0], [0, 0, 0, 1]])
    told = answers(from_confusion_matrix(matrix, MANY, CLASSES, seed=0))
    counts = Counter((MANY[sample], verdict.label) for sample, verdict in told.items())
    assert (counts["MEL", "MEL"], counts["NV", "BCC"], counts["AK", "AK"]) == (2000, 2000, 2000)
    assert set(counts) == {("MEL", "MEL"), ("NV", "BCC"), ("BCC", "MEL"), ("BCC", "BCC"), ("AK", "AK")}
    assert abs(counts["BCC", "MEL"] - 500) < 97  # five standard deviations


def test_a_chance_of_one_is_certainty() -> None:
    wrong = answers(parse_ground_truth("error=1", MANY, CLASSES, seed=0))
    assert all(verdict.label not in (None, MANY[sample]) for sample, verdict in wrong.items())
    for text in ("abstain=1", "error=1,abstain=1"):
        assert set(answers(parse_ground_truth(text, MANY, CLASSES, seed=0)).values()) == {Verdict(SKIP)}


def test_an_answer_hangs_on_the_seed_and_the_sample_and_not_on_the_order() -> None:
    text = "error=0.4,abstain=0.2"
    first = answers(parse_ground_truth(text, MANY, CLASSES, seed=1))
    oracle = parse_ground_truth(text, MANY, CLASSES, seed=1)
    assert {sample: oracle.verdict(sample) for sample in reversed(MANY)} == dict(reversed(first.items()))
    assert oracle.verdict("image 5.jpg") == oracle.verdict("image 5.jpg")
    few = {sample: MANY[sample] for sample in list(MANY)[100:200]}
    alone = parse_ground_truth(text, few, CLASSES, seed=1)
    assert all(alone.verdict(sample) == first[sample] for sample in few)
    assert answers(parse_ground_truth(text, MANY, CLASSES, seed=2)) != first


def test_any_name_of_a_sample_is_answered() -> None:
    names = {"ä/猫.png": "NV", "\udce4.png": "MEL", "": "AK"}
    oracle = parse_ground_truth("error=1", names, CLASSES, seed=0)
    assert all(oracle.verdict(name).label != label for name, label in names.items())


def test_oracles_that_answer_otherwise_have_other_keys_that_fit_a_file_name() -> None:
    texts = ["error=0.05", "abstain=0.05", "error=0.05,abstain=0.1", "error=0.1,abstain=0.05", "error=1e-7"]
    oracles = [parse_ground_truth(text, MANY, CLASSES, 0) for text in texts]
    oracles += [from_confusion_matrix(np.eye(4)[order], MANY, CLASSES, 0) for order in ([0, 1, 2, 3], [1, 0, 2, 3])]
    oracles.append(GroundTruth(MANY))
    assert len({oracle.key for oracle in oracles}) == 8
    assert all(oracle.key.replace("-", "").replace(".", "").isalnum() for oracle in oracles)
    assert [oracle.name for oracle in oracles[:3]] == ["gt:" + text for text in texts[:3]]


def test_the_same_oracle_said_otherwise_has_the_same_key() -> None:
    one, other = (
        parse_ground_truth(text, MANY, CLASSES, 0) for text in ("error=0.10,abstain=.2", "abstain=0.2, error=1e-1")
    )
    assert (one.key, one.name) == (other.key, other.name)
    assert parse_ground_truth("error=0,abstain=0", MANY, CLASSES, 0).key == "gt"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("eror=0.1", "Unknown setting of the oracle gt 'eror'; did you mean error?"),
        ("5", "Unknown setting of the oracle gt '5'; use one of error, abstain."),
        ("", "Unknown setting of the oracle gt ''"),
        ("error", "'' is not a valid probability for error; specify a number, such as gt:error=0.05."),
        ("abstain=often", "'often' is not a valid probability for abstain"),
        ("error=1.5", "1.5 for error of the oracle gt is outside [0, 1]"),
        ("abstain=-0.1", "-0.1 for abstain of the oracle gt is outside [0, 1]"),
        ("error=nan", "nan for error of the oracle gt is outside [0, 1]"),
        ("error=0.1,error=0.2", "The oracle gt specifies error twice"),
    ],
)
def test_what_is_no_chance_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_ground_truth(text, MANY, CLASSES, 0)
    assert sentence in str(caught.value)


def test_with_one_class_there_is_no_wrong_answer() -> None:
    with pytest.raises(UsageError, match="With a single class, there is no wrong answer"):
        parse_ground_truth("error=0.1", {"a": "MEL"}, ("MEL",), 0)
    assert parse_ground_truth("abstain=1", {"a": "MEL"}, ("MEL",), 0).verdict("a") == Verdict(SKIP)
