from __future__ import annotations

import pytest

from alc_tui.data.class_names import class_of, is_missing
from alc_tui.errors import UsageError


@pytest.mark.parametrize("label", ["", "  ", "nan", "NaN", "None", "NULL", "#N/A", "N/A", "<NA>", "#REF!"])
def test_what_programs_write_for_no_value_is_missing(label: str) -> None:
    assert is_missing(label)


@pytest.mark.parametrize("label", ["0", "normal", "no", "banana", "nan1", "-"])
def test_other_labels_are_not_missing(label: str) -> None:
    assert not is_missing(label)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("MEL", "mel"),
        ("MEL", "MEL "),
        ("MEL", "\ufeffMEL"),
        ("basal cell", "basal  cell"),
        ("basal cell", "basal\xa0cell"),
        ("na\xefve", "nai\u0308ve"),
        ("ﬁbroma", "fibroma"),
        ("straße", "STRASSE"),
        ("1", "1.0"),
        ("1", "01"),
    ],
)
def test_labels_that_look_alike_are_refused_or_joined_under_the_most_common_spelling(one: str, other: str) -> None:
    with pytest.raises(UsageError) as caught:
        class_of([one, other, other], "the table t")
    said = str(caught.value)
    for label, count in ((one, 1), (other, 2)):
        assert f"{label!r} ({count})" in said or f"{label!a} ({count})" in said
    assert "in the table t look alike" in said and "--merge-alike" in said
    assert class_of([one, other, other], "x", merge_alike=True) == {one: other, other: other}


def test_the_two_names_in_the_error_can_be_told_apart() -> None:
    with pytest.raises(UsageError, match=r"'nai\\u0308ve' \(1\) and 'na\\xefve' \(1\)"):
        class_of(["na\xefve", "nai\u0308ve"], "x")


def test_labels_that_do_not_look_alike_are_classes() -> None:
    labels = ["1", "10", "2.5", "1e400", "a_b", "a b", "a-b", "é", "e", "infinity", "1_0"]
    assert class_of(labels, "x") == {label: label for label in labels}
