from __future__ import annotations

import numpy as np
import pytest

from alc_tui.data.texts import Texts

WORDS = {
    "of ASCII": ["a", "", "deep/er/path-0001.png", "ab", "b" * 8, "b" * 9],
    "of any script": ["ä", "", "日本/1.png", "ab", "🙂" * 5, "e\u0301"],
}


def texts(*values: str) -> Texts:
    return Texts(np.array(values, dtype=np.str_))


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_texts_come_back_one_by_one_some_or_all(words: list[str]) -> None:
    some = texts(*words)
    assert len(some) == 6 and list(some) == some.tolist() == words == np.asarray(some).tolist()
    assert [some[place] for place in range(-6, 6)] == 2 * words and type(some[2]) is str
    assert some[np.array([5, 0])].tolist() == [words[5], words[0]]
    assert some[np.array(words) == "ab"].tolist() == ["ab"] and some[1:3].tolist() == words[1:3]
    with pytest.raises(IndexError):
        some[6]


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_a_text_is_found_by_its_value(words: list[str]) -> None:
    some = texts(*words)
    assert [some.find(word) for word in words] == list(range(6))
    missing = ["A", "ab ", "aba", "ä" * 3, "x" * 100, "日本/2.png"]
    assert some.find_all([*missing, words[2]]).tolist() == [-1] * 6 + [2]
    assert some.find("A") is None and some.find_all([]).tolist() == []


def test_of_equal_texts_the_first_is_found_and_the_repeat_is_noticed() -> None:
    assert texts("b", "a", "b").find("b") == 0
    assert texts("b", "a", "b").has_repeats and not texts("b", "a", "c").has_repeats
    assert not texts("").has_repeats and not texts().has_repeats and texts().find("a") is None


def test_a_hundred_thousand_texts_are_found_and_differ() -> None:
    words = [f"{number % 7}/{number}/ISIC_{number:07d}" for number in range(100_000)]
    many = texts(*words)
    assert not many.has_repeats and texts(*words, words[777]).has_repeats
    assert (many.find_all(words[::-1]) == np.arange(100_000)[::-1]).all()


def test_ascii_takes_a_byte_for_each_character_of_the_longest() -> None:
    assert texts("a" * 40, "b").nbytes == 80 and texts("ä" * 40, "b").nbytes == 320
    assert np.asarray(texts("abc", "b")).dtype == np.dtype("U3")


def test_only_names_of_files_may_have_surrogates() -> None:
    assert texts("a", "ä", "\udcff").is_unicode and not texts("a", "\ud800").is_unicode


def test_texts_are_the_same_if_all_are() -> None:
    assert texts("a", "ä").is_same(texts("a", "ä")) and texts("a", "b").is_same(texts("a", "b"))
    assert not texts("a", "b").is_same(texts("a", "c")) and not texts("a", "b").is_same(texts("a", "long enough"))
