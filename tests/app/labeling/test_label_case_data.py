"""The case data of a sample stands beside its image."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len

from alc_tui.data.case_data import CaseData
from alc_tui.session.labeling.facts import Fact
from alc_tui.session.store.case_data import save_case_data
from alc_tui.tui.labeling.sample.case_lines import MAX_LINES, case_lines
from tests.app.person import Sit
from tests.made_sessions import make_session


@pytest.mark.parametrize(("blind", "sees_site"), [(False, True), (True, False)])
async def test_it_is_shown_and_blind_mode_hides_what_it_is_told_to(
    tmp_path: Path, sit: Sit, blind: bool, sees_site: bool
) -> None:
    folder = make_session(tmp_path / "skin", blind=blind, blind_hides="site")
    save_case_data(folder.case_data, CaseData(("age", "site"), (("55", "[b]torso"),) * 60))
    async with sit(folder, (120, 40)) as person:
        await person.sees_text("age 55")
        assert ("[b]torso" in person.sees) == sees_site


def facts(*pairs: tuple[str, str]) -> list[Fact]:
    return [Fact(name, value) for name, value in pairs]


def test_values_stand_in_as_few_lines_as_they_need() -> None:
    shown = facts(("age_approx", "55"), ("sex", "female"), ("site", "anterior torso"))
    assert case_lines(shown, 60) == ["age about 55 · female · anterior torso"]
    assert case_lines(shown, 25) == ["age about 55 · female", "anterior torso"]


def test_lines_are_about_equally_long_so_that_no_short_value_stands_alone() -> None:
    shown = facts(("age_approx", "75.0"), ("site", "lateral torso"), ("sex", "male"))
    assert case_lines(shown, 28) == ["age about 75", "lateral torso · male"]


@pytest.mark.parametrize(
    ("name", "value", "title", "text"),
    [
        ("age_approx", "75.0", "age", "about 75"),
        ("age_approx", "55", "age", "about 55"),
        ("weight", "70.5", "weight", "70.5"),
        ("dose", "-3.00", "dose", "-3"),
        ("anatom_site_general", "upper extremity", "anatom site general", "upper extremity"),
        ("version", "1.0.0", "version", "1.0.0"),
    ],
)
def test_columns_and_numbers_are_told_as_people_write_them(name: str, value: str, title: str, text: str) -> None:
    assert (Fact(name, value).title, Fact(name, value).text) == (title, text)


def test_numbers_and_answers_are_named() -> None:
    shown = facts(("smoker", "Yes"), ("weight", "70.5"), ("site", "arm"))
    assert case_lines(shown, 60) == ["smoker Yes · weight 70.5 · arm"]


def test_many_values_are_cut_to_a_few_lines_that_fit() -> None:
    lines = case_lines(facts(*[("site", f"a long value, number {number}") for number in range(20)]), 30)
    assert len(lines) == MAX_LINES and all(cell_len(line) <= 30 for line in lines)
    assert case_lines([], 30) == []
