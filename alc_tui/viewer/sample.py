"""What the viewer shows of the sample on the screen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from alc_tui.session.labeling.facts import Fact
from alc_tui.session.labeling.items import Item, Neighbor
from alc_tui.session.labeling.passes import Showing

NEIGHBORS = 4
"""How many of the nearest clean samples are shown."""


@dataclass(frozen=True)
class ClassKey:
    """A class, and the key that stands for it at the terminal; empty if it has none."""

    key: str
    name: str


@dataclass(frozen=True)
class RatedLabel:
    """A label and its probability in [0, 1], as the model sees it."""

    name: str
    probability: float


@dataclass(frozen=True)
class Labels:
    """The labels of a sample, and its nearest clean samples with theirs."""

    given: RatedLabel
    suggestion: RatedLabel
    neighbors: tuple[Neighbor, ...]


@dataclass(frozen=True)
class ViewedSample:
    """position: of its image among all. place: where the sample stands in its pass. ahead: positions of the images that
    will probably come next. facts: the case data to show. labels: None while they are hidden; nothing else here hints
    at them. window: name of the window that was chosen at the terminal, "" for the image's own."""

    position: int
    place: str
    ahead: tuple[int, ...]
    classes: tuple[ClassKey, ...]
    labels: Labels | None
    facts: tuple[Fact, ...] = ()
    window: str = ""


def viewed_sample(
    showing: Showing, title: str, upcoming: Sequence[Item], classes: Sequence[ClassKey], hidden: bool
) -> ViewedSample:
    """The sample that a labeling screen shows. title: of the pass. upcoming: samples that will probably come next.
    hidden: whether its labels are hidden."""
    return ViewedSample(
        position=showing.item.position,
        place=f"{title}, image {showing.number:,} of {showing.of:,}",
        ahead=tuple(item.position for item in upcoming),
        classes=tuple(classes),
        labels=None if hidden else _labels(showing.item, [one.name for one in classes]),
        facts=showing.item.facts_shown(hidden),
    )


def _labels(item: Item, names: Sequence[str]) -> Labels:
    def rated(name: str) -> RatedLabel:
        return RatedLabel(name, float(item.probabilities[names.index(name)]))

    return Labels(rated(item.given), rated(item.suggestion), item.neighbors[:NEIGHBORS])


def as_message(sample: ViewedSample, token: Callable[[int], str]) -> dict[str, Any]:
    """The sample as the page reads it. token: returns the name under which the page may ask for an image, by its
    position."""
    message: dict[str, Any] = {
        "image": token(sample.position),
        "place": sample.place,
        "ahead": [token(position) for position in sample.ahead],
        "classes": [[one.key, one.name] for one in sample.classes],
        "facts": [[fact.title, fact.text] for fact in sample.facts],
        "window": sample.window,
        "labels": None,
    }
    if (labels := sample.labels) is not None:
        message["labels"] = {
            "given": [labels.given.name, labels.given.probability],
            "suggestion": [labels.suggestion.name, labels.suggestion.probability],
            "neighbors": [[token(near.position), near.label] for near in labels.neighbors],
        }
    return message
