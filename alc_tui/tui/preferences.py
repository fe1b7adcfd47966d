"""User preferences for the app, from `alc.toml` and the command line; they do not affect results."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alc_tui.data.paths import expand_home
from alc_tui.errors import UsageError
from alc_tui.session.settings.files import config_files, read_table
from alc_tui.session.settings.setting import check_choice
from alc_tui.text.format import plain
from alc_tui.tui import remembered
from alc_tui.tui.palette import DARK, THEMES
from alc_tui.tui.pictures.display import Display
from alc_tui.tui.pictures.drawing import PREVIEWS
from alc_tui.tui.pictures.framing import Size
from alc_tui.tui.terminal.notification import BELL, MANNERS

LAST_PORT = 65_535
GUIDELINE_FILES = ("GUIDELINE.md", "guideline.md")
NO_GUIDELINE = "There is no guideline. Put a `GUIDELINE.md` next to the data, or name a file in `alc.toml`."


@dataclass(frozen=True)
class Preferences:
    """largest: columns and rows that an image may take, None for all the space there is. smooth: see `PreviewMode`.
    keep_zoom: whether the zoom stays set for the next image. keys: by command id; class_keys: by class name.
    guideline: a Markdown file about the classes, None for the data set's own. blind: always hide labels until decided.
    second_pass: label samples that others have decided. viewer: start the viewer with the session. viewer_port: its
    port, 0 for a free one. notify: how somebody is called when a training has ended. is_preview_remembered: whether the
    preview is only the one of the last time."""

    preview: str = PREVIEWS[0]
    theme: str = DARK.name
    largest: Size | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    class_keys: Mapping[str, str] = field(default_factory=dict)
    guideline: Path | None = None
    blind: bool = False
    second_pass: bool = False
    viewer: bool = False
    viewer_port: int = 0
    smooth: bool = True
    keep_zoom: bool = False
    notify: str = BELL
    is_preview_remembered: bool = False

    def display(self) -> Display:
        """How images are shown at first."""
        return Display(self.preview, self.smooth, self.largest, keep_zoom=self.keep_zoom)


def read(
    folder: Path, preview: str | None = None, viewer_port: int | None = None, viewer: bool = False, **options: bool
) -> Preferences:
    """The tables [app], [keys] and [keys.classes] of `alc.toml` in `folder`, then the user-level file; the variable
    ALC_PREVIEW and then options take precedence. What none of them sets is as it was last in this kind of terminal. A
    port on the command line starts the viewer, too.

    Raises UsageError for an unknown setting or an invalid value.
    """
    if preview:
        check_choice("preview", preview, PREVIEWS)
    values: dict[str, Any] = {"keys": {}, "class_keys": {}}
    for path in reversed(config_files(folder, os.environ).values()):
        keys, class_keys = _read_keys(path)
        values |= _read_app(path)
        values |= {"keys": values["keys"] | keys, "class_keys": values["class_keys"] | class_keys}
    if chosen := preview or _preview_of_environment():
        values["preview"] = chosen
    if viewer_port is not None:
        values["viewer_port"] = viewer_port
    if viewer or viewer_port is not None:
        values["viewer"] = True
    known = remembered.read(os.environ)
    is_remembered = "preview" in known and "preview" not in values
    return Preferences(**{**known, **values, **options}, is_preview_remembered=is_remembered)


def _read_app(path: Path) -> dict[str, Any]:
    """The values that the table [app] of a file sets, by field of `Preferences`."""
    table = read_table(path, "app")
    unknown = sorted(set(table) - set(_PARSERS))
    if unknown:
        *others, last = _PARSERS
        raise UsageError(f"{path}: unknown setting {unknown[0]!r} in [app]; use {', '.join(others)} or {last}.")
    return {name: _PARSERS[name](value, path) for name, value in table.items()}


def _read_keys(path: Path) -> tuple[dict[str, str], dict[str, str]]:
    """The keys that a file sets, by command and by class."""
    keys = read_table(path, "keys")
    classes = keys.pop("classes", {})
    if not isinstance(classes, dict):
        raise UsageError(f"{path}: keys.classes is a value, not a table; write [keys.classes] and the keys below it.")
    return _texts(keys, path), _texts(classes, path)


def guideline(preferences: Preferences, data: Path) -> str | None:
    """The guideline about the classes in Markdown: the configured one, else the one next to the data, else None.
    Control characters are escaped. If the file cannot be read, returns an error message.
    """
    beside = data if data.is_dir() else data.parent
    places = [preferences.guideline] if preferences.guideline else [beside / name for name in GUIDELINE_FILES]
    try:
        path = next((place for place in places if place.is_file()), None)
        text = "" if path is None else path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        text = f"The guideline cannot be read ({error.strerror}): {error.filename}"
    return "\n".join(plain(line) for line in text.expandtabs(4).splitlines()) or None


def _preview_of_environment() -> str:
    chosen = os.environ.get("ALC_PREVIEW", "")
    if chosen:
        check_choice("ALC_PREVIEW", chosen, PREVIEWS)
    return chosen


def _preview(value: Any, path: Path) -> str:
    check_choice(f"preview in [app] of {path}:", str(value), PREVIEWS)
    return str(value)


def _theme(value: Any, path: Path) -> str:
    check_choice(f"theme in [app] of {path}:", str(value), THEMES)
    return str(value)


def _notify(value: Any, path: Path) -> str:
    check_choice(f"notify in [app] of {path}:", str(value), MANNERS)
    return str(value)


def _largest(value: Any, path: Path) -> Size:
    match = re.fullmatch(r"(\d{1,4})x(\d{1,4})", str(value))
    if match is None or not all(map(int, match.groups())):
        raise UsageError(
            f"{path}: largest is {value!r}; expected columns and rows such as '80x40'; omit it for all the space."
        )
    return int(match[1]), int(match[2])


def _yes_or_no(name: str) -> Callable[[Any, Path], bool]:
    def parse(value: Any, path: Path) -> bool:
        if not isinstance(value, bool):
            raise UsageError(f"{path}: {name} is {value!r}; expected true or false.")
        return value

    return parse


def _viewer_port(value: Any, path: Path) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LAST_PORT:
        raise UsageError(
            f"{path}: viewer_port is {value!r}; expected an integer in [0, {LAST_PORT}], 0 for a free port."
        )
    return value


def _guideline(value: Any, path: Path) -> Path:
    file = path.parent / expand_home(Path(str(value)))
    if not file.is_file():
        raise UsageError(f"{path}: no guideline found at {file}; correct `guideline` in [app].")
    return file


_PARSERS: dict[str, Callable[[Any, Path], Any]] = {
    "preview": _preview,
    "theme": _theme,
    "largest": _largest,
    "guideline": _guideline,
    "smooth": _yes_or_no("smooth"),
    "keep_zoom": _yes_or_no("keep_zoom"),
    "viewer": _yes_or_no("viewer"),
    "viewer_port": _viewer_port,
    "notify": _notify,
}
"""The settings of the table [app], with functions that check and convert their values."""


def _texts(table: Mapping[str, Any], path: Path, above: str = "") -> dict[str, str]:
    """Keys by name; dotted names may be quoted or unquoted."""
    found: dict[str, str] = {}
    for name, value in table.items():
        if isinstance(value, dict):
            found |= _texts(value, path, f"{above}{name}.")
        elif isinstance(value, str):
            found[above + name] = value
        else:
            example = f"\"{above}{name}\" = 's'"
            raise UsageError(
                f"{path}: {above}{name} is {value!r}, which is not a key; write a quoted string, as in {example}."
            )
    return found
