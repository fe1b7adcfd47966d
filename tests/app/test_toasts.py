"""A message is on the screen once, for long enough to be read."""

from __future__ import annotations

import time

import pytest
from textual.notifications import Notification, Notifications

from alc_tui.tui.toasts import TO_READ, is_on_screen


def shown(*notifications: Notification) -> Notifications:
    found = Notifications()
    for one in notifications:
        found.add(one)
    return found


def test_the_same_message_is_not_shown_beside_itself() -> None:
    old = Notification("No.")
    messages = shown(old, Notification("Yes."))
    assert is_on_screen(messages, Notification("No."))
    assert old in messages


@pytest.mark.parametrize(
    "new", [Notification("Yes."), Notification("No.", title="Review"), Notification("No.", severity="error")]
)
def test_another_message_is_shown_beside_it(new: Notification) -> None:
    messages = shown(Notification("No."))
    assert not is_on_screen(messages, new)
    assert len(messages) == 1


def test_a_message_that_is_about_to_leave_makes_room_for_itself() -> None:
    leaving = Notification("No.", timeout=5.0, raised_at=time.time() - 5.0 + TO_READ / 2)
    messages = shown(leaving)
    assert not is_on_screen(messages, Notification("No."))
    assert len(messages) == 0
