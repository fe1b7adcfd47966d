"""Which key stands for which class (fixed for the life of a session, in the data's order) and which for a command.

`alc.toml` may change both; a key with two meanings is refused.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from string import ascii_lowercase

from textual.binding import Binding, BindingType
from textual.keys import _character_to_key, format_key

from alc_tui.errors import UsageError

RESERVED = frozenset("asfxugnbqrdpict?")
"""Keys of commands: never a class's unless `alc.toml` says so."""

CLASS_KEYS = tuple(key for key in "1234567890" + ascii_lowercase if key not in RESERVED)
NO_KEY = ""
EVERYWHERE = {"ctrl+c": "quit", "ctrl+q": "quit", "ctrl+p": "the palette"}
"""Keys of the whole app, and what they mean."""
CLASS_SCREENS = ("label", "grid")
"""Screens on which classes have keys."""


def class_keys(classes: Sequence[str], changed: Mapping[str, str] | None = None) -> list[str]:
    """The key of each class, NO_KEY for a class that has none. changed: keys by class name, from `alc.toml`."""
    defaults = [*CLASS_KEYS[: len(classes)], *[NO_KEY] * (len(classes) - len(CLASS_KEYS))]
    return [_by_name((changed or {}).get(name, key)) for name, key in zip(classes, defaults, strict=True)]


def shown(key: str) -> str:
    """A key as it is written on a screen: `?` for `question_mark`."""
    return format_key(key) if key else " "


def check_keymap(
    keymap: Mapping[str, str], screens: Mapping[str, Sequence[BindingType]], taken: Mapping[str, str], where: str
) -> None:
    """Raise UsageError for an unknown command, or a key that would mean two things on one screen.

    keymap: keys by command id. screens: their bindings by name. taken: classes by key, on `CLASS_SCREENS`.
    where: the file that says so.
    """
    commands = {b.id: b for bindings in screens.values() for b in _bindings(bindings) if b.id}
    for command, keys in keymap.items():
        if command not in commands:
            near = difflib.get_close_matches(command, commands, n=1)
            hint = f"did you mean {near[0]}?" if near else f"the commands are {', '.join(sorted(commands))}."
            raise UsageError(f"{where}: unknown command {command!r} in [keys]; {hint}")
        if not keys.strip():
            raise UsageError(f"{where}: {command} has no key; name one, such as s, ctrl+k or question_mark.")
    for name, bindings in screens.items():
        _check_screen(
            name, [b for b in _bindings(bindings) if b.id], keymap, taken if name in CLASS_SCREENS else {}, where
        )


def _check_screen(
    screen: str, bindings: Sequence[Binding], keymap: Mapping[str, str], taken: Mapping[str, str], where: str
) -> None:
    owners: dict[str, Binding] = {}
    for binding in bindings:
        for key in split(keymap.get(binding.id or "", binding.key)):
            if binding.id in keymap and key in EVERYWHERE:
                raise UsageError(f"{where}: key {key!r} of {binding.id} is that of {EVERYWHERE[key]}; give it another.")
            if key in taken:
                raise UsageError(
                    f"{where}: key {key!r} of {binding.id} is that of class {taken[key]!r}; give one of them another."
                )
            other = owners.setdefault(key, binding)
            changed = binding.id in keymap or other.id in keymap
            if other.id != binding.id and changed and other.key != binding.key:
                raise UsageError(
                    f"{where}: key {key!r} would mean both {other.id} and {binding.id} on the {screen} screen; "
                    "give one of them another."
                )


def completed(keymap: Mapping[str, str], screens: Iterable[Sequence[BindingType]]) -> dict[str, str]:
    """The keymap with the keys of those commands, too, that share one with a command that gets another.

    Textual would take away the shared key from both.
    """
    keys_of: dict[str, list[str]] = {}
    for bindings in screens:
        for binding in _bindings(bindings):
            keys_of.setdefault(binding.id or "", []).append(binding.key)
    given_up = {(command.partition(".")[0], key) for command in keymap for key in keys_of.get(command, ())}
    kept = {
        command: ",".join(found)
        for command, found in keys_of.items()
        if any((command.partition(".")[0], key) in given_up for key in found)
    }
    return {**kept, **keymap}


def check_class_keys(changed: Mapping[str, str], classes: Sequence[str], where: str) -> dict[str, str]:
    """Classes by key; raises UsageError for a key of two classes or one that is no single key."""
    owners: dict[str, str] = {}
    for name, key in zip(classes, class_keys(classes, changed), strict=True):
        if key and key in owners:
            raise UsageError(f"{where}: key {key!r} would mean both {owners[key]!r} and {name!r}; give one another.")
        if name in changed and len(split(key)) != 1:
            raise UsageError(f"{where}: {key!r} for class {name!r} is not one key; name one, such as m.")
        if key:
            owners[key] = name
    return owners


def split(keys: str) -> list[str]:
    """A list such as `s,question_mark` or `s,?`, key by key, by the names Textual uses."""
    found = [key.strip() for key in keys.split(",") if key.strip()]
    return [_by_name(key) for key in found]


def _by_name(key: str) -> str:
    return _character_to_key(key) if len(key) == 1 else key


def _bindings(found: Iterable[BindingType]) -> list[Binding]:
    return list(Binding.make_bindings(found))
