"""Paths as users type them: with `~` for the home directory, or as the URL of a folder in object storage."""

from __future__ import annotations

import re
from pathlib import Path, PosixPath

SCHEMES = ("s3", "gs", "https", "http")
_URL = re.compile(rf"({'|'.join(SCHEMES)}):/+(?=[^/])")


class UrlPath(PosixPath):
    """A folder or object below a URL such as `s3://bucket/folder`: a path that is in no file system, always absolute.

    Made by `location`. Its parts are those of the URL; questions about files are answered as for a missing one.
    """

    def __str__(self) -> str:
        return _URL.sub(r"\1://", super().__str__(), count=1)

    def absolute(self) -> UrlPath:
        """Itself."""
        return self


def location(text: str | Path) -> Path:
    """The path that a text means, a `UrlPath` for a URL, even one that lost a slash as an ordinary path."""
    return UrlPath(text) if _URL.match(str(text)) else Path(text)


def expand_home(path: Path) -> Path:
    """The path with a leading `~` replaced by the user's home folder; unchanged if the user does not exist."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path
