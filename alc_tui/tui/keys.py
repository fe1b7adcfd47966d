"""Which key stands for which class: fixed for the life of a session, in the data's class order."""

from __future__ import annotations

from string import ascii_lowercase

RESERVED = frozenset("asfxugnbqrd?")
"""Keys of commands, of today's screens and of those to come: never a class's."""

CLASS_KEYS = tuple(key for key in "1234567890" + ascii_lowercase if key not in RESERVED)


def class_keys(count: int) -> list[str]:
    """The keys of the first classes, in order: at most `count`, fewer where there are more classes than keys."""
    return list(CLASS_KEYS[:count])
