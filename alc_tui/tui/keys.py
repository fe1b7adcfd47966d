"""Class keys, fixed for the lifetime of a session in the order of the data, and key names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import ascii_lowercase
from typing import Any

from textual.binding import Binding
from textual.keys import format_key
from textual.screen import Screen

from alc_tui.errors import UsageError

RESERVED = frozenset("asfxugnbqrdpictv?")
"""Command keys, which are not used for classes unless configured in `alc.toml`."""

_SUBSTITUTES = {"v": "."}
"""Keys for classes in place of letters, so that those of all other classes stay the same."""
CLASS_KEYS = tuple(
    _SUBSTITUTES.get(key, key) for key in "1234567890" + ascii_lowercase if key not in RESERVED or key in _SUBSTITUTES
)
NO_KEY = ""


def class_keys(classes: Sequence[str], changed: Mapping[str, str] | None = None) -> list[str]:
    """The key of each class, NO_KEY for a class without one. changed: keys by class name, from `alc.toml`."""
    defaults = [*CLASS_KEYS[: len(classes)], *[NO_KEY] * (len(classes) - len(CLASS_KEYS))]
    return [key_name((changed or {}).get(name, key)) for name, key in zip(classes, defaults, strict=True)]


def classes_by_key(class_keys: Sequence[str], classes: Sequence[str]) -> dict[str, str]:
    """The class of each key. class_keys: of the classes, in their order; see `class_keys`."""
    return {key: name for key, name in zip(class_keys, classes, strict=True) if key}


def check_class_keys(changed: Mapping[str, str], classes: Sequence[str], where: str) -> dict[str, str]:
    """Classes by key. changed: keys by class name. where: the file that sets them.

    Raises UsageError for a key assigned to two classes, or a value that is not a single key.
    """
    owners: dict[str, str] = {}
    for name, key in zip(classes, class_keys(classes, changed), strict=True):
        if key and key in owners:
            raise UsageError(f"{where}: key {key!r} belongs to both {owners[key]!r} and {name!r}; change one of them.")
        if name in changed and len(split_keys(key)) != 1:
            raise UsageError(f"{where}: {key!r} for class {name!r} is not a single key; specify one, such as m.")
        if key:
            owners[key] = name
    return owners


def display_key(key: str) -> str:
    """A key as it is shown on a screen: `?` for `question_mark`."""
    return format_key(key) if key else " "


def key_in_words(key: str) -> str:
    """A key as sentences name it: `Enter` for `enter`."""
    return key.capitalize() if key in ("enter", "space", "tab", "escape") else display_key(key)


def keys_of(screen: Screen[Any], *commands: str) -> list[str]:
    """The keys of a screen's commands as they are configured, active or not."""
    # A private attribute of Textual, whose `active_bindings` leaves out the others.
    of_screen = (bindings for node, bindings in screen._modal_binding_chain if node is screen)
    return [key for bindings in of_screen for key, binding in bindings if binding.id in commands]


def split_keys(keys: str) -> list[str]:
    """The keys of a list such as `s,question_mark` or `s,?`, by the names that Textual uses."""
    return [key_name(key.strip()) for key in keys.split(",") if key.strip()]


def key_name(key: str) -> str:
    """Textual's name for a key specified by character or by name."""
    if len(key) != 1:
        return key
    return "comma" if key == "," else next(iter(Binding.make_bindings([(key, "")]))).key
