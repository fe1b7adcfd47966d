"""The form for a new session as text fields, and the equivalent command. Independent of widgets."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from alc_tui.data.dataset_names import DATASETS
from alc_tui.data.paths import expand_home, location
from alc_tui.errors import UsageError
from alc_tui.session.create import new_session_folder
from alc_tui.session.settings.config import SETTINGS, Config
from alc_tui.session.settings.resolution import resolve
from alc_tui.session.settings.setting import Setting
from alc_tui.session.store.folder import store_path

YES = "yes"
_QUOTED = 3
"""Characters of a text at least by which an error that quotes it is recognized."""
NAME = "name"
"""The one field that is not a setting: the name of the session."""


@dataclass(frozen=True)
class Field:
    """A line of the form.

    choices: allowed values, each with the extra input it needs (`PATH` for `folder:`, else empty); if empty, any text.
    nothing: placeholder if the setting has no value. hints: help for specific choices.
    """

    name: str
    title: str
    hint: str
    choices: Mapping[str, str] = field(default_factory=dict)
    nothing: str = ""
    hints: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_flag(self) -> bool:
        """Whether the command-line option takes no value."""
        return tuple(self.choices) == (YES,)

    def hint_for(self, text: str) -> str:
        """The hint for this input."""
        return next((hint for choice, hint in self.hints.items() if text.startswith(choice)), self.hint)


def _field_of(setting: Setting) -> Field:
    """The field of a setting, as it is declared."""
    if setting.is_flag:
        return Field(setting.name, setting.title, setting.sentence, {YES: ""})
    choices, hints = {}, {}
    for name, meaning in ({} if setting.several else setting.choices).items():
        prefix, colon, beside = name.partition(":")
        choices[prefix + colon] = beside
        hints[prefix + colon] = f"{name}: {meaning}"
    longest_first = dict(sorted(hints.items(), reverse=True))
    return Field(setting.name, setting.title, setting.sentence, choices, setting.default_text, longest_first)


_FIELDS = {name: _field_of(setting) for name, setting in SETTINGS.items()}
_DATASET = replace(
    _field_of(replace(SETTINGS["dataset"], choices=DATASETS)),
    hint="Press Enter to open the list; use folder: and csv: for your own folders and tables.",
    nothing="required",
)
_NAME = Field(
    NAME,
    "Name",
    "Name of the session: letters, digits, dots, dashes, and underscores.",
    nothing="derived from the data set",
)

COMMON = (
    _DATASET,
    _NAME,
    *(_FIELDS[name] for name, setting in SETTINGS.items() if setting.is_common and name != "dataset"),
)
MORE = tuple(_FIELDS[name] for name, setting in SETTINGS.items() if not setting.is_common)
FIELDS = (*COMMON, *MORE)


@dataclass(frozen=True)
class NewSessionRequest:
    """A request for a new session. texts: input by field, empty if omitted."""

    store: Path
    texts: Mapping[str, str]

    @property
    def name(self) -> str | None:
        """The session's name, None for a name made from the data set."""
        return self.texts.get(NAME) or None

    def skipping_bad(self) -> NewSessionRequest:
        """The same request, skipping unreadable images."""
        return replace(self, texts={**self.texts, "skip_bad": YES})

    def resolve(self, environment: Mapping[str, str], folder: Path) -> tuple[Config, dict[str, str]]:
        """As the command line does, see `settings.resolve`; raises UsageError for a name that is taken, too."""
        for each in FIELDS:
            text = self.texts.get(each.name, "")
            if text.endswith(":") and text in each.choices:
                raise UsageError(f"{each.title}: {text} must be followed by a {each.choices[text]}.")
        resolved = resolve(self._options(), environment, folder)
        if self.name is not None:
            new_session_folder(self.store, self.name)
        return resolved

    def field_of(self, error: str) -> str:
        """The name of the field that an error is about: the one with whose title it begins, whose text it quotes, or
        whose option or title it names, preferably one that is filled in; else the data set."""
        filled = [each for each in FIELDS if self._text(each)]
        by_title = sorted((*filled, *FIELDS), key=lambda each: -len(each.title))
        titled = [each for each in by_title if error.startswith(each.title)]
        quoted = [each for each in filled if len(self._text(each)) >= _QUOTED and self._text(each) in error]
        optional = [each for each in (*filled, *FIELDS) if f"--{each.name.replace('_', '-')}" in error]
        named = [each for each in by_title if f" {each.title.casefold()} " in error.casefold()]
        return next((each.name for each in (*titled, *quoted, *optional, *named)), _DATASET.name)

    def command(self) -> str:
        """The equivalent command for a shell in this folder."""
        words = ["alc", "session", "new"]
        for each in FIELDS:
            text = self._text(each)
            if text:
                words += [f"--{each.name.replace('_', '-')}"] + ([] if each.is_flag else [text])
        if self.store.absolute() != store_path().absolute():
            words += ["--store", str(self.store)]
        return shlex.join(words)

    def _options(self) -> dict[str, Any]:
        given = [(each, self._text(each)) for each in FIELDS if each.name != NAME]
        return {each.name: SETTINGS[each.name].parse(text, each.title) for each, text in given if text}

    def _text(self, each: Field) -> str:
        text = self.texts.get(each.name, "")
        return _absolute(text) if text and each.name == "data_root" else text


def _absolute(text: str) -> str:
    """A folder as an absolute path, or a URL."""
    with suppress(RuntimeError):  # an unknown user in ~user: keep the path as is
        return str(expand_home(location(text)).absolute())
    return str(Path(text).absolute())


def placeholder(each: Field, config: Config, origins: Mapping[str, str]) -> str:
    """The effective value of an empty field, and its origin."""
    if each.name == NAME:
        return each.nothing
    value = getattr(config, each.name)
    if value in (None, ""):
        return each.nothing
    text = f"{value:g}" if isinstance(value, float) else str(value)
    if each.is_flag:
        text = YES if value else "no"
    return f"{text} ({origins[each.name]})"
