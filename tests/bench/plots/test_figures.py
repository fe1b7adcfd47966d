from __future__ import annotations

import math
import sys
from pathlib import Path

import pytest

from alc_tui.active.samplers import SAMPLERS
from alc_tui.bench.arms import conditions
from alc_tui.bench.plots import terminal
from alc_tui.bench.plots.figures import draw, f1_per_class, guess, macro_f1, mean_curve
from alc_tui.bench.results import RunResult
from alc_tui.errors import UsageError
from tests.bench.examples import result_line, selection_scores, write_results


@pytest.fixture
def results(tmp_path: Path) -> list[RunResult]:
    first = {"selection": selection_scores(0.8, 0.6)}
    return write_results(
        tmp_path / "results.jsonl",
        [
            result_line("clean", "random", 0, (0.8,)),
            result_line("ct-vog", "entropy", 0, (0.4, 0.6, 0.7), first),
            result_line("ct-vog", "entropy", 1, (0.5, 0.7, 0.9), first),
            result_line("ce", "entropy", 0, (0.3, 0.4, 0.5), {"clean_size": 0}),
        ],
    )


def test_a_band_is_mean_and_deviation_by_round(results: list[RunResult]) -> None:
    vog, ce = conditions(results)[0].arms
    labels, mean, std = mean_curve(vog)
    assert labels.tolist() == [0, 10, 20] and mean.tolist() == pytest.approx([0.45, 0.65, 0.8])
    assert std.tolist() == pytest.approx([0.05 * math.sqrt(2), 0.05 * math.sqrt(2), 0.1 * math.sqrt(2)])
    assert mean_curve(ce)[2].tolist() == [0, 0, 0]


def test_figures_are_written_as_png_and_svg(results: list[RunResult], tmp_path: Path) -> None:
    files = draw(results, tmp_path / "plots")
    assert [path.name for path in files] == [
        f"isic-noise-0.5-{what}.{kind}" for what in ("macro-f1", "guess", "f1-per-class") for kind in ("png", "svg")
    ]
    for path in files:
        start = path.read_bytes()[:8]
        assert start == b"\x89PNG\r\n\x1a\n" if path.suffix == ".png" else start.startswith(b"<?xml")
    again = draw(results, tmp_path / "again")
    assert [path.read_bytes() for path in files] == [path.read_bytes() for path in again]


def test_no_legend_covers_the_curves(results: list[RunResult]) -> None:
    (condition,) = conditions(results)
    for build in (macro_f1, guess, f1_per_class):
        figure = build(condition)
        assert figure is not None
        figure.draw_without_rendering()
        (legend,) = figure.legends
        assert all(not legend.get_window_extent().overlaps(axes.get_window_extent()) for axes in figure.axes)


def test_twenty_four_arms_look_different_even_without_color(tmp_path: Path) -> None:
    pairs = [(method, sampler) for method in ("ct-vog", "ct", "ce", "al") for sampler in list(SAMPLERS)[:6]]
    lines = [result_line(method, sampler, 0, (0.4, 0.6), {"clean_size": 0}) for method, sampler in pairs]
    (condition,) = conditions(write_results(tmp_path / "r.jsonl", lines))
    figure = macro_f1(condition)
    assert figure is not None
    looks = [(line.get_marker(), line.get_linestyle()) for line in figure.axes[0].get_lines()]
    assert len(looks) == len(set(looks)) == 24


def test_a_name_with_a_dollar_is_not_a_formula(tmp_path: Path) -> None:
    lines = result_line("ct", "random", 0, (0.4, 0.6), {"selection": selection_scores(0.8, 0.6)}, dataset="folder:a$b$")
    assert len(draw(write_results(tmp_path / "r.jsonl", [lines]), tmp_path / "plots")) == 6


def test_without_matplotlib_the_extra_is_named(
    results: list[RunResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UsageError, match=r"pip install 'alc-tui\[plot\]'"):
        draw(results, tmp_path / "plots")


def test_the_terminal_shows_a_letter_for_each_curve() -> None:
    chart = terminal.line_chart({"one": [(0, 0.0), (10, 1.0)], "two": [(0, 0.5), (10, 0.5)]}, width=20, height=5)
    # 13 columns of plot: (0, 0) is bottom left, (10, 1) top right; the flat line is in the middle, behind the first.
    lines = chart.splitlines()
    assert [each[7:] for each in lines[:5]] == [
        "           aA",
        "        aaa",
        "BbbbbaaabbbbB",
        "  aaa",
        "Aa",
    ]
    assert [each[:7] for each in lines[:5]] == ["1.000 ┤", "      │", "0.500 ┤", "      │", "0.000 ┤"]
    assert lines[5] == "      └" + "─" * 13 and lines[6] == "       0          10"


def test_a_condition_is_drawn_with_its_legend_and_ceiling(results: list[RunResult]) -> None:
    text = terminal.macro_f1(conditions(results)[0], 60, 10)
    assert text is not None and all(len(each) <= 60 for each in text.splitlines())
    # 0.7 and 0.9: their deviation is 0.1·√2.
    assert text.splitlines()[-3:] == [
        "A  0.800 ± 0.141  ct-vog entropy",
        "B  0.500  ce entropy",
        "   0.800  all labels clean",
    ]


def test_guess_and_f1_of_each_class_are_drawn_in_the_terminal_too(results: list[RunResult]) -> None:
    curves, bars, f1 = terminal.charts(results, 80, 10)
    assert "macro-F1 against labels decided" in curves
    assert bars.splitlines()[-4:] == [
        f"{name:<5}  ct-vog  {'█' * 10}{'·' * 10}  50.0 ± 0.0" for name in ("MEL", "NV", "DF", "VASC")
    ]
    # 0.45, 0.65 and 0.8 of the seven steps from ▁ to █: 3.15, 4.55 and 5.6.
    assert f1.splitlines()[-2:] == [
        "VASC   ct-vog entropy  ▄▆▇       0.450  0.800",
        "VASC   ce entropy      ▃▄▅       0.300  0.500",
    ]


def test_without_rounds_or_a_clean_set_there_is_nothing_to_draw(tmp_path: Path) -> None:
    found = write_results(tmp_path / "r.jsonl", [result_line("clean", "random", 0, (0.8,))])
    assert terminal.charts(found, 60, 10) == [] and draw(found, tmp_path / "plots") == []
    assert not (tmp_path / "plots").exists()


def test_conditions_with_similar_or_long_names_have_files_of_their_own(tmp_path: Path) -> None:
    long = "folder:/" + "x" * 400
    lines = [
        result_line("ct", "random", 0, (0.4, 0.6), id_=name, dataset=name) for name in ("csv:a_b", "csv:a-b", long)
    ]
    files = draw(write_results(tmp_path / "r.jsonl", lines), tmp_path / "plots")
    assert len({path for path in files if path.is_file()}) == 3 * 4
