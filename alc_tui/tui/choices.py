"""How a person likes the app, from `alc.toml` in the working folder and the command line; it changes no result."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alc_tui.data.paths import expand_home
from alc_tui.errors import UsageError
from alc_tui.session.settings.config import choose
from alc_tui.session.settings.resolution import CONFIG_FILE, read_table
from alc_tui.text.format import plain
from alc_tui.tui.palette import DARK, THEMES
from alc_tui.tui.pictures.drawing import PREVIEWS
from alc_tui.tui.pictures.framing import Size
from alc_tui.tui.widgets.preview import LARGEST

GUIDELINE_FILES = ("GUIDELINE.md", "guideline.md")


@dataclass(frozen=True)
class Choices:
    """largest: columns and rows that an image may take. keys: by command id; class_keys: by class name. guideline: a
    markdown file on the classes, None for the data set's own. blind: begin blind, and stay so. second_pass: decide what
    others decided."""

    preview: str = PREVIEWS[0]
    theme: str = DARK.name
    largest: Size = LARGEST
    keys: Mapping[str, str] = field(default_factory=dict)
    class_keys: Mapping[str, str] = field(default_factory=dict)
    guideline: Path | None = None
    blind: bool = False
    second_pass: bool = False


def read(folder: Path, preview: str | None = None, **given: bool) -> Choices:
    """The tables [app], [keys] and [keys.classes] of `alc.toml` in `folder`, overruled by what was given.

    Raises UsageError for what is not known there.
    """
    path = folder / CONFIG_FILE
    app = read_table(path, "app")
    unknown = set(app) - {"preview", "theme", "largest", "guideline"}
    if unknown:
        known = "preview, theme, largest or guideline"
        raise UsageError(f"{path}: unknown setting {sorted(unknown)[0]!r} in [app]; use {known}.")
    keys = read_table(path, "keys")
    classes = keys.pop("classes", {})
    if not isinstance(classes, dict):
        raise UsageError(f"{path}: keys.classes is a value, not a table; write [keys.classes] and the keys below it.")
    style, theme = str(app.get("preview", PREVIEWS[0])), str(app.get("theme", DARK.name))
    choose(f"preview in [app] of {path}:", style, PREVIEWS)
    choose(f"theme in [app] of {path}:", theme, tuple(THEMES))
    if preview:
        choose("preview", preview, PREVIEWS)
    return Choices(
        preview or style,
        theme,
        _largest(app.get("largest"), path),
        _texts(keys, path),
        _texts(classes, path),
        _guideline(app.get("guideline"), folder),
        **given,
    )


def guideline(choices: Choices, data: Path) -> str | None:
    """The markdown on the classes: the one chosen, else the one that lies with the data; None if there is none.

    What would steer the terminal is spelled out in it. One that cannot be read is a sentence that says so.
    """
    beside = data if data.is_dir() else data.parent
    places = [choices.guideline] if choices.guideline else [beside / name for name in GUIDELINE_FILES]
    try:
        path = next((place for place in places if place.is_file()), None)
        text = "" if path is None else path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        text = f"The guideline cannot be read ({error.strerror}): {error.filename}"
    return "\n".join(plain(line) for line in text.expandtabs(4).splitlines()) or None


def _largest(value: Any, path: Path) -> Size:
    if value is None:
        return LARGEST
    match = re.fullmatch(r"(\d{1,4})x(\d{1,4})", str(value))
    if match is None or not all(map(int, match.groups())):
        raise UsageError(f"{path}: largest is {value!r}, not columns and rows such as '{LARGEST[0]}x{LARGEST[1]}'.")
    return int(match[1]), int(match[2])


def _guideline(value: Any, folder: Path) -> Path | None:
    if value is None:
        return None
    path = folder / expand_home(Path(str(value)))
    if not path.is_file():
        raise UsageError(f"{folder / CONFIG_FILE}: there is no guideline at {path}; mend [app] guideline.")
    return path


def _texts(table: Mapping[str, Any], path: Path, above: str = "") -> dict[str, str]:
    """Keys by name; a name with dots may be quoted or not."""
    found: dict[str, str] = {}
    for name, value in table.items():
        if isinstance(value, dict):
            found |= _texts(value, path, f"{above}{name}.")
        elif isinstance(value, str):
            found[above + name] = value
        else:
            example = f"\"{above}{name}\" = 's'"
            raise UsageError(f"{path}: {above}{name} is {value!r}, which is no key; quote it, such as {example}.")
    return found
