"""Settings as declared: their ranges, choices and texts, and that the names agree with what they stand for."""

from __future__ import annotations

import math

import pytest

from alc_tui.active.samplers import SAMPLERS
from alc_tui.data.noise.injection import NOISE_KINDS
from alc_tui.data.ranges import Range
from alc_tui.data.splits import SPLITS
from alc_tui.errors import UsageError
from alc_tui.model.networks import backbones
from alc_tui.session.settings import names
from alc_tui.session.settings.config import SETTINGS, Config
from alc_tui.session.settings.renamed import all_names, current_names, original_names
from alc_tui.session.settings.setting import GROUPS, split_names


def test_the_names_of_values_are_those_of_what_they_stand_for() -> None:
    assert tuple(names.SAMPLER_NAMES) == tuple(SAMPLERS)
    assert tuple(names.SPLITS) == SPLITS
    assert {name.partition(":")[0] for name in names.NOISE_KINDS} == set(NOISE_KINDS)
    assert set(names.BACKBONES) <= {"small", *backbones()}


def test_every_declaration_is_complete() -> None:
    for name, setting in SETTINGS.items():
        assert (setting.name, setting.group in GROUPS, setting.is_flag or bool(setting.metavar)) == (name, True, True)
        assert setting.help[0].isupper() and not setting.help.endswith(".") and setting.title
        assert setting.default is not None or setting.default_text or name == "dataset"


def test_every_default_is_a_value_that_the_setting_may_have() -> None:
    assert {name: setting.default for name, setting in SETTINGS.items()} == Config("").as_dict() | {"dataset": None}
    for setting in SETTINGS.values():
        if setting.name != "dataset":
            setting.check(setting.default)


def test_what_is_shown_of_a_setting() -> None:
    shown = {name: (setting.sentence, setting.default_shown) for name, setting in SETTINGS.items()}
    assert shown["mix_ratio"] == ("Mix ratio m: the share of the selected samples that VOG selects, in [0, 1].", "0.2")
    assert shown["clean_set"][0].endswith(": last_epoch, global.")
    assert shown["forget_rate"][0].endswith(", in [0, 1), or auto.")
    assert shown["blind"] == ("Hide the given label and the suggestion until the annotator decides.", "")
    assert (SETTINGS["lr"].option, SETTINGS["batch_size"].option) == ("--lr", "--batch-size")
    assert (SETTINGS["lr"].variable, SETTINGS["dataset"].variable) == ("ALC_LR", None)


@pytest.mark.parametrize(
    ("interval", "text", "inside", "outside"),
    [
        (Range(0, 1, high_open=True), "[0, 1)", [0, 0.5, 0.999], [-0.1, 1, math.nan]),
        (Range(0, math.inf, low_open=True, high_open=True), "(0, ∞)", [1e-300, 1e300], [0, math.inf, math.nan]),
        (Range(1, 1_000_000), "[1, 1000000]", [1, 1_000_000], [0, 1_000_001]),
    ],
)
def test_a_range_has_open_and_closed_ends(
    interval: Range, text: str, inside: list[float], outside: list[float]
) -> None:
    assert str(interval) == text
    assert all(value in interval for value in inside)
    for value in outside:
        with pytest.raises(UsageError, match="for the rate is outside"):
            interval.check("the rate", value)


def test_a_choice_with_a_place_takes_anything_after_its_colon() -> None:
    SETTINGS["noise_kind"].check("matrix:any where.csv")
    with pytest.raises(UsageError, match="Unknown noise kind 'matrix'"):
        SETTINGS["noise_kind"].check("matrix")


def test_each_of_several_names_is_checked() -> None:
    SETTINGS["departures"].check("vog-start, ce-on-all,")
    with pytest.raises(UsageError, match=r"'vog-strat'; did you mean vog-start\?"):
        SETTINGS["departures"].check("ce-on-all,vog-strat")
    assert split_names(" a , b c,") == ("a", "b c") and split_names(None) == ()


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("epochs", "3", 3),
        ("budget", "5", 5),
        ("lr", "1e-3", 0.001),
        ("noise", "0", 0.0),
        ("forget_rate", "0.25", 0.25),
        ("forget_rate", "auto", "auto"),
        ("skip_bad", "YES", True),
        ("skip_bad", "0", False),
        ("sampler", "margin", "margin"),
        ("device", "cuda:1", "cuda:1"),
    ],
)
def test_text_becomes_what_the_setting_holds(name: str, text: str, value: object) -> None:
    parsed = SETTINGS[name].parse(text, "here")
    assert parsed == value and type(parsed) is type(value)


def test_former_names_are_understood_and_identifiers_keep_them() -> None:
    assert current_names({"vog_normalised": True, "lr": 1}) == {"vog_normalized": True, "lr": 1}
    assert current_names({"vog_normalized": True, "vog_normalised": False}) == {"vog_normalized": True}
    assert all_names({"vog_normalized": True}) == {"vog_normalized": True, "vog_normalised": True}
    assert original_names({"vog_normalized": True, "lr": 1}) == {"vog_normalised": True, "lr": 1}
    assert Config.from_dict({"dataset": "demo", "vog_normalised": True}).vog_normalized is True
