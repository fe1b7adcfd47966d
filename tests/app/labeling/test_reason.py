"""Why a sample is shown, in words."""

from __future__ import annotations

from dataclasses import replace
from textwrap import wrap

import numpy as np
import pytest

from alc_tui.session.labeling.items import Item
from alc_tui.session.settings.names import SAMPLER_NAMES
from alc_tui.tui.labeling.sample.layout import NARROWEST
from alc_tui.tui.labeling.sample.reason import reason

CLASSES = ("DF", "BKL", "NV")


def item(shares: tuple[float, float, float], given: str = "NV", place: int | None = 0, asked_for: bool = False) -> Item:
    probabilities = np.array(shares, dtype=np.float32)
    suggestion = CLASSES[int(probabilities.argmax())]
    return Item("a.png", 0, given, suggestion, probabilities, 50.0, None, place, is_asked_for=asked_for)


def of_a_rare_class(share: float) -> Item:
    return replace(item((share, 0.5, 0.5 - share)), rare="DF")


def test_it_names_the_classes_between_which_the_model_wavers() -> None:
    told = reason(item((0.5, 0.45, 0.05)), CLASSES, "margin")
    assert told.startswith("The model wavers between DF and BKL. The given label NV looks unlikely.")


@pytest.mark.parametrize(
    ("shares", "opinion"),
    [
        ((0.6, 0.3, 0.1), "The model leans to DF rather than BKL."),
        ((0.75, 0.15, 0.1), "The model is fairly sure that this is DF."),
        ((0.02, 0.95, 0.03), "The model is sure that this is BKL."),
    ],
)
def test_it_says_how_sure_the_model_is(shares: tuple[float, float, float], opinion: str) -> None:
    assert reason(item(shares), CLASSES, "entropy").startswith(opinion)


@pytest.mark.parametrize(
    ("shares", "words"),
    [
        ((0.9, 0.05, 0.05), "The given label NV looks unlikely."),
        ((0.7, 0.1, 0.2), "The given label NV looks doubtful."),
        ((0.5, 0.1, 0.4), "The given label NV is possible."),
        ((0.1, 0.1, 0.8), "The given label is NV, too."),
    ],
)
def test_it_says_whether_the_given_label_is_likely(shares: tuple[float, float, float], words: str) -> None:
    assert words in reason(item(shares), CLASSES, "entropy")


@pytest.mark.parametrize("sampler", SAMPLER_NAMES)
def test_every_sampler_says_why_it_took_the_sample(sampler: str) -> None:
    assert "Shown because " in reason(item((0.5, 0.4, 0.1)), CLASSES, sampler)


def test_a_sample_that_was_asked_for_says_so_instead() -> None:
    told = reason(item((0.5, 0.4, 0.1), asked_for=True), CLASSES, "entropy")
    assert told.endswith("You asked for it with --show-first.") and "Shown because" not in told


@pytest.mark.parametrize(("share", "words"), [(0.03, "3%"), (0.126, "13%"), (0.004, "under 1%"), (0.0, "under 1%")])
def test_rarity_names_the_rare_class_and_its_probability(share: float, words: str) -> None:
    told = reason(of_a_rare_class(share), CLASSES, "rarity")
    assert told.endswith(f"Shown because it may be DF ({words}), a rare class.")


def test_where_no_rare_class_counts_rarity_says_only_that_the_model_is_uncertain() -> None:
    assert reason(item((0.5, 0.45, 0.05)), CLASSES, "rarity").endswith("Shown because the model is uncertain.")


def test_other_samplers_name_no_rare_class() -> None:
    assert "a rare class" not in reason(of_a_rare_class(0.03), CLASSES, "entropy")


@pytest.mark.parametrize("sampler", ["rarity", "entropy"])
def test_a_sample_of_the_focus_class_says_that_you_asked_for_more(sampler: str) -> None:
    told = reason(replace(of_a_rare_class(0.03), focus="BKL"), CLASSES, sampler)
    assert told.endswith("Shown because you asked for more BKL.") and "a rare class" not in told


def test_the_longest_reason_takes_five_lines_beside_the_image() -> None:
    told = reason(replace(item((0.005, 0.5, 0.495)), rare="DF"), CLASSES, "rarity")
    assert len(wrap(told, NARROWEST)) <= 5


def test_a_sample_that_was_not_ranked_was_not_chosen() -> None:
    assert "Shown because" not in reason(item((0.5, 0.4, 0.1), place=None), CLASSES, "entropy")


def test_names_of_classes_cannot_steer_the_terminal() -> None:
    assert "\x1b" not in reason(item((0.5, 0.1, 0.4), given="N\x1b[2JV"), (*CLASSES[:2], "N\x1b[2JV"), "margin")
