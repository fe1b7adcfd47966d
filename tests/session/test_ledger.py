from __future__ import annotations

from alc_tui.session.journal import EXCLUDE, FLAG, LABEL, SKIP, UNDO, Decision
from alc_tui.session.ledger import Ledger, ledger

GIVEN = {"a": "MEL", "b": "NV", "c": "NV", "d": "BCC", "e": "MEL"}


def told(*lines: tuple[str, str, str | None, float]) -> Ledger:
    decisions = [
        Decision(seq, 1, sample, kind, label, "anna", seconds, None, "")
        for seq, (sample, kind, label, seconds) in enumerate(lines)
    ]
    return ledger(decisions, GIVEN)


def test_a_round_without_decisions_costs_nothing() -> None:
    assert told() == Ledger(0, 0, 0, 0, 0, 0, 0, 0.0, 0)


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
    assert told(("a", LABEL, "NV", 1.0)).as_dict()["free_corrections"] == 0
