from __future__ import annotations

import math
import random

import pytest
from sklearn.metrics import cohen_kappa_score

from alc_tui.session.labeling.agreement import agreement, cohens_kappa, disagreements, independent, summary, wilson
from alc_tui.session.store.journal import GRID, LABEL, QUEUE, REPEAT, REVIEW, SECOND, SKIP, UNDO, Decision, Verdicts

CLASSES = ("MEL", "NV", "BCC")


class Story:
    """What people did, told one decision after the other."""

    def __init__(self) -> None:
        self.decisions: list[Decision] = []

    def says(
        self,
        who: str,
        sample: str,
        answer: str,
        occasion: str = QUEUE,
        suggested: str | None = None,
        blind: bool = False,
    ) -> Story:
        kind, label = (LABEL, answer) if answer in CLASSES else (answer, None)
        seq = len(self.decisions)
        self.decisions.append(Decision(seq, 1, sample, kind, label, who, 1.0, suggested, str(seq), occasion, blind))
        return self

    @property
    def verdicts(self) -> Verdicts:
        return Verdicts(self.decisions)


def test_kappa_and_shares_by_hand() -> None:
    # 10 pairs, 7 agree: MEL-MEL 4, NV-NV 2, BCC-BCC 1, MEL-NV 2, NV-BCC 1.
    pairs = [("MEL", "MEL")] * 4 + [("NV", "NV")] * 2 + [("BCC", "BCC")] + [("MEL", "NV")] * 2 + [("NV", "BCC")]
    told = agreement(pairs, CLASSES)
    assert (told.pairs, told.agreed, told.share) == (10, 7, 0.7)
    # first: MEL 6, NV 3, BCC 1; second: MEL 4, NV 4, BCC 2: p_e = (24 + 12 + 2) / 100.
    assert told.kappa == pytest.approx((0.7 - 0.38) / (1 - 0.38))
    assert told.by_class["MEL"].n == 6 and told.by_class["MEL"].share == pytest.approx(4 / 6)
    # MEL or not: 8 agree, p_e = 0.6·0.4 + 0.4·0.6.
    assert told.by_class["MEL"].kappa == pytest.approx((0.8 - 0.48) / 0.52)
    assert told.by_class["NV"].n == 5 and told.by_class["NV"].share == pytest.approx(2 / 5)
    assert told.by_class["BCC"].n == 2 and told.by_class["BCC"].share == pytest.approx(1 / 2)


def test_kappa_is_that_of_scikit_learn() -> None:
    draw = random.Random(3)
    for _ in range(100):
        pairs = [(draw.choice(CLASSES), draw.choice(("MEL", "NV", SKIP))) for _ in range(draw.randrange(3, 60))]
        told = agreement(pairs, CLASSES)
        ones, others = zip(*pairs, strict=True)
        assert told.kappa == pytest.approx(cohen_kappa_score(ones, others), abs=1e-12)
        for name, each in told.by_class.items():
            expected = cohen_kappa_score([one == name for one in ones], [other == name for other in others])
            assert each.kappa == pytest.approx(expected, abs=1e-12)


def test_kappa_is_not_defined_without_pairs_or_where_chance_alone_agrees() -> None:
    assert cohens_kappa([]) is None
    assert cohens_kappa([("NV", "NV")] * 5) is None
    assert cohens_kappa([("NV", "MEL")] * 5) == 0.0
    assert cohens_kappa([("NV", "MEL"), ("MEL", "NV")]) == -1.0
    assert cohens_kappa([("NV", "NV"), ("MEL", "MEL")]) == 1.0


def test_a_class_that_nobody_gave_is_not_told() -> None:
    assert set(agreement([("MEL", "NV"), (SKIP, SKIP)], CLASSES).by_class) == {"MEL", "NV"}


def test_a_verdict_without_a_label_is_an_answer_too() -> None:
    told = agreement([(SKIP, SKIP), (SKIP, "NV")], CLASSES)
    assert (told.pairs, told.agreed) == (2, 1)


@pytest.mark.parametrize(("agreed", "n"), [(0, 7), (7, 7), (1, 2), (40, 50), (333, 1000)])
def test_the_interval_holds_the_shares_that_a_score_test_does_not_reject(agreed: int, n: int) -> None:
    low, high = wilson(agreed, n)

    def score(share: float) -> float:
        return abs(agreed / n - share) / math.sqrt(share * (1 - share) / n)

    assert 0 <= low <= agreed / n <= high <= 1
    for end in (low, high):
        if 0 < end < 1:
            assert score(end) == pytest.approx(1.96, abs=1e-3)


def test_two_annotators_are_compared_on_what_both_decided_by_themselves() -> None:
    story = Story()
    for sample, answer in {"a": "NV", "b": "MEL", "c": "BCC", "d": "NV"}.items():
        story.says("anna", sample, answer)
    for sample, answer in {"a": "NV", "b": "NV", "c": SKIP}.items():
        story.says("ben", sample, answer, SECOND)
    story.says("carl", "e", "NV")
    (told,) = summary(story.verdicts, CLASSES).annotators.items()
    names, each = told
    assert names == ("anna", "ben") and (each.pairs, each.agreed) == (3, 1)


def test_each_two_of_three_annotators_are_compared() -> None:
    story = Story().says("anna", "a", "NV").says("ben", "a", "NV", SECOND).says("carl", "a", "MEL", SECOND)
    shares = {names: told.share for names, told in summary(story.verdicts, CLASSES).annotators.items()}
    assert shares == {("anna", "ben"): 1.0, ("anna", "carl"): 0.0, ("ben", "carl"): 0.0}


def test_what_was_decided_in_the_grid_is_independent_too() -> None:
    story = Story().says("anna", "a", "NV", GRID).says("ben", "a", "NV", SECOND)
    assert summary(story.verdicts, CLASSES).annotators["anna", "ben"].pairs == 1


@pytest.mark.parametrize("occasion", [QUEUE, REVIEW])
def test_a_review_does_not_count_as_agreement_nor_wipe_out_the_disagreement(occasion: str) -> None:
    story = Story().says("anna", "a", "NV").says("ben", "a", "MEL", SECOND)
    story.says("anna", "a", "MEL", occasion)
    assert independent(story.verdicts) == {"anna": {"a": "NV"}, "ben": {"a": "MEL"}}
    story.says("carl", "a", "MEL", occasion)
    assert set(independent(story.verdicts)) == {"anna", "ben"}


def test_what_was_taken_back_is_not_compared() -> None:
    story = Story().says("anna", "a", "NV").says("ben", "a", "MEL", SECOND).says("ben", "a", UNDO, SECOND)
    assert not summary(story.verdicts, CLASSES).annotators
    story.says("ben", "a", "NV", SECOND)
    assert summary(story.verdicts, CLASSES).annotators["anna", "ben"].agreed == 1
    story.says("anna", "a", UNDO).says("anna", "a", "BCC")
    assert summary(story.verdicts, CLASSES).annotators["anna", "ben"].agreed == 0


def test_one_person_with_two_verdicts_on_a_sample_is_nobody_elses_pair() -> None:
    story = Story().says("anna", "a", "NV").says("anna", "a", "MEL", SECOND)
    assert not summary(story.verdicts, CLASSES).annotators
    assert independent(story.verdicts) == {"anna": {"a": "NV"}}


def test_consistency_is_of_the_first_verdict_with_the_repeat() -> None:
    story = Story()
    for sample, first, again in (("a", "NV", "NV"), ("b", "MEL", "NV"), ("c", "BCC", "BCC")):
        story.says("anna", sample, first).says("anna", sample, again, REPEAT)
    story.says("anna", "b", "NV")  # in Review, having seen what stood
    story.says("ben", "d", SKIP).says("ben", "d", SKIP, REPEAT).says("ben", "d", UNDO, REPEAT)
    told = summary(story.verdicts, CLASSES).consistency
    assert list(told) == ["anna"]
    assert (told["anna"].pairs, told["anna"].agreed) == (3, 2)


def test_a_repeat_is_compared_with_a_second_verdict_where_that_was_the_first() -> None:
    story = Story().says("anna", "a", "NV").says("ben", "a", "MEL", SECOND).says("ben", "a", "MEL", REPEAT)
    assert summary(story.verdicts, CLASSES).consistency["ben"].share == 1.0


def test_labels_are_compared_with_the_suggestion_blind_and_open_apart() -> None:
    story = Story()
    for place, (answer, blind) in enumerate([("NV", True), ("MEL", True), ("NV", False), ("NV", False), (SKIP, False)]):
        story.says("anna", f"s{place}", answer, suggested="NV", blind=blind)
    told = summary(story.verdicts, CLASSES)
    assert told.blind is not None and (told.blind.labels, told.blind.agreed, told.blind.share) == (2, 1, 0.5)
    assert told.open is not None and (told.open.labels, told.open.agreed) == (2, 2)
    assert (told.open.low, told.open.high) == pytest.approx((0.3424, 1.0), abs=1e-4)


def test_only_verdicts_of_the_queue_count_against_the_suggestion_and_those_as_first_given() -> None:
    story = Story().says("anna", "a", "NV", GRID, suggested="NV").says("anna", "b", UNDO)
    story.says("anna", "b", "MEL", QUEUE, suggested="NV", blind=True).says("ben", "b", "NV", SECOND, suggested="NV")
    story.says("anna", "b", "NV", QUEUE, suggested="NV")
    told = summary(story.verdicts, CLASSES)
    assert told.open is None
    assert told.blind is not None and (told.blind.labels, told.blind.agreed) == (1, 0)


def test_of_nothing_there_is_nothing_to_tell() -> None:
    assert summary(Verdicts(), CLASSES).as_dict() == {
        "annotators": [], "consistency": {}, "suggestion": {"blind": None, "open": None},
    }  # fmt: skip


def test_a_summary_is_told_with_all_its_numbers() -> None:
    story = (
        Story().says("anna", "a", "NV", suggested="NV").says("ben", "a", "NV", SECOND).says("anna", "a", "NV", REPEAT)
    )
    told = summary(story.verdicts, CLASSES).as_dict()
    by_class = {"NV": {"n": 1, "share": 1.0, "kappa": None}}
    same = {"pairs": 1, "agreed": 1, "share": 1.0, "kappa": None, "by_class": by_class}
    assert told["annotators"] == [{"names": ["anna", "ben"], **same}]
    assert told["consistency"] == {"anna": same}
    assert told["suggestion"]["blind"] is None
    assert set(told["suggestion"]["open"]) == {"labels", "agreed", "share", "low", "high"}


def test_disagreements_are_told_with_what_stands_until_somebody_decides_again() -> None:
    story = Story().says("anna", "a", "NV").says("anna", "b", "NV")
    story.says("ben", "a", "MEL", SECOND).says("ben", "b", "NV", SECOND)
    ((second, stands),) = disagreements(story.verdicts)
    assert (second.annotator, second.answer, stands.annotator, stands.answer) == ("ben", "MEL", "anna", "NV")
    story.says("carl", "a", "NV", REVIEW)
    assert disagreements(story.verdicts) == []
    story.says("dora", "a", "MEL", SECOND)
    ((second, stands),) = disagreements(story.verdicts)
    assert (second.annotator, stands.annotator) == ("dora", "carl")
