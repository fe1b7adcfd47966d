"""Which files belong to the data of a folder, where links lead out of it."""

from __future__ import annotations

import os
from pathlib import Path

_MOST_LINKS = 40
"""How many links the system follows to resolve a path."""


class Containment:
    """Which targets of links belong to the data: those inside its folder, and those that its owner linked to."""

    def __init__(self, root: Path) -> None:
        self._root = os.path.realpath(root)
        self._owner = Path(root).stat().st_uid
        self._grounds = {self._root}

    def is_outside(self, target: str) -> bool:
        """Whether an absolute path without links is outside the data's folder."""
        return not is_below(target, self._root)

    def admit(self, link: str, target: str) -> bool:
        """Whether the link at the path `link` may lead to `target`, its real path; if so, what is below `target`
        belongs to the data. Every link of the data that is followed on the way out must be the owner's."""
        if self._is_known(target):
            return True
        followed = [each for each in _links_on(link) if self._is_known(os.path.dirname(each))]  # noqa: PTH120
        if any(os.lstat(each).st_uid != self._owner for each in followed):
            return False
        if os.path.isdir(target):  # noqa: PTH112
            self._grounds.add(target)
        return True

    def _is_known(self, path: str) -> bool:
        return any(is_below(path, ground) for ground in self._grounds)


def is_below(path: str, folder: str) -> bool:
    """Whether an absolute path is the folder or below it."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _links_on(path: str) -> list[str]:
    """The links that are followed to resolve an absolute path, each by its real folder and its name."""
    links: list[str] = []
    current, rest = os.sep, _reversed_parts(path)
    while rest and len(links) < _MOST_LINKS:
        name = rest.pop()
        if name == os.pardir:
            current = os.path.dirname(current)  # noqa: PTH120
        elif name not in ("", os.curdir):
            current = os.path.join(current, name)  # noqa: PTH118
        if os.path.islink(current):  # noqa: PTH114
            links.append(current)
            target = os.readlink(current)  # noqa: PTH115
            rest += _reversed_parts(target)
            current = os.sep if target.startswith(os.sep) else os.path.dirname(current)  # noqa: PTH120
    return links


def _reversed_parts(path: str) -> list[str]:
    return path.split(os.sep)[::-1]  # noqa: PTH206
