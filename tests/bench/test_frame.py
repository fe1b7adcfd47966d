from __future__ import annotations

import sys
from pathlib import Path

import pytest

from alc_tui.bench.frame import frame
from alc_tui.bench.results import read
from alc_tui.errors import UsageError
from tests.bench.examples import example_result, result_line, selection_scores, write_results


def test_a_frame_has_one_row_per_run_and_round(tmp_path: Path) -> None:
    first = {"selection": selection_scores(0.8, 0.6, DF=0.25), "forget_rate": 0.4}
    lines = [
        result_line("ct-vog", "entropy", 0, (0.4, 0.6, 0.7), first, id_="a", lr=0.1),
        result_line("ce", "random", 1, (0.5,), id_="b"),
    ]
    table = frame(write_results(tmp_path / "results.jsonl", lines))
    assert table[["id", "method", "sampler", "seed", "round", "labels"]].to_numpy().tolist() == [
        ["a", "ct-vog", "entropy", 0, 0, 0],
        ["a", "ct-vog", "entropy", 0, 1, 10],
        ["a", "ct-vog", "entropy", 0, 2, 20],
        ["b", "ce", "random", 1, 0, 0],
    ]
    assert table["macro_f1"].tolist() == [0.4, 0.6, 0.7, 0.5]
    assert table["macro_f1_last"].tolist() == pytest.approx([0.3, 0.5, 0.6, 0.4])
    assert table["f1_MEL"].tolist() == table["recall_NV"].tolist() == [0.4, 0.6, 0.7, 0.5]
    assert table["changed"].tolist() == [0, 6, 6, 0] and table["train_seconds"].tolist() == [10, 11, 12, 10]
    assert table["lr"].tolist()[:3] == [0.1] * 3 and table["lr"].isna().tolist() == [False, False, False, True]
    for name, value in {"selection_precision": 0.8, "lnl_forget_rate": 0.4, "guess_DF": 0.25, "guess_NV": 0.5}.items():
        assert table[name].iloc[0] == value and table[name].isna().tolist() == [False, True, True, True]


def test_every_setting_and_every_documented_column_is_a_column() -> None:
    (path,) = (Path(__file__).parents[2] / "benchmarks" / "results").glob("demo.cpu.jsonl")
    results, _ = read(path)
    table = frame(results)
    assert len(table) == sum(len(each.rounds) for each in results)
    assert set(results[0].config) <= set(table.columns) and table["forget_rate"].notna().all()
    documented = set((frame.__doc__ or "").split("`")[1::2])
    not_columns = {"RunResult", "Ledger", "report", "f1_CLASS", "recall_CLASS", "guess_CLASS"}
    assert documented - not_columns <= set(table.columns)
    assert {"f1_dark-star", "recall_dark-star", "guess_dark-star"} <= set(table.columns)


def test_without_pandas_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(
        UsageError, match=r"needs pandas, which is not installed; run `pip install 'alc-tui\[report\]'`"
    ):
        frame([example_result(0.5)])
