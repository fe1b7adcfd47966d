"""The data about a sample that annotators see, from a round's arrays."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from alc_tui.active.cleaning import TrainingSet, class_counts
from alc_tui.active.samplers.rarity import contributions
from alc_tui.session.labeling.facts import Fact, Facts
from alc_tui.session.store.arrays import RoundArrays, Samples
from alc_tui.session.store.journal import Decision

TYPICAL = 8
"""How many samples of a class are typical, where the round does not say which."""
BY_MEAN, BY_PROBABILITY, DECIDED, GIVEN = "by mean", "by probability", "decided", "given"
"""What samples that stand for a class have in common: see `TypicalSamples`."""


@dataclass(frozen=True)
class Neighbor:
    """A sample of the clean set that is similar to another one. position: among all samples. label: its current
    label."""

    position: int
    label: str


@dataclass(frozen=True)
class TypicalSamples:
    """Samples that stand for a class. positions: among all samples, the most typical first. basis: BY_MEAN for clean
    samples, those nearest to the mean of the class first. The others are ordered by the probability of the class:
    BY_PROBABILITY for clean samples, DECIDED for those decided as it, GIVEN for those with this given label.
    """

    positions: tuple[int, ...]
    basis: str


@dataclass(frozen=True)
class Item:
    """One sample with the model's outputs for it.

    position: among all samples. place: position in its round's ranking, from 0; score: the sampler's; neighbors: the
    nearest clean samples, nearest first; cluster: the number of its group of similar ones; None, None, empty and None
    for a sample that was not ranked, and where the round does not say. probabilities: float32[C] of peer 1, not
    augmented. loss_percentile, vog_percentile: the percentage of training samples with a lower value, None without VOG.
    verdict: the current one. facts: the case data, without missing values. is_asked_for: whether it is among those to
    show before all others. focus: the focus class of the ranking, if the sample is probably of it. rare: the class that
    contributes most to a score of the sampler rarity, if it is rare.
    """

    sample: str
    position: int
    given: str
    suggestion: str
    probabilities: NDArray[np.float32]
    loss_percentile: float
    vog_percentile: float | None
    place: int | None = None
    score: float | None = None
    neighbors: tuple[Neighbor, ...] = ()
    cluster: int | None = None
    verdict: Decision | None = None
    facts: tuple[Fact, ...] = ()
    is_asked_for: bool = False
    focus: str | None = None
    rare: str | None = None

    def facts_shown(self, hidden: bool) -> tuple[Fact, ...]:
        """The case data to show. hidden: whether blind mode hides the sample's labels."""
        return tuple(fact for fact in self.facts if fact.is_open or not hidden)

    @property
    def margin(self) -> float:
        """The highest probability minus the second highest."""
        second, first = np.partition(self.probabilities, -2)[-2:]
        return float(first - second)


class Evidence:
    """Creates items for training samples from the arrays of the round after which they were ranked."""

    def __init__(
        self,
        samples: Samples,
        classes: tuple[str, ...],
        arrays: RoundArrays,
        facts: Facts | None = None,
        asked_for: Collection[str] = (),
        number: int = 0,
        focus: str | None = None,
    ) -> None:
        """asked_for: ids of the samples to show before all others. number: of the round. focus: the focus class with
        which they were ranked."""
        self._samples, self._classes, self._arrays, self._facts = samples, classes, arrays, facts
        self._asked_for, self._number, self._focus = asked_for, number, focus
        self.ranking: list[str] = samples.ids[samples.train[arrays.ranking]].tolist()

    def ranked(self, place: int, verdict: Decision | None) -> Item:
        """The sample at a place of the ranking."""
        arrays = self._arrays
        near, cluster = [int(local) for local in arrays.neighbors[place] if local >= 0], int(arrays.clusters[place])
        item = self.any(int(arrays.ranking[place]), verdict)
        return replace(
            item,
            place=place,
            score=float(arrays.scores[place]),
            neighbors=tuple(Neighbor(int(self._samples.train[n]), self._classes[arrays.labels[n]]) for n in near),
            cluster=None if cluster < 0 else cluster,
            focus=self._focus if self._focus in (item.given, item.suggestion) else None,
            rare=self._rare(item.probabilities),
        )

    def typical(self, name: str) -> TypicalSamples:
        """The typical clean samples of a class, for comparison."""
        arrays, label = self._arrays, self._classes.index(name)
        if arrays.typical.shape[1]:
            chosen = arrays.typical[label][arrays.typical[label] >= 0]
            return TypicalSamples(tuple(self._samples.train[chosen].tolist()), BY_MEAN)
        return self._likeliest(label, np.flatnonzero(arrays.clean & (arrays.labels == label)), BY_PROBABILITY)

    def of_given(self, name: str, without: Sequence[int] = ()) -> TypicalSamples:
        """The training samples with a given label, except some, by their indices."""
        label = self._classes.index(name)
        members = np.flatnonzero(self._samples.given[self._samples.train] == label)
        return self._likeliest(label, members[~np.isin(members, without)], GIVEN)

    def of_decided(self, name: str, members: Sequence[int]) -> TypicalSamples:
        """Training samples that were decided as a class, by their indices."""
        return self._likeliest(self._classes.index(name), np.array(members, dtype=np.int64), DECIDED)

    def _likeliest(self, label: int, members: NDArray[np.int64], basis: str) -> TypicalSamples:
        """Those to which the model gives a class the highest probability."""
        order = np.argsort(-self._arrays.probabilities[members, label], kind="stable")[:TYPICAL]
        return TypicalSamples(tuple(self._samples.train[members[order]].tolist()), basis)

    def any(self, local: int, verdict: Decision | None) -> Item:
        """Any training sample, by its index."""
        arrays, position = self._arrays, int(self._samples.train[local])
        probabilities = arrays.probabilities[local]
        vog = float(arrays.vog[local])
        return Item(
            sample=str(self._samples.ids[position]),
            position=position,
            given=self._classes[self._samples.given[position]],
            suggestion=self._classes[int(probabilities.argmax())],
            probabilities=probabilities,
            loss_percentile=_percentile(self._losses, float(arrays.loss[local])),
            vog_percentile=None if np.isnan(vog) else _percentile(self._vogs, vog),
            verdict=verdict,
            facts=() if self._facts is None else self._facts.of(position),
            is_asked_for=str(self._samples.ids[position]) in self._asked_for,
        )

    def _rare(self, probabilities: NDArray[np.float32]) -> str | None:
        """The class that contributes most to the score of rarity; None if none does, or if its share is not below
        that of equal ones."""
        counts = self._class_counts
        parts = contributions(probabilities[None], counts)[0]
        label = int(parts.argmax())
        return self._classes[label] if parts[label] > 0 and counts[label] * len(counts) < counts.sum() else None

    @cached_property
    def _class_counts(self) -> NDArray[np.int64]:
        samples, arrays = self._samples, self._arrays
        training = TrainingSet(arrays.clean, arrays.labels)
        return class_counts(self._number, samples.given[samples.train], training, len(self._classes))

    @cached_property
    def _losses(self) -> NDArray[np.float32]:
        return np.sort(self._arrays.loss)

    @cached_property
    def _vogs(self) -> NDArray[np.float32]:
        return np.sort(self._arrays.vog)


def _percentile(ordered: NDArray[np.float32], value: float) -> float:
    return 100.0 * float(np.searchsorted(ordered, np.float32(value))) / len(ordered)
