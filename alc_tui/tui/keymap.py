"""Key bindings as customized in `alc.toml`, by command id. Conflicting bindings are rejected."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence

from textual.binding import Binding

from alc_tui.errors import UsageError
from alc_tui.session.settings.files import CONFIG_FILE
from alc_tui.tui import screens
from alc_tui.tui.keys import check_class_keys, split_keys
from alc_tui.tui.preferences import Preferences

APP_KEYS = {"ctrl+c": "quit", "ctrl+q": "quit", "ctrl+p": "the command palette"}
"""Global keys and what they do."""
CLASS_SCREENS = ("label", "grid", "compare")
"""Screens with class keys."""
_SUMMARY = ("start", "back", "previous", "next", "up", "down", "pageup", "pagedown", "help")
_YIELDING = {
    "label.viewer": ("v", "V"),
    "label.flag_note": ("F", "ctrl+f"),
    "label.finish": ("ctrl+e", "ctrl+r"),
    "label.smooth": ("d", "f6"),
    "label.preview": ("P", "f7"),
    "label.smaller": ("less_than_sign", "f8"),
    "label.larger": ("greater_than_sign", "f9"),
    "progress.focus": ("M", "f"),
    "gallery.focus": ("M", "f"),
    "review.excluded": ("f8", "ctrl+f8"),
    "review.confirmed": ("f9", "ctrl+f9"),
    "review.smooth": ("d", "f10"),
    "review.preview": ("P", "f11"),
    "review.smaller": ("less_than_sign", "f12"),
    "review.larger": ("greater_than_sign", "shift+f12"),
}
"""Commands of later versions, with their key, and the one that they have if an `alc.toml` gives that key away."""
RENAMED = {
    "label.neighbours": "label.neighbors",
    "progress.go_on": "progress.continue",
    "training.go_on": "training.resume",
    "found.make": "summary.create",
    **{f"found.{name}": f"summary.{name}" for name in _SUMMARY},
}
"""Ids of commands by their former names, which `alc.toml` may still use."""


def keymap(preferences: Preferences) -> dict[str, str]:
    """The key map for Textual: the changed bindings, and unchanged bindings that must be repeated. Textual would
    otherwise unbind a key from every command that shares it with a changed one.
    """
    changed = _changed_keys(preferences)
    keys_of: dict[str, list[str]] = {}
    for bindings in _bindings().values():
        for binding in bindings:
            keys_of.setdefault(binding.id or "", []).append(binding.key)
    given_up = {(_screen_of(command), key) for command in changed for key in keys_of.get(command, ())}
    shared = {
        command: ",".join(dict.fromkeys(keys))
        for command, keys in keys_of.items()
        if any((_screen_of(command), key) in given_up for key in keys)
    }
    return {**shared, **changed}


def check_keys(preferences: Preferences, classes: Sequence[str]) -> None:
    """Raise UsageError for an unknown command, or for a key bound to two commands on one screen."""
    class_of = check_class_keys(preferences.class_keys, classes, CONFIG_FILE)
    if preferences.keys or preferences.class_keys:
        bindings = _bindings()
        changed = _changed_keys(preferences)
        _check_commands(changed, {binding.id for on_screen in bindings.values() for binding in on_screen if binding.id})
        for screen, on_screen in bindings.items():
            named = [binding for binding in on_screen if binding.id]
            _check_screen(screen, named, changed, class_of if screen in CLASS_SCREENS else {})


def _check_commands(changed: Mapping[str, str], commands: Iterable[str]) -> None:
    known = sorted(commands)
    for command, keys in changed.items():
        if command not in known:
            near = difflib.get_close_matches(command, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"the commands are {', '.join(known)}."
            raise UsageError(f"{CONFIG_FILE}: unknown command {command!r} in [keys]; {hint}")
        if not keys.strip():
            raise UsageError(f"{CONFIG_FILE}: {command} has no key; specify one, such as s, ctrl+k or question_mark.")


def _check_screen(
    screen: str, bindings: Sequence[Binding], changed: Mapping[str, str], class_of: Mapping[str, str]
) -> None:
    """changed: keys by command id. class_of: classes by key."""
    owners: dict[str, Binding] = {}
    for binding in bindings:
        for key in split_keys(changed.get(binding.id or "", binding.key)):
            name = f"{CONFIG_FILE}: key {key!r} of {binding.id}"
            if binding.id in changed and key in APP_KEYS:
                raise UsageError(f"{name} is already the key for {APP_KEYS[key]}; choose another.")
            if key in class_of:
                raise UsageError(f"{name} is already the key of class {class_of[key]!r}; change one of them.")
            other = owners.setdefault(key, binding)
            is_changed = binding.id in changed or other.id in changed
            if other.id != binding.id and is_changed and other.key != binding.key:
                raise UsageError(f"{name} is already the key of {other.id} on the {screen} screen; change one of them.")


def _changed_keys(preferences: Preferences) -> dict[str, str]:
    """The changed keys by current command id. Those of `_YIELDING` give way to classes and commands."""
    changed = {RENAMED.get(command, command): keys for command, keys in preferences.keys.items()}
    for_classes = {key for keys in preferences.class_keys.values() for key in split_keys(keys)}
    for command, (key, other) in _YIELDING.items():
        screen = _screen_of(command)
        given = {key for name, keys in changed.items() if _screen_of(name) == screen for key in split_keys(keys)}
        if key in given or (screen in CLASS_SCREENS and key in for_classes):
            changed.setdefault(command, other)
    return changed


def _bindings() -> dict[str, list[Binding]]:
    """The bindings of all screens, by the screen's name."""
    return {name: list(Binding.make_bindings(screen.BINDINGS)) for name, screen in screens.load().items()}


def _screen_of(command: str) -> str:
    return command.partition(".")[0]
