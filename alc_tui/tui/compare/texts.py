"""Texts of the comparison: what is compared, and what is typical."""

from __future__ import annotations

from collections.abc import Sequence

from alc_tui.session.labeling.items import Item
from alc_tui.text.format import percent, plain

NO_EXAMPLE = "no clean image"


def classes_to_compare(item: Item, classes: Sequence[str], hidden: bool) -> list[str]:
    """The classes in the order in which they are compared: the given label, then the others, most probable first; while
    the labels are hidden, in the order of the data, which reveals nothing."""
    if hidden:
        return list(classes)
    probability = dict(zip(classes, item.probabilities.tolist(), strict=True))
    others = sorted((name for name in classes if name != item.given), key=lambda name: -probability[name])
    return [item.given, *others]


def title(name: str, item: Item, classes: Sequence[str], hidden: bool) -> str:
    """A class and, unless labels are hidden, what it is for the sample."""
    if hidden:
        return plain(name)
    words = ["given"] * (name == item.given) + ["model"] * (name == item.suggestion)
    share = percent(float(item.probabilities[classes.index(name)])).strip()
    return f"{plain(name)}   {'+'.join(words)} {share}" if words else f"{plain(name)}   {share}"


def typical(by_mean: bool) -> str:
    """Which images are typical."""
    if by_mean:
        return "Typical: the clean images nearest to the mean of their class."
    return (
        "Typical: the clean images to which the model gives their class the highest probability, because this round "
        "was written by an earlier version of alc."
    )
