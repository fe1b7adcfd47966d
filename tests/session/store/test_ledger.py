from __future__ import annotations

from alc_tui.session.store.journal import (
    EXCLUDE,
    FLAG,
    GRID,
    LABEL,
    QUEUE,
    REPEAT,
    REVIEW,
    SECOND,
    SKIP,
    UNDO,
    Decision,
)
from alc_tui.session.store.ledger import Ledger, ledger

GIVEN = {"a": "MEL", "b": "NV", "c": "NV", "d": "BCC", "e": "MEL"}


def told(*lines: tuple[str, str, str | None, float], occasion: str = QUEUE) -> Ledger:
    return ledger(decisions(*lines, occasion=occasion), GIVEN)


def decisions(*lines: tuple[str, str, str | None, float], occasion: str) -> list[Decision]:
    return [
        Decision(seq, 1, sample, kind, label, "anna", seconds, None, "", occasion)
        for seq, (sample, kind, label, seconds) in enumerate(lines)
    ]


def test_a_round_without_decisions_costs_nothing() -> None:
    assert told() == Ledger()
    assert not any(told().as_dict().values())


def test_labels_equal_to_the_given_one_are_confirmed_and_others_changed() -> None:
    costs = told(("a", LABEL, "MEL", 1.0), ("b", LABEL, "MEL", 2.5), ("c", LABEL, "NV", 0.5))
    assert costs == Ledger(shown=3, confirmed=2, changed=1, label_seconds=4.0)


def test_every_kind_of_verdict_is_counted_once() -> None:
    costs = told(("a", LABEL, "NV", 1.0), ("b", SKIP, None, 1.0), ("c", FLAG, None, 1.0), ("d", EXCLUDE, None, 1.0))
    assert costs == Ledger(shown=4, changed=1, skipped=1, flagged=1, excluded=1, label_seconds=4.0)


def test_a_verdict_taken_back_is_undone_not_shown_but_its_seconds_were_spent() -> None:
    costs = told(("a", LABEL, "NV", 3.0), ("a", UNDO, None, 0.0), ("b", SKIP, None, 1.0))
    assert costs == Ledger(shown=1, skipped=1, undone=1, label_seconds=4.0)


def test_a_sample_decided_again_counts_by_its_last_verdict() -> None:
    costs = told(("a", LABEL, "NV", 1.0), ("a", UNDO, None, 0.0), ("a", LABEL, "MEL", 2.0), ("a", FLAG, None, 0.25))
    assert costs == Ledger(shown=1, flagged=1, undone=1, label_seconds=3.25)


def test_the_counts_have_the_names_of_show() -> None:
    names = set(told().as_dict())
    assert {"shown", "confirmed", "changed", "skipped", "flagged", "excluded", "undone"} < names
    assert {"repeated", "reviewed"} < names
    assert told(("a", LABEL, "NV", 1.0)).as_dict()["free_corrections"] == 0


def test_what_is_decided_in_the_grid_counts_as_in_the_queue() -> None:
    lines = (("a", LABEL, "NV", 1.0), ("b", SKIP, None, 1.0), ("a", UNDO, None, 0.0))
    assert told(*lines, occasion=GRID) == told(*lines)


def test_a_repeat_costs_time_and_no_label() -> None:
    first = decisions(("a", LABEL, "MEL", 2.0), occasion=QUEUE)
    again = decisions(("a", LABEL, "NV", 1.5), occasion=REPEAT)
    assert ledger(first + again, GIVEN) == Ledger(shown=1, confirmed=1, repeated=1, label_seconds=3.5)


def test_a_repeat_taken_back_is_no_repeat() -> None:
    costs = told(("a", LABEL, "NV", 1.5), ("a", UNDO, None, 0.0), occasion=REPEAT)
    assert (costs.repeated, costs.undone, costs.label_seconds) == (0, 0, 1.5)


def test_a_review_is_counted_apart_from_what_is_shown_and_its_time_with_it() -> None:
    lines = (("a", LABEL, "NV", 2.0), ("b", FLAG, None, 1.0), ("b", UNDO, None, 0.0))
    assert told(*lines, occasion=REVIEW) == Ledger(reviewed=1, label_seconds=3.0)


def test_a_second_annotator_is_no_cost_of_the_round() -> None:
    assert told(("a", LABEL, "NV", 2.0), ("b", SKIP, None, 1.0), occasion=SECOND) == Ledger()
