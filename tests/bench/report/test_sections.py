from __future__ import annotations

import csv
import json
import math
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from alc_tui.bench.arms import conditions
from alc_tui.bench.report.rendering import FORMATS, render
from alc_tui.bench.report.sections import SECTIONS, sections
from alc_tui.bench.report.table import MeanStd
from alc_tui.bench.results import RunResult
from alc_tui.session.settings.config import SETTINGS
from alc_tui.session.settings.departures import DEPARTURES
from alc_tui.session.settings.presets import RECIPE_SETTINGS
from tests.bench.examples import result_line, selection_scores, write_results


@pytest.fixture
def results(tmp_path: Path) -> list[RunResult]:
    """Two seeds of CT_VOG and CT with entropy, and of the ceiling; worked out by hand below."""
    vog = [selection_scores(0.8, 0.6, DF=0.2, VASC=0.4), selection_scores(0.9, 0.7, DF=0.4, VASC=0.6)]
    ct = [selection_scores(0.7, 0.5, DF=0.0), selection_scores(0.7, 0.5, DF=0.0)]
    return write_results(
        tmp_path / "results.jsonl",
        [
            result_line("clean", "random", 0, (0.78,), rounds=0),
            result_line("clean", "random", 1, (0.82,), rounds=0),
            result_line("ct-vog", "entropy", 0, (0.4, 0.6, 0.7), {"selection": vog[0]}, rounds=2),
            result_line("ct-vog", "entropy", 1, (0.5, 0.7, 0.9), {"selection": vog[1]}, rounds=2),
            result_line("ct", "entropy", 0, (0.3, 0.5, 0.6), {"selection": ct[0]}, rounds=2),
            result_line("ct", "entropy", 1, (0.3, 0.4, 0.4), {"selection": ct[1]}, rounds=2),
        ],
    )


def rows(results: list[RunResult], key: str, published: bool = False) -> list[dict[str, Any]]:
    (section,) = sections(results, published, key)
    titles = [column.title for column in section.table.columns]
    return [dict(zip(titles, row, strict=True)) for row in section.table.rows]


def near(cell: Any, mean: float, std: float | None) -> bool:
    assert isinstance(cell, MeanStd)
    same = cell.std is None if std is None else cell.std == pytest.approx(std)
    return cell.mean == pytest.approx(mean) and bool(same)


def test_the_summary_has_the_values_worked_out_by_hand(results: list[RunResult]) -> None:
    clean, vog, ct = rows(results, "summary")
    assert [row["method"] for row in (clean, vog, ct)] == ["clean", "ct-vog entropy", "ct entropy"]
    assert near(clean["final macro-F1"], 0.80, 0.02 * math.sqrt(2))
    assert near(vog["macro-F1 after LNL"], 0.45, 0.05 * math.sqrt(2))
    assert near(vog["final macro-F1"], 0.8, 0.1 * math.sqrt(2))
    assert near(vog["final macro-F1, last epoch"], 0.7, 0.1 * math.sqrt(2))
    # (10·(0.4+0.6)/2 + 10·(0.6+0.7)/2) / 20 = 0.575, and 10·0.6 + 10·0.8 over 20 = 0.7
    assert near(vog["AUBC"], 0.6375, 0.0625 * math.sqrt(2))
    # The ceiling is 0.80, 95 % of it 0.76: only the second seed gets there, with its 20 labels.
    assert (vog["labels to 95% of the ceiling"], vog["seeds that reach 95%"]) == (20, "1 of 2")
    assert (vog["labels to 100% of the ceiling"], vog["seeds that reach 100%"]) == (20, "1 of 2")
    assert (ct["labels to 95% of the ceiling"], ct["seeds that reach 95%"]) == (None, "0 of 2")
    assert clean["AUBC"] is None and clean["seeds that reach 95%"] is None


def test_each_round_has_both_scores_over_the_seeds(results: list[RunResult]) -> None:
    found = {(row["method"], row["round"]): row for row in rows(results, "rounds")}
    assert len(found) == 1 + 3 + 3
    middle = found["ct-vog entropy", 1]
    assert (middle["labels"], middle["seeds"]) == (10, 2)
    assert near(middle["macro-F1, best validation"], 0.65, 0.05 * math.sqrt(2))
    assert near(middle["macro-F1, last epoch"], 0.55, 0.05 * math.sqrt(2))


def test_differences_are_paired_by_seed_and_leave_out_the_ceiling(results: list[RunResult]) -> None:
    area, end, _ = rows(results, "differences")
    assert (area["measure"], area["first"], area["second"]) == ("AUBC", "ct-vog entropy", "ct entropy")
    # CT: 0.475 and 0.375, so 0.1 and 0.325 apart.
    assert area["first − second"] == pytest.approx((0.1 + 0.325) / 2)
    assert (area["low"], area["high"]) == (pytest.approx(0.1), pytest.approx(0.325))
    assert end["first − second"] == pytest.approx((0.1 + 0.5) / 2)
    assert area["p"] == 0.5 and area["verdict"] == "too few seeds"
    (section,) = sections(results, False, "differences")
    numbers, few = section.table.notes
    assert "95% bootstrap interval" in numbers and "not corrected for the 3 comparisons" in numbers
    assert few.startswith("2 seeds cannot support a claim")


def test_enough_seeds_get_a_verdict_and_not_shown_is_explained(tmp_path: Path) -> None:
    lines = [result_line("ct", "random", seed, (0.3, 0.4 + seed / 100)) for seed in range(6)]
    lines += [result_line("ct", "margin", seed, (0.3, 0.5 + seed / 100)) for seed in range(6)]
    lines += [result_line("ct", "entropy", seed, (0.3, 0.5 + (seed + 1) % 6 / 100)) for seed in range(6)]
    found = write_results(tmp_path / "r.jsonl", lines)
    verdicts = {(row["first"], row["second"]): row["verdict"] for row in rows(found, "differences")}
    assert verdicts == {
        ("ct random", "ct margin"): "lower",
        ("ct random", "ct entropy"): "lower",
        ("ct margin", "ct entropy"): "not shown",
    }
    (section,) = sections(found, False, "differences")
    assert section.table.notes[-1] == "The verdict 'not shown' does not prove that there is no difference."


def test_an_arm_without_rounds_is_not_compared_with_one_that_has_rounds(tmp_path: Path) -> None:
    lines = [
        result_line("ct", "random", 0, (0.3,)),
        result_line("ce", "random", 0, (0.2,)),
        result_line("ct-vog", "random", 0, (0.3, 0.5)),
    ]
    pairs = {(row["first"], row["second"]) for row in rows(write_results(tmp_path / "r.jsonl", lines), "differences")}
    assert pairs == {("ct random", "ce random")}


def test_the_recall_of_the_rare_classes_is_that_of_the_last_round(tmp_path: Path) -> None:
    lines = [result_line(method, "random", 0, (0.3, 0.5)) for method in ("ct", "ce")]
    for line, recalls in zip(lines, ((0.2, 0.6), (0.1, 0.2)), strict=True):  # of DF and VASC, the rarest two of four
        line["rounds"][1]["recall"] |= dict(zip(("DF", "VASC"), recalls, strict=True))
    found = write_results(tmp_path / "r.jsonl", lines)
    name = "final recall of the rare classes"
    assert [row[name].mean for row in rows(found, "summary")] == pytest.approx([0.4, 0.15])
    (difference,) = [row for row in rows(found, "differences") if row["measure"] == name]
    assert difference["first − second"] == pytest.approx(0.25)


def test_table_1_has_the_rarest_half_of_the_classes_and_the_papers_figures(results: list[RunResult]) -> None:
    found = {(row["class"], row["method"]): row for row in rows(results, "rare", published=True)}
    # Of four classes the two rarest, DF (3 samples) before VASC (5).
    assert list(found) == [("DF", "ct-vog"), ("DF", "ct"), ("VASC", "ct-vog"), ("VASC", "ct")]
    assert near(found["DF", "ct-vog"]["guess %"], 30.0, 10 * math.sqrt(2))
    assert near(found["DF", "ct-vog"]["recall"], 0.45, 0.05 * math.sqrt(2))
    # Khanal et al. 2024, Table 1
    assert found["VASC", "ct-vog"]["guess %, published"] == MeanStd(80.44, 3.92)
    assert found["DF", "ct"]["recall, published"] == MeanStd(0.0, 0.0)
    assert "recall, published" not in rows(results, "rare")[0]


def test_the_papers_ceiling_and_relabels_are_beside_the_measured_ones(results: list[RunResult]) -> None:
    clean, vog, ct = rows(results, "summary", published=True)
    assert clean["macro-F1, published"] == MeanStd(0.767, 0.004) and clean["labels to 100%, published"] is None
    assert (vog["labels to 100%, published"], vog["macro-F1, published"]) == (3936, None)
    assert ct["labels to 100%, published"] is None
    assert "macro-F1, published" not in rows(results, "summary")[0]


def test_clean_set_ledger_and_seconds_have_the_values_worked_out_by_hand(results: list[RunResult]) -> None:
    vog, ct = rows(results, "selection")
    assert near(vog["precision"], 0.85, 0.05 * math.sqrt(2)) and near(vog["recall"], 0.65, 0.05 * math.sqrt(2))
    assert ct["method"] == "ct" and near(ct["precision"], 0.7, 0.0)
    cost = rows(results, "ledger")[0]
    assert (cost["shown"], cost["confirmed"], cost["changed"], cost["free corrections"]) == (20, 8, 12, 0)
    time = rows(results, "seconds")[1]
    assert near(time["LNL"], 10, 0.0) and near(time["per round"], 11.5, math.sqrt(1 / 3)) and near(time["total"], 33, 0)
    assert time["device"] == "cpu, threads: 1"


def test_samplers_that_share_their_lnl_are_one_row_of_table_1(tmp_path: Path) -> None:
    first = {"selection": selection_scores(0.8, 0.6)}
    found = write_results(
        tmp_path / "r.jsonl", [result_line("ct", sampler, 0, (0.5, 0.6), first) for sampler in ("random", "margin")]
    )
    assert [row["method"] for row in rows(found, "selection")] == ["ct"]
    assert [row["method"] for row in rows(found, "ledger")] == ["ct random", "ct margin"]


def test_seeds_of_one_lnl_are_joined_over_its_samplers_and_the_departures_of_the_rounds(tmp_path: Path) -> None:
    first = {"selection": selection_scores(0.8, 0.6)}
    lines = [
        result_line("ct", "random", 0, (0.5, 0.6), first, id_="a", rounds=1, departures=None),
        result_line("ct", "margin", 1, (0.5, 0.6), first, id_="b", rounds=1, departures="free-corrections"),
        result_line("ct", "margin", 2, (0.5,), first, id_="c", rounds=0, departures=None),
        result_line("ct", "margin", 0, (0.5,), first, id_="d", rounds=0, departures="vog-start,cosine-period"),
    ]
    found = rows(write_results(tmp_path / "r.jsonl", lines), "selection")
    assert [(row["method"], row["seeds"]) for row in found] == [("ct", 3), ("ct, vog-start", 1)]


def test_settings_that_differ_within_a_condition_name_its_arms(tmp_path: Path) -> None:
    lines = [
        result_line("ct", "random", 0, (0.5, 0.6), id_="a", noise=0.4, forget_rate=0.4, lr=0.1, image_size=32),
        result_line("ct", "random", 0, (0.5, 0.6), id_="b", noise=0.5, forget_rate=0.5, lr=0.1, image_size=32),
        result_line("ct", "random", 0, (0.5, 0.6), id_="c", noise=0.5, forget_rate=0.5, lr=0.2, image_size=32),
        result_line("ct", "random", 0, (0.5, 0.6), id_="d", noise=0.5, forget_rate=0.5, lr=0.2, image_size=64),
        result_line("clean", "random", 0, (0.9,), id_="e", noise=0.4, forget_rate=0.4, lr=0.1, image_size=64),
    ]
    found = {condition.name: condition for condition in conditions(write_results(tmp_path / "r.jsonl", lines))}
    assert {name: [arm.name for arm in condition.arms] for name, condition in found.items()} == {
        "isic, noise 0.4, image_size 32": ["ct random"],
        "isic, noise 0.5, image_size 32": ["ct random, lr 0.1", "ct random, lr 0.2"],
        "isic, noise 0.5, image_size 64": ["ct random"],
    }
    # The ceiling has no noise: it belongs to its images, whatever its noise rate.
    assert [condition.ceiling is not None for condition in found.values()] == [False, False, True]


def arm_names(path: Path, lines: list[dict[str, Any]]) -> list[str]:
    (condition,) = conditions(write_results(path, lines))
    return [arm.name for arm in condition.arms]


def test_an_arm_is_named_by_the_settings_in_which_it_differs_from_most(tmp_path: Path) -> None:
    lines = [
        result_line("ct-vog", "random", 0, (0.5, 0.6), id_="a", rounds=1),
        result_line("ct-vog", "entropy", 0, (0.5, 0.6), id_="b", rounds=1),
        result_line("ct-vog", "entropy", 0, (0.5,), id_="c", rounds=0),
    ]
    assert arm_names(tmp_path / "r.jsonl", lines) == ["ct-vog random", "ct-vog entropy", "ct-vog entropy, rounds 0"]


def balanced(seed: int, **changes: Any) -> dict[str, Any]:
    """A result of the recipe balanced; values that equal the default are left out, as in files of results."""
    own = {**RECIPE_SETTINGS["balanced"], "recipe": "balanced", **changes}
    kept = {name: value for name, value in own.items() if not SETTINGS[name].is_implied(value)}
    return result_line(kept.pop("method"), kept.pop("sampler"), seed, (0.5, 0.6), id_=f"{seed}-{changes}", **kept)


def test_the_recipe_balanced_is_named_and_so_is_what_changes_it(tmp_path: Path) -> None:
    lines = [
        balanced(0),
        balanced(1),
        balanced(0, balance=0.0),
        balanced(0, sampler="entropy"),
        balanced(0, method="ce", tune_peers="one", prediction="peer1"),
    ]
    assert arm_names(tmp_path / "r.jsonl", lines) == [
        "balanced",
        "balanced, balance 0.0",
        "balanced, sampler entropy",
        "balanced, method ce, tune_peers one, prediction peer1",
    ]
    others = [result_line("ct-vog", "entropy", 0, (0.5, 0.6)), result_line("ct", "rarity", 0, (0.5, 0.6), balance=0.5)]
    assert arm_names(tmp_path / "o.jsonl", [*lines[:2], *others]) == [
        "balanced",
        "ct-vog entropy",
        "ct rarity, balance 0.5",
    ]


def test_departures_are_named_in_words_whichever_recipe_includes_them(tmp_path: Path) -> None:
    but_one = ",".join(name for name in DEPARTURES if name != "shared-noise")
    asked = [("paper", None), ("paper", None), ("authors-code", "all"), ("paper", "all"), ("authors-code", but_one)]
    asked += [("paper", "free-corrections"), ("authors-code", ",".join(DEPARTURES))]
    lines = [
        result_line("ct", "random", seed, (0.5, 0.6), id_=str(seed), preset=preset, departures=departures)
        for seed, (preset, departures) in enumerate(asked)
    ]
    found = arm_names(tmp_path / "r.jsonl", lines)
    assert found == [
        "ct random, as in the paper",
        "ct random, authors-code except rotation,bald-passes,exempt-targets",  # `all` of versions up to 0.4
        "ct random, authors-code except shared-noise",
        "ct random, free-corrections",
        "ct random, authors-code",
    ]  # two runs as in the paper and two as in the code: neither is what most runs do


def test_arms_are_compared_with_the_ceiling_of_their_own_settings(tmp_path: Path) -> None:
    lines = [
        result_line(method, "random", 0, scores, id_=f"{method}{lr}", lr=lr)
        for lr, ceiling in ((0.1, 0.5), (0.2, 0.9))
        for method, scores in (("clean", (ceiling,)), ("ct", (0.4, 0.6)))
    ]
    found = conditions(write_results(tmp_path / "r.jsonl", lines))
    assert [(each.name, each.ceiling and each.ceiling.curve(0)) for each in found] == [
        ("isic, noise 0.5, lr 0.1", [(0, 0.5)]),
        ("isic, noise 0.5, lr 0.2", [(0, 0.9)]),
    ]


@pytest.mark.parametrize(
    ("noise", "kind", "name"),
    [
        (0.5, "uniform", "isic, noise 0.5"),
        (0.5, "pair", "isic, noise 0.5 pair"),
        (None, "none", "isic, labels as given"),
        (None, "uniform", "isic, labels as given"),
        (None, "matrix:t.csv", "isic, noise matrix:t.csv"),
    ],
)
def test_a_condition_is_named_by_its_noise(tmp_path: Path, noise: float | None, kind: str, name: str) -> None:
    lines = result_line("ct", "random", 0, (0.5, 0.6), noise=noise, noise_kind=kind)
    assert [condition.name for condition in conditions(write_results(tmp_path / "r.jsonl", [lines]))] == [name]


def test_a_ceiling_alone_is_a_condition(tmp_path: Path) -> None:
    (condition,) = conditions(write_results(tmp_path / "r.jsonl", [result_line("clean", "random", 0, (0.9,))]))
    assert condition.name == "isic, all labels clean" and condition.ceiling is not None and condition.arms == ()


def test_without_truth_or_clean_set_there_is_no_table_1(tmp_path: Path) -> None:
    found = write_results(tmp_path / "r.jsonl", [result_line("al", "random", 0, (0.5, 0.6), {"clean_size": 0})])
    assert {section.key for section in sections(found, False)} == {"summary", "rounds", "ledger", "seconds"}


def test_a_report_is_rendered_in_each_format(results: list[RunResult]) -> None:
    found = sections(results, with_published=True)
    assert [section.key for section in found] == list(SECTIONS)
    for format_ in FORMATS:
        text = render(found, "mine", format_)
        assert "ct-vog entropy" in text
    document = json.loads(render(found, "mine", "json"))
    assert document["suite"] == "mine" and [table["table"] for table in document["tables"]] == list(SECTIONS)
    keys = {key for table in document["tables"] for row in table["rows"] for key in row}
    assert all(key.replace("_", "").isalnum() and key == key.lower() for key in keys)
    vog = document["tables"][0]["rows"][1]
    assert vog["aubc"]["mean"] == pytest.approx(0.6375) and vog["labels_to_95_percent_of_the_ceiling"] == 20
    assert document["tables"][2]["notes"] and not document["tables"][0]["notes"]


def test_text_follows_the_width_of_the_terminal(results: list[RunResult]) -> None:
    found = sections(results, with_published=True)
    assert max(map(len, render(found, "mine", "text", 80).splitlines())) <= 80
    assert max(map(len, render(found, "mine", "text").splitlines())) > 120


def test_csv_has_one_table_for_all_conditions(results: list[RunResult], tmp_path: Path) -> None:
    alone = list(csv.DictReader(StringIO(render(sections(results, False, "rounds"), "mine", "csv"))))
    assert len(alone) == 7 and float(alone[2]["macro-F1, best validation"]) == pytest.approx(0.65)
    several = results + write_results(tmp_path / "r.jsonl", [result_line("ct", "random", 0, (0.3, 0.4), noise=0.4)])
    joined = list(csv.DictReader(StringIO(render(sections(several, True, "summary"), "mine", "csv"))))
    assert [row["task"] for row in joined] == ["isic, noise 0.5"] * 3 + ["isic, noise 0.4"] * 2
    assert [row["labels to 100%, published"] for row in joined] == ["", "3936", "", "", ""]
    text = render(sections(several, True), "mine", "csv")
    assert [each for each in text.splitlines() if each.startswith("#")] == [f"# {name}" for name in SECTIONS]
