"""What the labeling screen shows of the round beside the sample."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from alc_tui.session.labeling.passes import LabelingPass, QueuePass, Showing
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.journal import LABEL
from alc_tui.tui.labeling.sample.round_strip import RoundState
from alc_tui.tui.widgets.class_list import ClassCount


def round_state(labeling_pass: LabelingPass, service: SessionService, showing: Showing) -> RoundState | None:
    """What has become of the samples of the round; None in other passes."""
    if not isinstance(labeling_pass, QueuePass):
        return None
    return RoundState(labeling_pass.outcomes(), None if service.config.live else showing.number - 1)


def class_counts(labeling_pass: LabelingPass, service: SessionService) -> Sequence[ClassCount]:
    """Per class, its samples in the clean set and the labels decided so far; none in other passes, where the labels of
    others are not shown."""
    clean = service.rounds[-1].clean_per_class if service.rounds else None
    if clean is None or not isinstance(labeling_pass, QueuePass):
        return ()
    decided = Counter(verdict.label for verdict in service.verdicts().values() if verdict.kind == LABEL)
    return [ClassCount(clean.get(name, 0), decided[name]) for name in service.classes]
