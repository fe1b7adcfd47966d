from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import pytest

from alc_tui.session.store.typed_json import (
    FLAT,
    MalformedValueError,
    as_json,
    decode,
    encode,
    is_text,
    parse,
    stored_as,
)


@dataclass(frozen=True)
class Size:
    width: int
    height: int = 1


@dataclass(frozen=True, kw_only=True)
class Box:
    name: str
    size: Size = field(metadata=FLAT)
    parts: tuple[Size, ...] = ()
    ends: tuple[float, float]
    weights: Mapping[str, float | None]
    made: date | None = field(default=None, metadata=as_json(date.isoformat, date.fromisoformat))
    is_open: bool = field(default=False, metadata=stored_as("open"))
    lid: Size | None = None


BOX = Box(
    name="box",
    size=Size(3, 4),
    parts=(Size(1), Size(2, 2)),
    ends=(0.5, 1),
    weights={"a": 1.5, "b": None},
    made=date(2024, 2, 29),
    is_open=True,
    lid=Size(3),
)
STORED = {
    "name": "box",
    "width": 3,
    "height": 4,
    "parts": [{"width": 1, "height": 1}, {"width": 2, "height": 2}],
    "ends": [0.5, 1],
    "weights": {"a": 1.5, "b": None},
    "made": "2024-02-29",
    "open": True,
    "lid": {"width": 3, "height": 1},
}


def test_a_dataclass_comes_back_as_it_was() -> None:
    assert encode(BOX) == STORED
    assert decode(Box, STORED) == BOX


def test_what_is_none_by_default_is_left_out_and_may_be_missing() -> None:
    plain = Box(name="plain", size=Size(1), ends=(0, 1), weights={})
    assert "lid" not in encode(plain) and "made" not in encode(plain)
    assert decode(Box, {"name": "plain", "width": 1, "ends": [0, 1], "weights": {}}) == plain


def test_a_whole_number_may_be_written_with_a_point() -> None:
    assert repr(decode(Size, {"width": 2.0})) == repr(Size(2))


def test_unknown_keys_are_ignored() -> None:
    assert decode(Size, {"width": 1, "depth": 2}) == Size(1)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"name": 3}, "box.name: expected text, found 3"),
        ({"width": True}, "box.width: expected a whole number, found True"),
        ({"width": 1.5}, "box.width: expected a whole number, found 1.5"),
        ({"open": 1}, "box.open: expected true or false, found 1"),
        ({"parts": {"width": 1}}, "box.parts: expected a list, found {'width': 1}"),
        ({"parts": [{"width": 1}, {}]}, "box.parts[1].width: missing"),
        ({"ends": [0.5]}, "box.ends: expected a list of 2, found [0.5]"),
        ({"ends": [0.5, "1"]}, "box.ends[1]: expected a number, found '1'"),
        ({"weights": {"a": "heavy"}}, "box.weights.a: expected a number, found 'heavy'"),
        ({"made": "yesterday"}, "box.made: Invalid isoformat string: 'yesterday'"),
        ({"width": 2**63}, f"box.width: expected a whole number, found {2**63}"),
        ({"width": 1e300}, "box.width: expected a whole number, found 1e+300"),
        ({"ends": [0.5, float("nan")]}, "box.ends[1]: expected a number, found nan"),
        ({"ends": [10**400, 1]}, f"box.ends[0]: expected a number, found {10**400!s:.80}"),
        ({"weights": {"a": float("inf")}}, "box.weights.a: expected a number, found inf"),
        ({"name": "\ud800"}, r"box.name: expected text, found '\ud800'"),
        ({"weights": {"\ud800": 1}}, r"box.weights: expected text, found '\ud800'"),
        ({"lid": [3]}, "box.lid: expected an object, found [3]"),
        ({"name": "x" * 200}, None),
    ],
)
def test_the_first_wrong_value_is_named_with_its_place(change: dict[str, object], problem: str | None) -> None:
    if problem is None:
        assert decode(Box, STORED | change, "box").name == "x" * 200
        return
    with pytest.raises(MalformedValueError) as caught:
        decode(Box, STORED | change, "box")
    assert str(caught.value) == problem


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b"[" * 100_000, b"9" * 5000, b'{"a": 1} x'])
def test_what_is_no_json_is_told_apart_from_a_value(text: bytes) -> None:
    with pytest.raises(MalformedValueError):
        parse(text)
    assert parse(b'{"a": [1, null]}') == {"a": [1, None]}


def test_names_of_files_in_another_encoding_are_text() -> None:
    assert is_text("a") and is_text("Ä/β") and is_text("\udcff")
    assert not is_text("a\ud800")


def test_a_long_value_is_cut_in_the_error() -> None:
    with pytest.raises(MalformedValueError) as caught:
        decode(Size, {"width": "9" * 1000})
    assert len(str(caught.value)) < 200


def test_a_type_that_json_cannot_hold_is_refused_at_once() -> None:
    @dataclass
    class Odd:
        value: complex

    with pytest.raises((TypeError, NameError)):
        decode(Odd, {"value": 1})
