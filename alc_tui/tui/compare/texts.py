"""Texts of the comparison: what is compared, and what is typical."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from alc_tui.session.labeling.items import BY_MEAN, DECIDED, GIVEN, Item, TypicalSamples
from alc_tui.text.format import percent, plain

NO_EXAMPLE = "no clean image"
_NOT_CLEAN = {DECIDED: "labeled by people", GIVEN: "unverified"}
"""What stands for a class without a clean image."""


def classes_to_compare(item: Item, classes: Sequence[str], hidden: bool) -> list[str]:
    """The classes in the order in which they are compared: the given label, then the others, most probable first; while
    the labels are hidden, in the order of the data, which reveals nothing."""
    if hidden:
        return list(classes)
    probability = dict(zip(classes, item.probabilities.tolist(), strict=True))
    others = sorted((name for name in classes if name != item.given), key=lambda name: -probability[name])
    return [item.given, *others]


def title(name: str, item: Item, classes: Sequence[str], hidden: bool, typical: TypicalSamples) -> str:
    """A class; unless labels are hidden, what it is for the sample; and what stands for it, unless clean images do."""
    fields = [plain(name)]
    if not hidden:
        words = ["given"] * (name == item.given) + ["model"] * (name == item.suggestion)
        share = percent(float(item.probabilities[classes.index(name)])).strip()
        fields.append(f"{'+'.join(words)} {share}" if words else share)
    if not typical.positions:
        fields.append(NO_EXAMPLE)
    elif typical.basis in _NOT_CLEAN:
        fields.append(_NOT_CLEAN[typical.basis])
    return "   ".join(fields)


def typical(shown: Mapping[str, TypicalSamples]) -> str:
    """Which images are typical, and which stand for classes that have no clean one. shown: by class."""
    reasons = [_not_clean(name, samples.basis) for name, samples in shown.items() if samples.positions]
    found = " ".join(filter(None, reasons))
    if found:
        return found
    if any(samples.basis == BY_MEAN for samples in shown.values()):
        return "Typical: the clean images nearest to the mean of their class."
    return (
        "Typical: the clean images to which the model gives their class the highest probability, because this round "
        "was written by an earlier version of alc."
    )


def _not_clean(name: str, basis: str) -> str:
    """Why images of a class that are not clean are shown; empty for clean ones."""
    label = plain(name)
    if basis == DECIDED:
        return f"No clean image of {label}: those shown were labeled {label} by people."
    if basis == GIVEN:
        return f"No clean image of {label}: those shown have this given label, unverified."
    return ""
