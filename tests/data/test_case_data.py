"""The columns of the data's table are shown as case data, except those that would tell the label."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from alc_tui.data.case_data import CaseData, chosen_columns, default_columns, hidden_columns
from alc_tui.data.sources.isic import IMAGES, LABELS, METADATA, open_isic
from alc_tui.data.sources.table import open_table
from alc_tui.errors import UsageError

Put = Callable[..., Path]
LABELS_OF_SIX = np.array([0, 0, 0, 1, 1, 1])


def shown(*values: str) -> bool:
    return default_columns(CaseData(("it",), tuple((value,) for value in values)), LABELS_OF_SIX) == ("it",)


def test_a_fact_that_varies_within_the_classes_is_shown() -> None:
    assert shown("arm", "leg", "arm", "arm", "leg", "")


def test_a_column_in_which_every_value_goes_with_one_label_is_not_shown() -> None:
    assert not shown("benign", "benign", "", "malignant", "malignant", "malignant")
    assert not shown("nevus", "mole", "nevus", "cancer", "cancer", "cancer")


def test_a_value_that_all_samples_share_tells_no_label() -> None:
    assert shown("arm", "arm", "arm", "arm", "arm", "arm")


def test_names_that_all_differ_are_not_shown_but_numbers_are() -> None:
    assert not shown("a.png", "b.png", "c.png", "d.png", "e.png", "f.png")
    assert shown("31", "45.5", "60", "29", "77", "18")


def test_a_column_without_values_is_not_shown() -> None:
    assert not shown("", "", "", "", "", "")


def test_columns_of_a_table_that_have_no_other_meaning_are_case_data(put: Put) -> None:
    path = put(
        "labels.csv",
        "image,label,split,patient_id,age,site,truth\na.png,x,train,p1,30,arm,x\nb.png,y,train,p2,nan,leg,y\n",
    )
    data = open_table(path, "csv:labels.csv")
    assert data.case_data == CaseData(("age", "site"), (("30", "arm"), ("", "leg")))
    assert data.take([1]).case_data == CaseData(("age", "site"), (("", "leg"),))


def test_tables_of_other_tools_have_no_case_data(put: Put) -> None:
    put("a.png", gray=1)
    put("b.png", gray=2)
    issues = put("issues.csv", "image,given_label,predicted_label,label_quality\na.png,x,y,0.1\nb.png,y,y,0.9\n")
    assert open_table(issues, "csv:issues.csv").case_data is None


def test_the_metadata_of_isic_are_case_data(put: Put, tmp_path: Path) -> None:
    put(LABELS, "image,MEL,NV,BCC,AK,BKL,DF,VASC,SCC,UNK\nI_1,0,1,0,0,0,0,0,0,0\nI_2,1,0,0,0,0,0,0,0,0\n")
    put(METADATA, "image,age_approx,anatom_site_general,lesion_id,sex\nI_1,55,anterior torso,L1,female\n")
    put(f"{IMAGES}/I_1.jpg", gray=1)
    put(f"{IMAGES}/I_2.jpg", gray=2)
    case_data = open_isic(tmp_path).case_data
    assert case_data is not None and case_data.columns == ("age_approx", "anatom_site_general", "sex")
    assert case_data.rows == (("55", "anterior torso", "female"), ("", "", ""))


def test_columns_are_shown_in_the_order_in_which_they_are_asked_for() -> None:
    case_data = CaseData(("age", "site", "sex"), (("30", "arm", "f"),))
    chosen = chosen_columns(case_data, ("sex", "age", "sex"), "csv:x")
    assert case_data.select(chosen) == CaseData(("sex", "age"), (("f", "30"),))
    assert chosen_columns(case_data, ("none",), "csv:x") == ()


@pytest.mark.parametrize(
    ("columns", "name", "problem"),
    [
        (("age", "site"), "agee", r"The table of csv:x has no column 'agee'; did you mean 'age'\?"),
        (("age", "site"), "qqq", "has no column 'qqq'; use age, site."),
        ((), "age", "csv:x has no table with columns to show; omit --show."),
    ],
)
def test_an_unknown_column_is_refused(columns: tuple[str, ...], name: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        chosen_columns(CaseData(columns, ()), (name,), "csv:x")


def test_blind_mode_hides_the_columns_named_or_all() -> None:
    assert hidden_columns(("sex",), ("age", "sex")) == {"sex"}
    assert hidden_columns(("all",), ("age", "sex")) == {"age", "sex"}
    assert hidden_columns((), ("age", "sex")) == frozenset()
