"""The images of the test set, as the last round's model sees them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from alc_tui.session.labeling.reader import SessionReader


@dataclass(frozen=True)
class ScoredImage:
    """A test image. position: among all samples. label: by which it is scored. prediction: at the best epoch, with its
    probability."""

    sample: str
    position: int
    label: str
    prediction: str
    probability: float

    @property
    def is_right(self) -> bool:
        """Whether the prediction is the label."""
        return self.prediction == self.label


def of_cell(session: SessionReader, label: str, prediction: str) -> list[ScoredImage]:
    """The images in a cell of the last round's confusion matrix, most confident prediction first."""
    return _chosen(session, lambda image: (image.label, image.prediction) == (label, prediction))


def of_class(session: SessionReader, name: str) -> list[ScoredImage]:
    """The images of a class, and those predicted as it: missed ones first, then false alarms, then right ones."""
    found = _chosen(session, lambda image: name in (image.label, image.prediction))
    return sorted(found, key=lambda image: (image.is_right, image.label != name))


def _chosen(session: SessionReader, fits: Callable[[ScoredImage], bool]) -> list[ScoredImage]:
    """Most confident prediction first; raises AlcError if the round's arrays are damaged."""
    samples, classes = session.samples, session.classes
    probabilities = session.round_arrays(len(session.rounds) - 1).test_best
    columns = (
        samples.ids[samples.test].tolist(),
        samples.test.tolist(),
        samples.labels_to_score[samples.test].tolist(),
        probabilities.argmax(1).tolist(),
        probabilities.max(1).tolist(),
    )
    images = (
        ScoredImage(sample, position, classes[label], classes[prediction], probability)
        for sample, position, label, prediction, probability in zip(*columns, strict=True)
    )
    return sorted(filter(fits, images), key=lambda image: -image.probability)
