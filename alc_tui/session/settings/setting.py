"""Defines a setting: its group, help, range, choices, and parsing. Independent of the configuration."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from types import NoneType
from typing import Any, get_args, get_type_hints

from alc_tui.data.ranges import Range
from alc_tui.errors import UsageError
from alc_tui.session.settings.renamed import former_names

DATA, NOISE, LEARNING, ROUNDS = "Data", "Noise", "Learning", "Rounds"
GROUPS = (DATA, NOISE, LEARNING, ROUNDS)
_KINDS: Mapping[type, str] = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
TRUE_WORDS, FALSE_WORDS = ("1", "true", "yes"), ("0", "false", "no")


@dataclass(frozen=True)
class Setting:
    """The declaration of a setting, next to its type and default, on a field of `Config`.

    group: one of GROUPS. help: its meaning, without the final period. metavar: the placeholder for its value in
    `--help`. title: its name in forms; derived from the field's name if empty. choices: the values allowed, each with
    its meaning or ""; one such as `matrix:CSV` allows anything after the colon. suggestions: common values, if others
    are also allowed. several: whether the value is a comma-separated list of names. range: for numbers. words: strings
    allowed instead of a number. default_text: description of the default in help and forms, if the value is not
    self-explanatory.
    is_common: whether forms show it first. has_variable: whether an environment variable sets it. is_late: whether it
    was added after the first results were stored, see `is_implied`. off: the name of the option that turns a flag off;
    `no-` and its name if empty. name, kind (bool, int, float or str), is_optional
    (whether the value may be None), default: the field's own, see `declared`.
    """

    group: str
    help: str
    metavar: str = ""
    title: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    suggestions: Mapping[str, str] = field(default_factory=dict)
    several: bool = False
    range: Range | None = None
    words: tuple[str, ...] = ()
    is_optional: bool = False
    default_text: str = ""
    is_common: bool = False
    has_variable: bool = True
    is_late: bool = False
    off: str = ""
    name: str = ""
    kind: type = str
    default: Any = None

    @property
    def label(self) -> str:
        """The title as used within a sentence: `mix ratio`, `VOG pass`."""
        return self.title if self.title[:2].isupper() else self.title.lower()

    @property
    def option(self) -> str:
        """The option of the command line: `--mix-ratio`."""
        return f"--{self.name.replace('_', '-')}"

    @property
    def options(self) -> list[str]:
        """The option, and the options of its former names: `--recipe`, `--preset`."""
        return [self.option, *(f"--{former.replace('_', '-')}" for former in former_names(self.name))]

    @property
    def off_option(self) -> str:
        """The option that turns a flag off: `--no-freeze`."""
        return f"--{self.off or f'no-{self.option[2:]}'}"

    @property
    def variable(self) -> str | None:
        """The environment variable, if there is one: `ALC_MIX_RATIO`."""
        return f"ALC_{self.name.upper()}" if self.has_variable else None

    @property
    def is_flag(self) -> bool:
        """Whether the option takes no value."""
        return self.kind is bool

    @property
    def sentence(self) -> str:
        """The help with the values allowed: `Rate of label noise to inject, in [0, 1).`"""
        if self.choices:
            return f"{self.help}: {', '.join(self.choices)}."
        if self.range is not None and self.kind is float:
            words = "".join(f", or {word}" for word in self.words)
            return f"{self.help}, in {self.range}{words}."
        return f"{self.help}."

    @property
    def default_shown(self) -> str:
        """The default as text; "" for flags and settings without a default."""
        if self.default_text or self.is_flag or self.default is None:
            return self.default_text
        return f"{self.default:g}" if self.kind is float and self.default not in self.words else str(self.default)

    def is_implied(self, value: Any) -> bool:
        """Whether results and their ids leave out this value, so that they equal those from before the setting was
        added: the default of a setting that was added late."""
        return self.is_late and value == self.default

    def check(self, value: Any) -> None:
        """Raise UsageError unless the setting may have the value."""
        if value in self.words or (value is None and self.is_optional):
            return
        self._check_type(value)
        if self.choices:
            for name in split_names(value) if self.several else (value,):
                if not any(_is_prefixed(name, choice) for choice in self.choices):
                    check_choice(self.label.removesuffix("s") if self.several else self.label, name, self.choices)
        if self.range is not None:
            self.range.check(self.label, value)

    def _check_type(self, value: Any) -> None:
        kinds = (int, float) if self.kind is float else (self.kind,)
        if isinstance(value, kinds) and (self.is_flag or not isinstance(value, bool)):
            return
        wanted = _KINDS[self.kind] + ("" if self.range is None else f" in {self.range}")
        words = "".join(f" or {word}" for word in self.words)
        raise UsageError(f"{value!r} for {self.label} is of the wrong type; specify {wanted}{words}.")

    def parse(self, text: str, where: str) -> Any:
        """Parse a value; raises UsageError if it has the wrong type. where: its source, such as `ALC_LR`."""
        if self.is_flag:
            if text.lower() not in (*TRUE_WORDS, *FALSE_WORDS):
                raise UsageError(f"{where} is {text!r}; expected yes or no.")
            return text.lower() in TRUE_WORDS
        if self.kind is str or text in self.words:
            return text
        try:
            return self.kind(text)
        except ValueError as error:
            words = "".join(f" or {word}" for word in self.words)
            raise UsageError(f"{where} is {text!r}; expected {_KINDS[self.kind]}{words}.") from error


def declared(config: type) -> dict[str, Setting]:
    """The settings by name, read from the fields of a dataclass: each annotated with its type and a `Setting`."""
    settings: dict[str, Setting] = {}
    hints = get_type_hints(config, include_extras=True)
    for each in fields(config):
        plain, setting = hints[each.name].__origin__, hints[each.name].__metadata__[0]
        kinds = get_args(plain) or (plain,)
        settings[each.name] = replace(
            setting,
            name=each.name,
            kind=next(kind for kind in (bool, int, float, str) if kind in kinds),
            default=None if each.default is MISSING else each.default,
            is_optional=NoneType in kinds,
            title=setting.title or each.name.replace("_", " ").capitalize(),
        )
    return settings


def split_names(text: str | None) -> tuple[str, ...]:
    """The names in a text that separates them by commas."""
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())


def check_choice(what: str, value: object, known: Iterable[str]) -> None:
    """Raise UsageError, with the closest match as a hint, unless `value` is one of `known`."""
    names = tuple(known)
    if value not in names:
        near = difflib.get_close_matches(value, names, n=1) if isinstance(value, str) else []
        hint = f"did you mean {near[0]}?" if near else f"use one of {', '.join(names)}."
        raise UsageError(f"Unknown {what} {value!r}; {hint}")


def _is_prefixed(value: str, choice: str) -> bool:
    prefix, colon, _ = choice.partition(":")
    return bool(colon) and value.startswith(f"{prefix}:")
