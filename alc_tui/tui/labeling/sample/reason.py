"""Why a sample is shown, in words: what the model thinks of it and of its given label, and why the sampler took it."""

from __future__ import annotations

import numpy as np

from alc_tui.session.labeling.items import Item
from alc_tui.text.format import percent, plain

WAVERS, LEANS, SURE = 0.2, 0.5, 0.9
"""Below the first margin, the model wavers; below the second, it leans to a class; at the probability, it is sure."""
UNLIKELY, DOUBTFUL = 0.1, 0.3
"""Probabilities of the given label below which it looks unlikely or doubtful."""
LEAST = 0.01
"""A probability below it is not stated as a number."""

_CHOSEN = {
    "random": "it was drawn at random",
    "entropy": "the model is least certain about such images",
    "margin": "the model can hardly tell two classes apart here",
    "least-confidence": "the model is not convinced of any class",
    "coreset": "it looks unlike everything in the clean set",
    "bald": "the model answers differently when parts of it are switched off",
    "badge": "the model is uncertain, and it differs from the others chosen",
    "peers": "the two networks disagree about it",
    "joint": "its given label looks wrong although the image seems clear",
    "self-confidence": "its given label looks wrong to the model",
    "normalized-margin": "another class seems likelier than its given label",
    "rarity": "the model is uncertain",
}
"""Why each sampler takes a sample."""


def reason(item: Item, classes: tuple[str, ...], sampler: str) -> str:
    """A paragraph about a sample whose labels may be shown. sampler: that of the round."""
    return " ".join([_opinion(item, classes), _of_given(item, classes), *_chosen(item, classes, sampler)])


def _opinion(item: Item, classes: tuple[str, ...]) -> str:
    """What the model thinks."""
    order = np.argsort(-item.probabilities, kind="stable")
    first, second = (plain(classes[index]) for index in order[:2])
    highest = float(item.probabilities[order[0]])
    if item.margin < WAVERS:
        return f"The model wavers between {first} and {second}."
    if item.margin < LEANS:
        return f"The model leans to {first} rather than {second}."
    return f"The model is {'sure' if highest >= SURE else 'fairly sure'} that this is {first}."


def _of_given(item: Item, classes: tuple[str, ...]) -> str:
    """What the model thinks of the given label."""
    probability, given = float(item.probabilities[classes.index(item.given)]), plain(item.given)
    if item.given == item.suggestion:
        return f"The given label is {given}, too."
    if probability < UNLIKELY:
        return f"The given label {given} looks unlikely."
    return (
        f"The given label {given} looks doubtful."
        if probability < DOUBTFUL
        else f"The given label {given} is possible."
    )


def _chosen(item: Item, classes: tuple[str, ...], sampler: str) -> list[str]:
    """Why the sample is in the queue."""
    if item.is_asked_for:
        return ["You asked for it with --show-first."]
    if item.focus is not None:
        return [f"Shown because you asked for more {plain(item.focus)}."]
    if sampler == "rarity" and item.rare is not None:
        return [f"Shown because it may be {plain(item.rare)} ({_share(item, classes)}), a rare class."]
    return [] if item.place is None else [f"Shown because {_CHOSEN[sampler]}."]


def _share(item: Item, classes: tuple[str, ...]) -> str:
    """The probability of the rare class."""
    assert item.rare is not None
    probability = float(item.probabilities[classes.index(item.rare)])
    return "under 1%" if probability < LEAST else percent(probability).strip()
