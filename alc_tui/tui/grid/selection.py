"""The samples that a verdict in the grid is for. Independent of widgets."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from alc_tui.session.labeling.service import SessionService
from alc_tui.tui.grid import texts


@dataclass(frozen=True)
class Targets:
    """samples: whether the image of each can be shown, in the order of the queue. is_group: they are a group, rather
    than marked. later: how many others of the group have not been on the screen yet."""

    samples: Mapping[str, bool]
    is_group: bool = False
    later: int = 0


class Selection:
    """marked: whether the image of each marked sample can be shown."""

    def __init__(self, service: SessionService) -> None:
        self._service = service
        self.marked: dict[str, bool] = {}

    def toggle(self, seen: Mapping[str, bool]) -> None:
        """Mark these samples, or unmark them if all are marked. seen: whether the image of each can be shown."""
        if seen.keys() <= self.marked.keys():
            self.remove(seen)
        else:
            self.marked |= seen

    def keep(self, samples: Collection[str]) -> None:
        """Unmark all but these samples."""
        self.remove(self.marked.keys() - set(samples))

    def remove(self, samples: Iterable[str]) -> None:
        """Unmark these samples."""
        removed = set(samples)
        self.marked = {sample: seen for sample, seen in self.marked.items() if sample not in removed}

    def refusal(self, group: Mapping[str, bool | None]) -> str:
        """Why there is nothing to decide; empty if there is. group: see `targets`."""
        if self.marked or self.targets(group).samples:
            return ""
        if not group:
            return texts.UNMARKED
        return texts.GROUP_LATER if self.targets(group).later else texts.GROUP_DECIDED

    def targets(self, group: Mapping[str, bool | None]) -> Targets:
        """The marked samples; without any, the undecided ones of a group that have been on the screen.

        group: whether the image of each can be shown, None until it has been on the screen.
        """
        if self.marked:
            return Targets({sample: self.marked[sample] for sample in self._service.queue if sample in self.marked})
        undecided = {sample: seen for sample, seen in group.items() if self._service.verdict(sample) is None}
        on_screen = {sample: seen for sample, seen in undecided.items() if seen is not None}
        return Targets(on_screen, is_group=True, later=len(undecided) - len(on_screen))
