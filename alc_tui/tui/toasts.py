"""Messages in the corner of the screen: the same one is never there twice."""

from __future__ import annotations

from textual.notifications import Notification, Notifications

TO_READ = 2.0
"""Seconds for which a message that comes again must still be on the screen, or it is shown anew."""


def is_on_screen(shown: Notifications, new: Notification) -> bool:
    """Whether a message is on the screen already, for long enough; one that is about to leave is taken away.

    Without this, a text that is pasted in many parts covers the image with messages.
    """
    for old in list(shown):
        if (old.title, old.message, old.severity) == (new.title, new.message, new.severity):
            if old.time_left >= TO_READ:
                return True
            del shown[old]
    return False
