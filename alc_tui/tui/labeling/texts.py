"""What the labeling screen says in words: how far a person is, how fast, and what a verdict was."""

from __future__ import annotations

from datetime import datetime, timedelta

from alc_tui.session.labeling.journal_state import FINAL, LabelingProgress
from alc_tui.session.labeling.passes import Showing
from alc_tui.session.store.journal import Verdict
from alc_tui.text.format import duration, percent, plain

_LONGEST_GUESS = 100 * 3600.0


def spent(progress: LabelingProgress) -> str:
    """`labels 12 of 240   changed 58%   aside 2`: of all rounds, then of this one."""
    counts = progress.ledger
    labeled = counts.changed + counts.confirmed
    of_budget = f" of {progress.budget:,}" if progress.budget else ""
    rate = f"   changed {percent(counts.changed / labeled).strip()}" if labeled else ""
    aside = counts.skipped + counts.flagged + counts.excluded
    return f"labels {progress.spent:,}{of_budget}{rate}" + (f"   aside {aside:,}" if aside else "")


def pace(progress: LabelingProgress, now: datetime) -> str:
    """`2.3 s each   2 min 15 s left   till 14:32`; nothing before the first verdict and after the last."""
    left = progress.queue - progress.decided
    if progress.pace is None or not left:
        return ""
    seconds = min(progress.pace * left, _LONGEST_GUESS)
    return f"{progress.pace:.1f} s each   {duration(seconds)} left   till {now + timedelta(seconds=seconds):%H:%M}"


def verdict(showing: Showing, verdict: Verdict) -> str:
    """What was decided, against what was given."""
    item, label = showing.item, verdict.label
    if label is None:
        return f"{plain(item.sample)} {FINAL[verdict.kind]}"
    if label == item.given:
        return f"{plain(label)} confirmed"
    return f"{plain(item.given)} → {plain(label)}"
