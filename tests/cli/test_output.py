from __future__ import annotations

import json

import pytest

from alc_tui.cli.output import number, print_data, print_json, print_message, printable, progress_counter, size, table


def test_data_goes_to_stdout_and_all_else_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    print_data("data")
    print_message("hint")
    assert capsys.readouterr() == ("data\n", "hint\n")


def test_control_characters_are_shown_and_not_obeyed() -> None:
    assert printable("a\x1b[31mb\x07\r\tc\x00") == r"a\x1b[31mb\x07\r\tc\x00"
    assert printable("\x9b31m \u202e \ud800 \u200b") == r"\x9b31m \u202e \ud800 \u200b"
    assert printable("two\nlines of naïve β – “quotes” 漢字 🙂") == "two\nlines of naïve β – “quotes” 漢字 🙂"


def test_what_is_said_is_one_line_and_a_cell_is_one_cell(capsys: pytest.CaptureFixture[str]) -> None:
    print_message("class two\nlines")
    assert capsys.readouterr().err == "class two\\nlines\n"
    assert table(("class", "n"), [("two\nlines", "1"), ("b\x1b[2J", "2")]).splitlines() == [
        "class       n",
        "two\\nlines  1",
        "b\\x1b[2J    2",
    ]


def test_a_hint_that_nobody_can_hear_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", open("/dev/full", "w", buffering=1))  # noqa: PTH123, SIM115
    print_message("hint")


def test_json_is_one_document_in_which_every_name_comes_back(capsys: pytest.CaptureFixture[str]) -> None:
    document = {"name": "\x1b[2J \x9b \udcff β", "number": 0.1, "none": None}
    print_json(document)
    out, err = capsys.readouterr()
    assert json.loads(out) == document and err == ""
    assert out.isascii() and "\x1b" not in out


def test_json_has_no_nan(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        print_json({"x": float("nan")})
    assert capsys.readouterr().out == ""


def test_a_table_has_names_to_the_left_and_numbers_to_the_right() -> None:
    told = table(("name", "n"), [("a", "1"), ("longer", "234")])
    assert told.splitlines() == ["name      n", "a         1", "longer  234"]
    assert table(("name", "n"), []) == "name  n"


def test_numbers_and_sizes_are_told_as_people_do() -> None:
    assert (number(0.12345), number(0.5, 2), number(None)) == ("0.123", "0.50", "-")
    assert [size(n) for n in (0, 999, 1000, 5_000_000_000)] == ["0 B", "999 B", "1.0 kB", "5.0 GB"]


def test_counted_work_that_is_not_on_a_terminal_is_told_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    hear = progress_counter("Decoding images")
    for done in range(1, 1001):
        hear(done, 1000)
    out, err = capsys.readouterr()
    assert out == "" and err == "Decoding images: 1,000 done\n"
