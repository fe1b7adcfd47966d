from __future__ import annotations

import csv
import io
import json
import math
import re
from typing import Any

import pytest

from alc_tui.bench.report.formats import as_csv, as_latex, as_markdown
from alc_tui.bench.report.rendering import FORMATS, render
from alc_tui.bench.report.sections import Section
from alc_tui.bench.report.table import Column, MeanStd, Table, columns
from alc_tui.bench.report.text import as_text

TABLE = Table(
    "Macro-F1",
    columns("method", "labels", "last", "over seeds"),
    (
        ("ct-vog", 360, 0.71249, MeanStd(0.7, 0.0126)),
        ("ct", 7, -0.5, MeanStd(1 / 3)),
        ("al", None, None, None),
    ),
)
HARD = Table("50 % & more_of\nit", columns("a|b"), (("[x] *y* | \\ {z} ^~ <b>&amp;</b> # $1 `c`\n2",), ("*",)))


def as_json(table: Table) -> dict[str, Any]:
    (found,) = json.loads(render([Section("kind", "condition", table)], "suite", "json"))["tables"]
    return dict(found)


def test_text_has_words_to_the_left_and_numbers_to_the_right() -> None:
    assert as_text(TABLE).split("\n") == [
        "Macro-F1",
        "",
        "method  labels    last     over seeds",
        "ct-vog     360   0.712  0.700 ± 0.013",
        "ct           7  -0.500          0.333",
        "al           -       -              -",
    ]


NAMED = Table(
    "Labels",
    columns("method", "labels to 95% of the ceiling", "ok", "n"),
    (("ct-vog entropy", MeanStd(346.67, 57.7, digits=0), "yes", 3), ("al", None, "no", 3)),
    notes=("Three seeds are few, and that is what this long note is about.",),
)


def test_long_titles_break_into_lines() -> None:
    assert as_text(NAMED).split("\n") == [
        "Labels",
        "",
        "                 labels to",
        "                95% of the",
        "method             ceiling  ok   n",
        "ct-vog entropy    347 ± 58  yes  3",
        "al                       -  no   3",
        "",
        "Three seeds are few, and that is what this long note is about.",
    ]


def test_columns_that_do_not_fit_the_terminal_follow_below_with_the_key_columns_repeated() -> None:
    lines = as_text(NAMED, width=30).split("\n")
    assert max(map(len, lines)) <= 30
    assert lines[2:] == [
        "                 labels to",
        "                95% of the",
        "method             ceiling",
        "ct-vog entropy    347 ± 58",
        "al                       -",
        "",
        "method          ok   n",
        "ct-vog entropy  yes  3",
        "al              no   3",
        "",
        "Three seeds are few, and that",
        "is what this long note is",
        "about.",
    ]


def test_several_columns_can_identify_a_row() -> None:
    table = Table("T", columns("a", "b", "c", "d"), (("x", "y", 1, 2),), keys=2)
    assert as_text(table, width=9).split("\n")[2:] == ["a  b  c", "x  y  1", "", "a  b  d", "x  y  2"]


def test_small_numbers_are_not_rounded_to_zero() -> None:
    rows = ((0.0004,), (-0.0004,), (0.0006,), (0.0,))
    assert as_text(Table("T", columns("p"), rows)).split()[2:] == ["0.0004", "-0.0004", "0.001", "0.000"]


def test_notes_follow_in_markdown_latex_and_json_but_not_in_csv() -> None:
    (note,) = NAMED.notes
    assert as_markdown(NAMED).split("\n")[-2:] == ["", note]
    assert as_latex(NAMED).split("\n")[-2:] == [rf"\par {note}", r"\end{table}"]
    assert as_json(NAMED)["notes"] == [note]
    assert note not in as_csv(NAMED)


def test_markdown_is_a_table_that_github_reads() -> None:
    assert as_markdown(TABLE).split("\n") == [
        "### Macro-F1",
        "",
        "| method   |   labels |   last |    over seeds |",
        "|:---------|---------:|-------:|--------------:|",
        "| ct-vog   |      360 |  0.712 | 0.700 ± 0.013 |",
        "| ct       |        7 | -0.500 |         0.333 |",
        "| al       |        - |      - |             - |",
    ]


def test_latex_is_a_table_with_a_caption() -> None:
    assert as_latex(TABLE).split("\n") == [
        r"\begin{table}",
        r"\centering\small",
        r"\caption{Macro-F1}",
        r"\begin{tabular}{lrrr}",
        r"\hline",
        r"method & labels & last & over seeds \\",
        r"\hline",
        r"ct-vog & $360$ & $0.712$ & $0.700 \pm 0.013$ \\",
        r"ct & $7$ & $-0.500$ & $0.333$ \\",
        r"al & - & - & - \\",
        r"\hline",
        r"\end{tabular}",
        r"\end{table}",
    ]


def test_long_titles_break_into_lines_in_latex() -> None:
    assert as_latex(NAMED).split("\n")[5] == r"method & \shortstack[r]{labels to \\ 95\% of the \\ ceiling} & ok & n \\"
    assert as_latex(Table("a − b", columns("x"), ())).split("\n")[2] == r"\caption{a $-$ b}"


def test_columns_that_do_not_fit_a_page_follow_in_another_latex_tabular() -> None:
    names = [f"a column with a name {number}" for number in range(8)]
    wide = Table("T", columns("method", *names), (("ct-vog entropy", *(MeanStd(0.5, 0.1) for _ in names)),))
    first, second = as_latex(wide).split(r"\par\medskip")
    # 14 and four times 2 + 13 are 74 characters; a fifth column would be too wide.
    assert r"\begin{tabular}{lrrrr}" in first and first.count(r"\pm") == 4
    assert r"\begin{tabular}{lrrrr}" in second and second.count(r"\end{tabular}") == 1


def test_csv_has_the_numbers_in_full_and_deviations_in_a_column_of_their_own() -> None:
    rows = list(csv.reader(io.StringIO(as_csv(TABLE))))
    assert rows[0] == ["method", "labels", "last", "over seeds", "over seeds std"]
    assert rows[1] == ["ct-vog", "360", "0.71249", "0.7", "0.0126"]
    assert rows[2][:3] == ["ct", "7", "-0.5"] and float(rows[2][3]) == 1 / 3 and rows[2][4] == ""
    assert rows[3] == ["al", "", "", "", ""]


def test_json_has_the_numbers_in_full() -> None:
    found = as_json(TABLE)
    assert (found["table"], found["task"], found["title"]) == ("kind", "condition", "Macro-F1")
    assert found["rows"][0] == {
        "method": "ct-vog", "labels": 360, "last": 0.71249, "over_seeds": {"mean": 0.7, "std": 0.0126},
    }  # fmt: skip
    assert found["rows"][1]["over_seeds"] == {"mean": 1 / 3, "std": None}
    assert found["rows"][2] == {"method": "al", "labels": None, "last": None, "over_seeds": None}


def test_json_has_the_keys_of_the_columns_and_the_other_formats_their_titles() -> None:
    table = Table("T", (*columns("first − second", "guess %"), Column("final", "in_the_end")), (("x", 1, 2),))
    assert as_json(table)["rows"] == [{"first_minus_second": "x", "guess_percent": 1, "in_the_end": 2}]
    assert as_csv(table).splitlines()[0] == "first − second,guess %,final"


def test_json_has_no_nan() -> None:
    with pytest.raises(ValueError, match="JSON"):
        as_json(Table("t", columns("x"), ((math.nan,),)))


def test_names_from_the_data_are_escaped_in_markdown() -> None:
    lines = as_markdown(HARD).split("\n")
    assert lines[0] == r"### 50 % \& more\_of it" and lines[2].split() == ["|", r"a\|b", "|"] and len(lines) == 6
    assert lines[4] == r"| \[x\] \*y\* \| \\ \{z\} ^\~ \<b\>\&amp;\</b\> \# $1 \`c\` 2 |"


def test_names_from_the_data_are_escaped_in_latex() -> None:
    lines = as_latex(HARD).split("\n")
    assert lines[2] == r"\caption{50 \% \& more\_of it}" and lines[5] == r"a\textbar{}b \\"
    assert lines[7] == (
        r"{[}x] {*}y{*} \textbar{} \textbackslash{} \{z\} \textasciicircum{}\textasciitilde{} "
        r"\textless{}b\textgreater{}\&amp;\textless{}/b\textgreater{} \# \$1 `c` 2 \\"
    )
    assert lines[8] == r"{*} \\"  # without braces it would make a starred line break
    unescaped = re.sub(r"\\[a-z]+\{\}|\\[&%$#_{}]|\{[\[*]\}|\\\\$", "", lines[7])
    assert not set("\\&%$#_{}^~<>|*") & set(unescaped)


def test_names_from_the_data_are_unchanged_in_csv_and_json() -> None:
    assert [row[0] for row in csv.reader(io.StringIO(as_csv(HARD)))][1:] == [row[0] for row in HARD.rows]
    assert [row["a_b"] for row in as_json(HARD)["rows"]] == [row[0] for row in HARD.rows]


@pytest.mark.parametrize("name", FORMATS)
def test_a_table_without_rows_still_has_its_columns(name: str) -> None:
    text = render([Section("kind", "condition", Table("Nothing", columns("method", "last"), ()))], "suite", name)
    assert json.loads(text)["tables"][0]["rows"] == [] if name == "json" else "method" in text and "last" in text


def test_a_table_with_a_short_row_or_two_equal_columns_is_refused() -> None:
    with pytest.raises(ValueError, match="does not have 2 cells"):
        Table("t", columns("a", "b"), (("x",),))
    with pytest.raises(ValueError, match="two columns of the table 't' have the same name"):
        Table("t", columns("a", "a"), ())
