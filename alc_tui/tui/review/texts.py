"""Texts of the review screen: who decided what, who disagrees, and when a new verdict takes effect."""

from __future__ import annotations

from alc_tui.session.labeling.journal_state import FINAL
from alc_tui.session.labeling.review import Case
from alc_tui.session.labeling.service import SessionService
from alc_tui.session.store.journal import Decision
from alc_tui.text.format import plain
from alc_tui.tui.labeling.blind_mode import BlindMode
from alc_tui.tui.labeling.texts import WATCHING

EMPTY = {
    "flagged": "No sample is flagged.",
    "skipped": "No sample is skipped.",
    "changed": "No label has been changed.",
    "model disagrees": "The model agrees with every label, or has not been retrained on them yet.",
    "annotators disagree": "There are no disagreements, or all of them have been reviewed.",
    "near duplicates": "No near duplicates are in other splits or differ in label, apart from undecided samples of "
    "this round.",
    "outliers": "There are no outliers, apart from undecided samples of this round.",
    "excluded": "No sample is excluded.",
    "confirmed": "No given label has been confirmed.",
}

ONLY_LOOK = "These are only for looking: each is decided when a round shows it."


def about(case: Case, service: SessionService, blind_mode: BlindMode, is_reviewed: bool) -> str:
    """The name of the case's sample, and a description."""
    verdict, near = case.verdict, case.near_duplicate
    sentences = ["Not decided yet."]
    if verdict is not None:
        sentences = [f"{_name(verdict.annotator, service)} {_decided(verdict)} in round {verdict.round}."]
        if verdict.note:
            note = plain(verdict.note)
            sentences.append(f"Note: {note}" + "." * (note[-1] not in ".!?…"))
    if near is not None:
        other = f"{plain(blind_mode.name(near.sample))} ({near.split})"
        sentences.append(f"Near duplicate: {other}, labeled {plain(near.label)}, similarity {near.similarity:.2f}.")
    if case.outlier_score is not None:
        sentences.append(f"Far from all other samples: outlier score {case.outlier_score:.1f}.")
    if case.share is not None:
        sentences.append(f"The new model predicts {plain(case.other)} ({case.share:.2f}).")
    elif case.dissenter:
        answer = f"chose {plain(case.other)}" if case.other in service.classes else f"{FINAL[case.other]} it"
        sentences.append(f"{_name(case.dissenter, service)} {answer}.")
    sentences.append(f"Given label: {plain(service.given_label(case.sample))}.")
    if is_reviewed:
        sentences.append("Reviewed.")
    return f"{plain(blind_mode.name(case.sample))}\n{' '.join(sentences)}"


def effect(service: SessionService, is_done: bool) -> str:
    """When a new verdict takes effect. is_done: the session is."""
    if not service.is_writable:
        return WATCHING
    retraining = service.round + service.frozen
    if retraining > service.config.rounds or is_done:
        return "There is no further retraining. New verdicts affect only the export."
    return f"New verdicts take effect at the next retraining (round {retraining})."


def _name(annotator: str, service: SessionService) -> str:
    return "You" if annotator == service.annotator else plain(annotator)


def _decided(verdict: Decision) -> str:
    what = f"{FINAL[verdict.kind]} it" if verdict.label is None else f"chose {plain(verdict.label)}"
    return f"{what}, blind," if verdict.blind else what
