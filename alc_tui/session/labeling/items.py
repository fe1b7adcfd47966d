"""The data about a sample that annotators see, from a round's arrays."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from alc_tui.session.labeling.facts import Fact, Facts
from alc_tui.session.store.arrays import RoundArrays, Samples
from alc_tui.session.store.journal import Decision

TYPICAL = 8
"""How many samples of a class are typical, where the round does not say which."""


@dataclass(frozen=True)
class Neighbor:
    """A sample of the clean set that is similar to another one. position: among all samples. label: its current
    label."""

    position: int
    label: str


@dataclass(frozen=True)
class TypicalSamples:
    """Clean samples of a class. positions: among all samples, the most typical first. by_mean: whether those nearest to
    the mean of the class are typical; otherwise those to which the model gives the class the highest probability.
    """

    positions: tuple[int, ...]
    by_mean: bool


@dataclass(frozen=True)
class Item:
    """One sample with the model's outputs for it.

    position: among all samples. place: position in its round's ranking, from 0; score: the sampler's; neighbors: the
    nearest clean samples, nearest first; cluster: the number of its group of similar ones; None, None, empty and None
    for a sample that was not ranked, and where the round does not say. probabilities: float32[C] of peer 1, not
    augmented. loss_percentile, vog_percentile: the percentage of training samples with a lower value, None without VOG.
    verdict: the current one. facts: the case data, without missing values. is_asked_for: whether it is among those to
    show before all others.
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
    ) -> None:
        """asked_for: ids of the samples to show before all others."""
        self._samples, self._classes, self._arrays, self._facts = samples, classes, arrays, facts
        self._asked_for = asked_for
        self.ranking: list[str] = samples.ids[samples.train[arrays.ranking]].tolist()

    def ranked(self, place: int, verdict: Decision | None) -> Item:
        """The sample at a place of the ranking."""
        arrays = self._arrays
        near, cluster = [int(local) for local in arrays.neighbors[place] if local >= 0], int(arrays.clusters[place])
        return replace(
            self.any(int(arrays.ranking[place]), verdict),
            place=place,
            score=float(arrays.scores[place]),
            neighbors=tuple(Neighbor(int(self._samples.train[n]), self._classes[arrays.labels[n]]) for n in near),
            cluster=None if cluster < 0 else cluster,
        )

    def typical(self, name: str) -> TypicalSamples:
        """The typical clean samples of a class, for comparison."""
        arrays, label = self._arrays, self._classes.index(name)
        by_mean = arrays.typical.shape[1] > 0
        if by_mean:
            chosen = arrays.typical[label][arrays.typical[label] >= 0]
        else:
            members = np.flatnonzero(arrays.clean & (arrays.labels == label))
            chosen = members[np.argsort(-arrays.probabilities[members, label], kind="stable")[:TYPICAL]]
        return TypicalSamples(tuple(self._samples.train[chosen].tolist()), by_mean)

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

    @cached_property
    def _losses(self) -> NDArray[np.float32]:
        return np.sort(self._arrays.loss)

    @cached_property
    def _vogs(self) -> NDArray[np.float32]:
        return np.sort(self._arrays.vog)


def _percentile(ordered: NDArray[np.float32], value: float) -> float:
    return 100.0 * float(np.searchsorted(ordered, np.float32(value))) / len(ordered)
