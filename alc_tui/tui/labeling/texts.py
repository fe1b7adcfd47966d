"""Texts of the labeling screen: progress, speed, the last verdict, and why a key is rejected."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from alc_tui.session.labeling.journal_state import FINAL, LabelingProgress
from alc_tui.session.labeling.passes import Showing, Undone
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.journal import FINISH, Verdict
from alc_tui.text.format import duration, percent, plain

WATCHING = "You are watching this session (read-only)."
TOO_EARLY = "That key was pressed before the image appeared, so it was ignored."
UNSEEN = "This image cannot be shown, so it cannot be labeled: press s to skip, f to flag, or x to exclude it."
ALWAYS_BLIND = "This session uses blind mode: the given label and the suggestion stay hidden until you decide."
BLIND_KEYS = "Blind mode: press a class key. The given label and the suggestion are hidden until you decide."
BLIND_PATH = "Blind mode: the path of an image may reveal its label. Decide first."
ONE_WINDOW = "This image has no other window: only gray images with more than 8 bits and DICOM files have several."
SLOW_LINE = "This connection is slow: images appear small first and grow while you look at them."
STOPPED = "The training was stopped. Press ! for the training screen, where r resumes it."

_LONGEST_ESTIMATE = 100 * 3600.0


def heading(service: SessionService, title: str, is_blind: bool, showing: Showing | None) -> list[tuple[str, str]]:
    """Two lines, each with a left and a right end. title: of the pass."""
    progress = service.progress()
    place = "" if showing is None else f"   image {showing.number:,} of {showing.of:,}"
    blind = "   blind" if is_blind else ""
    return [
        (service.folder.name, f"{title}{blind}{place}"),
        (spent(progress), pace(progress, datetime.now())),
    ]


def blind(is_on: bool, is_hidden: bool) -> str:
    """The effect of toggling blind mode. is_hidden: the labels of the current sample are hidden."""
    if not is_on:
        return "Blind mode is off."
    if is_hidden:
        return "Blind mode is on: the given label and the suggestion are hidden until you decide."
    return "Blind mode starts with the next image: you have already seen the labels of this one."


def light(brightness: int, contrast: int) -> str:
    """Brightness and contrast as they are set, in steps."""
    return f"brightness {brightness:+d}, contrast {contrast:+d}; press = to reset."


def window(name: str, names: Sequence[str]) -> str:
    """The window in which the image is shown, and its number among all: `lung (2 of 4)`."""
    return f"{plain(name)} ({names.index(name) + 1} of {len(names)})"


def spent(progress: LabelingProgress) -> str:
    """`labels 12 of 240   changed 58%   aside 2`: in all rounds, then in this one."""
    counts = progress.ledger
    labeled = counts.changed + counts.confirmed
    of_budget = f" of {progress.budget:,}" if progress.budget else ""
    rate = f"   changed {percent(counts.changed / labeled).strip()}" if labeled else ""
    aside = counts.skipped + counts.flagged + counts.excluded
    return f"labels {progress.spent:,}{of_budget}{rate}" + (f"   set aside {aside:,}" if aside else "")


def pace(progress: LabelingProgress, now: datetime) -> str:
    """`2.3 s each   2 min 15 s left   until 14:32`; empty before the first verdict and after the last."""
    left = progress.queue - progress.decided
    if progress.pace is None or not left:
        return ""
    seconds = min(progress.pace * left, _LONGEST_ESTIMATE)
    return f"{progress.pace:.1f} s each   {duration(seconds)} left   until {now + timedelta(seconds=seconds):%H:%M}"


def last_verdict(showing: Showing, verdict: Verdict) -> str:
    """The last verdict, compared with the given label, and how to undo it."""
    item, label = showing.item, verdict.label
    if label is None:
        outcome = f"{plain(item.sample)} {FINAL[verdict.kind]}"
    elif label == item.given:
        outcome = f"{plain(label)} confirmed"
    else:
        outcome = f"{plain(item.given)} → {plain(label)}"
    return f"Last: {outcome}. Press u to undo."


def undone(what: Undone | None) -> str:
    """What was undone; None if there was nothing."""
    if what is None:
        return "There are no more verdicts to undo here."
    if what.decision.kind == FINISH:
        return f"Undone: round {what.decision.round} goes on."
    return f"Undone: {plain(what.decision.sample)} is undecided again."


def all_decided(number: int) -> str:
    """For those who watch: the round is about to be retrained."""
    return f"All samples of round {number} are decided. Retraining is about to start."


def retraining(number: int) -> str:
    """A live session's round is being retrained."""
    return f"Retraining round {number} in the background …"


def waiting(number: int, rounds: int) -> str:
    """A live session's round is being retrained, and there is nothing to label until then."""
    then = "the session is done" if number == rounds else "the next image appears"
    return f"You have decided all samples for now. Once round {number} is retrained,\n{then}."


def ranked(number: int, macro_f1: float) -> str:
    """A live session's round has been retrained, and its queue has been replaced."""
    return f"Round {number} is retrained (macro-F1 {macro_f1:.3f}), and the samples are ranked anew."


def retraining_failed(number: int) -> str:
    """A live session's round could not be retrained."""
    return f"Round {number} is not retrained. Press ! for the training screen."


def vanished(log: Path) -> str:
    """A live session's worker ended without an event that says why. log: what it wrote to its standard error."""
    return f"The worker ended unexpectedly (possibly killed); see {log}. Press ! for the training screen."
