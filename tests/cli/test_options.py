"""The options that are made from the declarations of settings."""

from __future__ import annotations

import re

import pytest

from alc_tui.session.settings.config import RETRAINING_SETTINGS, SETTINGS
from alc_tui.session.settings.setting import GROUPS
from tests.cli.person import Alc


def unwrapped(shown: str) -> str:
    """The help as one line, without frames, options or values: only what is in the last column."""
    cells = [re.split(r" {2,}", line.strip("│ "))[-1] for line in shown.splitlines()]
    return " ".join(cells)


@pytest.fixture
def shown(alc: Alc, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("COLUMNS", "80")
    seen = alc("session", "new", "--help")
    assert (seen.code, seen.err) == (0, "")
    return seen.out


def test_every_setting_has_one_option_with_its_meaning_and_default(shown: str) -> None:
    text = unwrapped(shown)
    for setting in SETTINGS.values():
        assert len(re.findall(rf"^│ {setting.option}[ ,]", shown, re.M)) == 1
        assert setting.sentence in text
        assert not setting.default_shown or re.search(rf"\[default: \(?{re.escape(setting.default_shown)}\)?\]", text)


def test_options_are_in_panels_that_fit_80_columns(shown: str) -> None:
    panels = re.findall(r"^╭─ (\w+) ─", shown, re.M)
    assert panels == ["Options", *GROUPS, "Output"]
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--rounds many", "--rounds is 'many'; expected a whole number."),
        ("--lr high", "--lr is 'high'; expected a number."),
        ("--vog-pass train", "Unknown VOG pass 'train'; use one of fused, eval."),
        ("--clean-set globl", "Unknown clean set 'globl'; did you mean global?"),
        ("--vog-window 0", "0 for VOG window is outside [1, 1000000]; specify a value in this range."),
        ("--rouns 3", "No such option: --rouns"),
    ],
)
def test_a_mistake_is_one_sentence_about_the_option(alc: Alc, words: str, sentence: str) -> None:
    seen = alc("session", "new", "--dataset", "demo", *words.split())
    assert seen.code == 2 and seen.out == "" and seen.error.startswith(sentence)


def test_a_replay_takes_the_settings_of_the_rounds_and_keeps_the_others(alc: Alc) -> None:
    shown = alc("session", "replay", "--help").out
    options = re.findall(r"^│ --([\w-]+) ", shown, re.M)
    retraining = [name.replace("_", "-") for name in RETRAINING_SETTINGS]
    taken = ["sampler", "rounds", "budget", "round-epochs", *retraining, "seed", "departures"]
    settings = [name for name in options if name.replace("-", "_") in SETTINGS]
    assert sorted(settings) == sorted([*taken, "data-root"])  # where the images are changes no result
    assert unwrapped(shown).count("[default: (as in the session)]") == len(taken)
