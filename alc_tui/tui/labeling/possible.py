"""What is possible on the labeling screen, and why something is not. Independent of widgets."""

from __future__ import annotations

from alc_tui.session.labeling.passes import QueuePass, ReviewPass
from alc_tui.session.labeling.service import SessionService
from alc_tui.tui.labeling import texts
from alc_tui.tui.labeling.current_sample import CurrentSample

_OF_LABELS = ("keep", "suggestion")
"""Actions that need to know the given label or the suggestion."""
_OF_SAMPLE = ("set_aside", "flag_note", "pick", "blind", "finish")


def is_possible(action: str, service: SessionService, current: CurrentSample) -> bool:
    """Whether an action is offered: some need a sample on the screen, some its labels, some a decided round."""
    is_open = current.showing is not None
    if action in _OF_LABELS:
        return is_open and service.is_writable and not current.is_hidden
    if action == "finish" and not isinstance(current.labeling_pass, QueuePass):
        return False
    if action in _OF_SAMPLE:
        return is_open and service.is_writable
    if action in ("quit", "close"):
        return isinstance(current.labeling_pass, ReviewPass) == (action == "close")
    if action == "retrain":
        return service.is_writable and not is_open
    return action != "undo" or service.is_writable


def why_not_finish(service: SessionService, queue_pass: QueuePass) -> str:
    """Why the round cannot be finished early; empty if it can. Silent repeats are not told from other samples."""
    if not service.progress().decided:
        return texts.NOTHING_DECIDED
    if service.next_item() is not None:
        return ""
    return texts.all_are_decided(service.round) if queue_pass.is_over else texts.ALMOST_OVER


def why_not(service: SessionService, is_hidden: bool, is_of_labels: bool) -> str:
    """Why a key has no effect now; empty if it never has one. is_hidden: the labels are. is_of_labels: whether the key
    would confirm one."""
    if not service.is_writable:
        return texts.WATCHING
    return texts.BLIND_KEYS if is_of_labels and is_hidden else ""
