"""Blind mode: the given label and the suggestion are hidden until a sample's first verdict, unless they have already
been seen; names of samples are hidden throughout."""

from __future__ import annotations

from functools import cached_property

from alc_tui.session.labeling.sample_numbers import SampleNumbers
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.journal import GRID, QUEUE, REVIEW, UNDO


class BlindMode:
    """Whether blind mode is on, and which labels an annotator has seen while a session is open. enforced: it cannot be
    turned off."""

    def __init__(self, service: SessionService, always: bool) -> None:
        """always: enforce blind mode, which a session with the setting `blind` also does."""
        self._service = service
        self.enforced = self.is_on = always or service.config.blind
        own = (one for one in service.decisions if one.annotator == service.annotator and one.kind != UNDO)
        self._seen = {(one.sample, QUEUE if one.occasion == GRID else one.occasion) for one in own}

    def hides(self, sample: str, occasion: str) -> bool:
        """Whether the given label and the model's are hidden; never in a review, which shows the current verdict."""
        return self.is_on and (sample, occasion) not in self._seen and occasion != REVIEW

    @property
    def hides_names(self) -> bool:
        """Whether ids and paths of samples are hidden, because folders and file names may tell labels: in blind mode,
        and while injected noise makes the given labels differ from those in the names."""
        return self.is_on or self._service.config.injects_noise

    def name(self, sample: str) -> str:
        """The id of a sample, or a number that tells nothing about it."""
        return self._numbers.name(sample) if self.hides_names else sample

    def mark_seen(self, sample: str, occasion: str) -> None:
        """The labels of this sample were shown, or it was decided without them."""
        self._seen.add((sample, occasion))

    @cached_property
    def _numbers(self) -> SampleNumbers:
        return SampleNumbers(self._service.samples.ids, self._service.config.seed)
