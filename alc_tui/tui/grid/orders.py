"""The orders in which a round's queue can be shown, and the groups that they make. Independent of screens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from alc_tui.session.labeling.service import SessionService

RANK, SUGGESTION, SIMILARITY = ORDERS = ("rank", "suggestion", "similarity")


class Arrangement:
    """The queue as it was when this was made, in one of `ORDERS`. samples: ids, as they are shown. Within a group, and
    without groups, they are in the order of the queue."""

    def __init__(self, service: SessionService, order: str = RANK) -> None:
        self._groups = _groups(service, order)
        self._numbers = {sample: number for number, sample in enumerate(service.queue, start=1)}
        self.samples: list[str] = sorted(service.queue, key=lambda sample: self._groups.get(sample, 0))
        self._rank = {sample: rank for rank, sample in enumerate(self.samples)}

    def number(self, sample: str) -> int:
        """The position of a sample in the queue, from 1."""
        return self._numbers[sample]

    def group(self, sample: str | None) -> int | None:
        """The group of a sample; None in an order without groups."""
        return None if sample is None else self._groups.get(sample)

    def members(self, sample: str | None, among: Sequence[str]) -> list[str]:
        """Those of some samples that are in the group of another one; none in an order without groups."""
        group = self.group(sample)
        return [] if group is None else [other for other in among if self.group(other) == group]

    def numbers(self, sample: str, among: Sequence[str]) -> tuple[int, int, int] | None:
        """The number of the group of a sample, from 1; the number of groups among some samples; the size of its group
        among them. None in an order without groups.
        """
        if not self._groups:
            return None
        groups = list(dict.fromkeys(self._groups[other] for other in among))
        return groups.index(self._groups[sample]) + 1, len(groups), len(self.members(sample, among))

    def count_before(self, sample: str | None, among: Sequence[str]) -> int:
        """How many of some samples come before another one; 0 if that is not in the queue."""
        here = 0 if sample is None else self._rank.get(sample, 0)
        return sum(self._rank[other] < here for other in among)


def knows_clusters(service: SessionService) -> bool:
    """Whether the round says which samples are similar; rounds of earlier versions do not."""
    return any(service.item(place).cluster is not None for place in range(len(service.queue)))


def _groups(service: SessionService, order: str) -> Mapping[str, int]:
    """The group of each sample of the queue, in display order of the groups; empty by rank. Samples that were not
    ranked with the queue come last, in a group of their own."""
    if order == RANK:
        return {}
    items = [service.item(place) for place in range(len(service.queue))]
    if order == SUGGESTION:
        return {item.sample: service.classes.index(item.suggestion) for item in items}
    return {item.sample: len(items) if item.cluster is None else item.cluster for item in items}
