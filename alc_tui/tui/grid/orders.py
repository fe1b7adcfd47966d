"""The orders in which a round's queue can be shown, and the groups that they make. Independent of screens."""

from __future__ import annotations

from collections.abc import Sequence

from alc_tui.session.labeling.service import SessionService

RANK, SUGGESTION, SIMILARITY = ORDERS = ("rank", "suggestion", "similarity")


class Arrangement:
    """The queue in one of `ORDERS`. places: positions in the queue, as they are shown. Within a group, and without
    groups, they are in the order of the queue."""

    def __init__(self, service: SessionService, order: str = RANK) -> None:
        self._groups = _groups(service, order)
        self.places: list[int] = list(range(len(service.queue)))
        if self._groups:
            self.places.sort(key=self._groups.__getitem__)
        self._rank = {place: rank for rank, place in enumerate(self.places)}

    def group(self, place: int) -> int | None:
        """The group of a sample by its position in the queue; None in an order without groups."""
        return self._groups[place] if self._groups else None

    def members(self, place: int, among: Sequence[int]) -> list[int]:
        """Those of some positions that are in the group of `place`; none in an order without groups."""
        group = self.group(place)
        return [] if group is None else [other for other in among if self.group(other) == group]

    def numbers(self, place: int, among: Sequence[int]) -> tuple[int, int, int] | None:
        """The number of the group of `place`, from 1; the number of groups among some positions; the size of its group
        among them. None in an order without groups.
        """
        if not self._groups:
            return None
        groups = list(dict.fromkeys(self._groups[other] for other in among))
        return groups.index(self._groups[place]) + 1, len(groups), len(self.members(place, among))

    def count_before(self, place: int, among: Sequence[int]) -> int:
        """How many of some positions come before another one; all of them, if the queue is shorter now."""
        here = self._rank.get(place, len(self._rank))
        return sum(self._rank[other] < here for other in among)


def knows_clusters(service: SessionService) -> bool:
    """Whether the round says which samples are similar; rounds of earlier versions do not."""
    return any(service.item(place).cluster is not None for place in range(len(service.queue)))


def _groups(service: SessionService, order: str) -> list[int]:
    """The group of each sample of the queue, in display order of the groups; empty by rank. Samples that were not
    ranked with the queue come last, in a group of their own."""
    if order == RANK:
        return []
    items = [service.item(place) for place in range(len(service.queue))]
    if order == SUGGESTION:
        return [service.classes.index(item.suggestion) for item in items]
    return [len(items) if item.cluster is None else item.cluster for item in items]
