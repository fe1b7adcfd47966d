"""How images were shown last in a terminal of this kind, remembered from one run to the next.

Brightness, contrast and zoom are not: nobody should judge an image by adjustments of another day.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from alc_tui.data.files.atomic import write_whole
from alc_tui.tui.pictures.display import Display
from alc_tui.tui.pictures.drawing import PREVIEWS
from alc_tui.tui.pictures.framing import Size


def read(environment: Mapping[str, str], path: Path | None = None) -> dict[str, Any]:
    """`preview`, `smooth` and `largest`, as far as they are known. path: of the file, by default the user's."""
    return _checked(_read_all(path or _path()).get(_terminal(environment), {}))


def write(display: Display, environment: Mapping[str, str], path: Path | None = None) -> None:
    """Remember how images are shown; if that is not possible, the next run begins as usual."""
    path = path or _path()
    if path is None:
        return
    known = _read_all(path)
    known[_terminal(environment)] = {
        "preview": display.preview,
        "smooth": display.smooth,
        "largest": None if display.largest is None else list(display.largest),
    }
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(known, indent=1).encode())


def _path() -> Path | None:
    from platformdirs import user_state_path

    try:
        return user_state_path("alc") / "images.json"
    except RuntimeError:  # without a home folder
        return None


def _terminal(environment: Mapping[str, str]) -> str:
    """What tells terminals apart: another one may not show what this one shows."""
    return environment.get("TERM_PROGRAM") or environment.get("TERM", "")


def _read_all(path: Path | None) -> dict[str, Any]:
    with suppress(OSError, ValueError):
        known = {} if path is None else json.loads(path.read_bytes())
        return known if isinstance(known, dict) else {}
    return {}


def _checked(values: Any) -> dict[str, Any]:
    """Those values that this version knows."""
    if not isinstance(values, dict):
        return {}
    found: dict[str, Any] = {}
    if values.get("preview") in PREVIEWS:
        found["preview"] = values["preview"]
    if isinstance(values.get("smooth"), bool):
        found["smooth"] = values["smooth"]
    if "largest" in values and _is_size(values["largest"]):
        found["largest"] = _size(values["largest"])
    return found


def _is_size(value: Any) -> bool:
    is_pair = isinstance(value, list) and len(value) == 2
    return value is None or (is_pair and all(isinstance(one, int) and one > 0 for one in value))


def _size(value: Any) -> Size | None:
    return None if value is None else (value[0], value[1])
