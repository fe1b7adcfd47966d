"""A folder in object storage or on a web server: its objects are listed and read, with retries."""

from __future__ import annotations

import posixpath
import re
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import quote, unquote

from alc_tui.data.images.errors import UnreadableFileError, is_out_of_resources, out_of_resources
from alc_tui.data.paths import UrlPath
from alc_tui.errors import UsageError

READERS = 32
"""How many objects are asked for at once: their latency is much longer than their transfer."""
PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Seconds before each further attempt at an object that cannot be read."""
_CHANGING = ("md5Hash", "Content-MD5", "Digest", "ETag", "LastModified", "Last-Modified", "updated", "mtime")
"""What changes with the content of an object, the most reliable first; stores and servers each have some."""
_OF_CONTENT = ("md5Hash", "Content-MD5", "Digest", "ETag")
"""Those of them that come from the content, so that equal ones mean equal contents."""
_TRANSIENT_STATUS = (408, 425, 429)
_ADDRESS = re.compile(r"\w+://\S+|[^\s/]*/\S+")
"""A URL or a path in the text of an error."""
T = TypeVar("T")


class Storage:
    """The objects below a URL. Their names are paths relative to it, with forward slashes.

    pauses: seconds before each further attempt, for tests. Raises UsageError if fsspec or its package for the URL's
    scheme is not installed.
    """

    def __init__(self, url: UrlPath, pauses: Sequence[float] = PAUSES) -> None:
        self.url, self._pauses = str(url), pauses
        self.is_web = self.url.startswith("http")
        try:
            from fsspec.core import url_to_fs

            self._files, self._root = url_to_fs(self.url)
        except ImportError as error:
            raise UsageError(f"To read {self.url}, run `pip install 'alc-tui[remote]'`.") from error

    def read(self, name: str) -> bytes:
        """The content of an object; raises `UnreadableFileError` if it is missing, or unreadable in every attempt."""
        content: bytes = self._attempt(lambda: self._files.cat_file(self._full(name)), name)
        return content

    def check(self) -> None:
        """Raise UsageError with the reason if the objects cannot be listed."""
        try:
            self.objects  # noqa: B018
        except UnreadableFileError as error:
            raise UsageError(
                f"{self.url} cannot be listed ({error}); check the address and your access to it."
            ) from error

    @cached_property
    def objects(self) -> Mapping[str, Mapping[str, Any]]:
        """What the storage tells about all objects below the URL, by name; raises `UnreadableFileError` if they cannot
        be listed. A web server must have index pages."""
        self._files.invalidate_cache()
        complete = {"on_error": "raise"} if self.is_web else {}  # the others list without walking
        found = self._attempt(lambda: self._files.find(self._root, detail=True, **complete))
        start = f"{self._root.rstrip('/')}/"
        named = {full[len(start) :]: facts for full, facts in found.items() if full.startswith(start)}
        return {unquote(name): facts for name, facts in named.items()} if self.is_web else named

    def versions(self, names: Sequence[str]) -> dict[str, str]:
        """What changes with the content of these objects, by name; without those that cannot be found."""
        try:
            known = {} if self.is_web else self.objects
        except UnreadableFileError:
            known = {}
        unknown = [name for name in names if name not in known] if not known else []
        with ThreadPoolExecutor(READERS) as pool:
            asked = dict(zip(unknown, pool.map(self._facts, unknown), strict=True))
        facts = {name: known.get(name) or asked.get(name) for name in names}
        return {name: _version(each) for name, each in facts.items() if each is not None}

    def checksum(self, name: str) -> str | None:
        """What the storage tells about the content of a listed object, the same for the same content; None if it tells
        nothing."""
        facts = self.objects[name]
        return next((f"{facts.get('size')}|{facts[key]}" for key in _OF_CONTENT if facts.get(key)), None)

    def _facts(self, name: str) -> Mapping[str, Any] | None:
        try:
            facts: Mapping[str, Any] = self._attempt(lambda: self._files.info(self._full(name)), name)
        except UnreadableFileError:
            return None
        return facts

    def _full(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{quote(name) if self.is_web else name}"

    def _attempt(self, work: Callable[[], T], name: str = "") -> T:
        """What the work on an object gives, after as many attempts as there are pauses, and one; raises
        `UnreadableFileError`, whose text does not name the object."""
        for pause in (*self._pauses, None):
            try:
                return work()
            except FileNotFoundError as error:
                raise UnreadableFileError("missing") from error
            except Exception as error:  # each package has its own errors
                if is_out_of_resources(error):
                    raise out_of_resources(error) from error
                if pause is None or not _is_transient(error):
                    raise UnreadableFileError(f"cannot be read: {_reason(error, name)}") from error
                time.sleep(pause)
        raise AssertionError("the last attempt returns or raises")


def _version(facts: Mapping[str, Any]) -> str:
    mark = next((str(facts[key]) for key in _CHANGING if facts.get(key) is not None), "")
    return f"{facts.get('size')}|{mark}"


def _is_transient(error: Exception) -> bool:
    """Whether another attempt may succeed; not where the answer is that of the storage itself."""
    status = getattr(error, "status", None)
    if isinstance(status, int):
        return status >= 500 or status in _TRANSIENT_STATUS
    return not isinstance(error, (PermissionError, IsADirectoryError, ValueError, TypeError, NotImplementedError))


def _reason(error: Exception, name: str) -> str:
    """Why, without addresses and the name of the object, which may tell its label."""
    status, message = (getattr(error, name, None) for name in ("status", "message"))
    if isinstance(status, int):
        return f"{status} {message or ''}".strip()
    text = getattr(error, "strerror", None) or _ADDRESS.sub("…", str(error))
    for part in {name, posixpath.basename(name)} - {""}:
        text = text.replace(part, "…")
    return " ".join(text.split())[:200] or type(error).__name__
