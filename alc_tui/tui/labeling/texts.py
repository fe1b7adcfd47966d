"""Texts of the labeling screen: progress, speed, the last verdict, and why a key is rejected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from alc_tui.session.labeling.journal_state import FINAL, LabelingProgress
from alc_tui.session.labeling.passes import Showing
from alc_tui.session.labeling.review import annotators_disagree
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.journal import FINISH, Decision, Verdict
from alc_tui.session.store.ledger import Ledger
from alc_tui.text.format import counted, duration, percent, plain

WATCHING = "You are watching this session (read-only)."
RESET = "Picture reset: zoom, brightness, contrast and window."
NO_ROOM = "This window has no room for neighbors; they appear in a larger one, or with smaller images (<)."
ALL_CLASSES = "All classes are visible already."
TOO_EARLY = "That key was pressed before the image appeared, so it was ignored."
UNSEEN = "This image cannot be shown, so it cannot be labeled: press s to skip, f to flag, or x to exclude it."
ALWAYS_BLIND = "This session uses blind mode: the given label and the suggestion stay hidden until you decide."
BLIND_KEYS = "Blind mode: press a class key. The given label and the suggestion are hidden until you decide."
BLIND_PATH = "The path is hidden, because it may reveal the label."
NOTE_QUESTION = "Why do you flag this image? The note is shown in Review and exported."
CLASS_QUESTION = "Which class does the image show?"
NOTHING_DECIDED = "Decide at least one sample before you finish the round."
ALMOST_OVER = "The round is almost over: decide the images that are left."
NO_SAMPLE = "There is no image to decide now."
ONE_WINDOW = "This image has no other window (range of grays), as DICOM and 16-bit images do."
SLOW_LINE = "This connection is slow: images appear small first and grow while you look at them."
STOPPED = "The training was stopped. Press ! for the training screen, where r resumes it."

_LONGEST_ESTIMATE = 100 * 3600.0
_START = 20.0
"""Seconds of training that are few beside the start."""


def heading(service: SessionService, title: str, is_blind: bool, showing: Showing | None) -> list[tuple[str, str]]:
    """Two lines, each with a left and a right end. title: of the pass. is_blind: whether its labels are hidden."""
    progress = service.progress()
    place = "" if showing is None else f"   image {showing.number:,} of {showing.of:,}"
    blind = "   blind" if is_blind else ""
    return [
        (service.folder.name, f"{title}{blind}{place}"),
        (spent(progress, is_blind), pace(progress)),
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


def zoomed(zoom: float) -> str:
    """How much the image is enlarged."""
    return f"zoom {zoom:g}×; press = to reset." if zoom > 1 else "The whole image."


def window(name: str, names: Sequence[str]) -> str:
    """The window in which the image is shown, and its number among all: `lung (2 of 4)`."""
    return f"{plain(name)} ({names.index(name) + 1} of {len(names)})"


def spent(progress: LabelingProgress, is_blind: bool) -> str:
    """`budget 12 of 240   changed 58%   set aside 2`: in all rounds, then in this one. is_blind: whether labels are not
    compared with given ones."""
    counts = progress.ledger
    labeled = counts.changed + counts.confirmed
    labels = f"budget {progress.spent:,} of {progress.budget:,}" if progress.budget else f"labels {progress.spent:,}"
    rate = f"   changed {percent(counts.changed / labeled).strip()}" if labeled and not is_blind else ""
    aside = counts.skipped + counts.flagged + counts.excluded
    return f"{labels}{rate}" + (f"   set aside {aside:,}" if aside else "")


def pace(progress: LabelingProgress) -> str:
    """`2.3 s each   about 2 min left in this round`; empty before the fifth verdict and after the last."""
    left = progress.queue - progress.decided
    if progress.pace is None or not left:
        return ""
    minutes = round(min(progress.pace * left, _LONGEST_ESTIMATE) / 60)
    rest = f"about {duration(60 * minutes).removesuffix(' 00 s')}" if minutes else "less than a minute"
    return f"{progress.pace:.1f} s each   {rest} left in this round"


def last_verdict(verdict: Verdict, given: str | None, name: str) -> str:
    """The last verdict, and how to undo it. given: the given label, None if it is hidden. name: of the sample."""
    return f"Last: {outcome(verdict, given, name)}. Press u to undo."


def outcome(verdict: Verdict, given: str | None, name: str) -> str:
    """`NV → MEL (IMG_1)`, compared with the given label unless it is None. name: of the sample."""
    label = verdict.label
    if label is None:
        return f"{plain(name)} {FINAL[verdict.kind]}{', with a note' if verdict.note else ''}"
    if given is None:
        return f"{plain(label)} ({plain(name)})"
    return (
        f"{plain(label)} confirmed ({plain(name)})"
        if label == given
        else f"{plain(given)} → {plain(label)} ({plain(name)})"
    )


def so_far(verdict: Decision, annotator: str) -> str:
    """The current verdict on an image that is shown again. annotator: who is addressed as `you`."""
    who = "you" if verdict.annotator == annotator else plain(verdict.annotator)
    return f"So far {plain(FINAL.get(verdict.kind, verdict.answer))}, by {who}. A new verdict replaces it."


def undone(decision: Decision, given: str | None, name: str) -> str:
    """What was taken back. given, name: see `outcome`."""
    if decision.kind == FINISH:
        return f"Undone: round {decision.round} is not finished, it goes on."
    return f"Undone: {outcome(decision.verdict, given, name)}."


def undone_unseen(annotator: str, name: str) -> str:
    """What was taken back in blind mode: the verdict of another annotator. name: of the sample."""
    return f"Undone: the verdict of {plain(annotator)} on {plain(name)}."


def nothing_to_undo(service: SessionService, is_queue: bool = True) -> str:
    """Why an undo took back nothing. is_queue: whether it was in the queue of the round."""
    if not is_queue:
        return "Nothing to undo: you have decided nothing here yet."
    if service.frozen:
        return f"Nothing to undo: round {service.round} is being retrained. Change its verdicts in Review."
    return "Nothing to undo: no verdict of this round is left. Change those of earlier rounds in Review."


def all_are_decided(number: int) -> str:
    """Why a round cannot be finished early."""
    return f"All samples of round {number} are decided, so there is nothing to finish early."


def finish_question(number: int, rest: int, of: int) -> str:
    """The question before a round is finished early. rest, of: see `QueuePass.count_open`."""
    return (
        f"Finish round {number} now, with {of - rest:,} of {of:,} samples decided?\n\n"
        f"{_others(rest)} in the noisy set, and later rounds may show {'it' if rest == 1 else 'them'}. You will give "
        f"{rest:,} fewer {'label' if rest == 1 else 'labels'} in all, because later rounds stay as long as they are. "
        "Undo takes it back until the retraining starts."
    )


def _others(count: int) -> str:
    return "The other one stays" if count == 1 else f"The other {count:,} stay"


def coarse(viewer: str, preview: str) -> str:
    """The terminal shows an image with far fewer pixels than it has. viewer, preview: keys."""
    return f"This picture is coarse: {viewer} opens it in a browser, {preview} draws it in another manner."


def round_end(service: SessionService, keys: Mapping[str, str], is_blind: bool) -> str:
    """What is decided and what is left at the end of a round, and the keys that go on. keys: by command. is_blind: see
    `spent`."""
    ledger, number = service.progress().ledger, service.round
    first = f"All samples of round {number} of {service.config.rounds} are decided."
    if service.is_finished_early:
        first = f"Round {number} of {service.config.rounds} is finished early."
    counts = [
        f"{count:,} {what}"
        for what, count in (
            ("labeled", (ledger.changed + ledger.confirmed) * is_blind),
            ("changed", ledger.changed * (not is_blind)),
            ("confirmed", ledger.confirmed * (not is_blind)),
            ("skipped", ledger.skipped),
            ("flagged", ledger.flagged),
            ("excluded", ledger.excluded),
        )
        if count
    ]
    lines = [first, ", ".join(counts), *_per_class(service), "", *_left(service, ledger, keys["review"])]
    estimate = service.record.estimate
    time = "" if estimate is None else f" ({_about(estimate.of(number))})"
    lines.append(f"Press {keys['retrain']} to start the retraining{time}, or {keys['undo']} to undo the last verdict.")
    return "\n".join(lines)


def _about(seconds: float) -> str:
    """How long a retraining takes, its start included."""
    return "less than half a minute" if seconds < _START else f"about {duration(seconds)}"


def _per_class(service: SessionService) -> list[str]:
    """How many samples of the round were labeled as each class; no line if none was."""
    labels = Counter(verdict.label for sample in service.queue if (verdict := service.verdict(sample)) is not None)
    counts = [f"{labels[name]:,} {plain(name)}" for name in service.classes if labels[name]]
    return [f"Labels: {', '.join(counts)}."] if counts else []


def _left(service: SessionService, ledger: Ledger, key: str) -> list[str]:
    """What deserves a second look before the retraining, if anything does."""
    waiting = {"flagged": ledger.flagged, "skipped": ledger.skipped}
    left = [f"{count:,} {what}" for what, count in waiting.items() if count]
    disputed = len(annotators_disagree(service))
    if disputed:
        left.append(f"{counted(disputed, 'disagreement')} between annotators")
    if not left:
        return []
    return [f"Left without an agreed label: {', '.join(left)}.", f"Press {key} to review them.", ""]


def all_decided(number: int) -> str:
    """For those who watch: the round waits for its retraining."""
    return f"All samples of round {number} are decided. The retraining has not started yet."


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
