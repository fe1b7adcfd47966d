"""A web server on loopback for the files of a folder, whose answers can be made to fail."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from alc_tui.data.paths import UrlPath


class FileServer:
    """url: of the folder. requests: (method, path) of each request. failures: statuses of the next answers, by path."""

    def __init__(self, url: UrlPath) -> None:
        self.url = url
        self.requests: list[tuple[str, str]] = []
        self.failures: dict[str, list[int]] = {}

    def reads(self, path: str) -> int:
        """How often an object was read."""
        return self.requests.count(("GET", path))


@contextmanager
def serving(folder: Path) -> Iterator[FileServer]:
    """Serve a folder for the duration of the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(folder)))
    served = FileServer(UrlPath(f"http://127.0.0.1:{server.server_address[1]}"))
    server.served = served  # type: ignore[attr-defined]
    thread = threading.Thread(target=partial(server.serve_forever, poll_interval=0.02), daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        if not self._fails():
            super().do_GET()

    def do_HEAD(self) -> None:
        if not self._fails():
            super().do_HEAD()

    def log_message(self, *_: Any) -> None:
        """Nothing: the tests look at `requests`."""

    def _fails(self) -> bool:
        served: FileServer = self.server.served  # type: ignore[attr-defined]
        path = unquote(self.path).removeprefix("/")
        served.requests.append((self.command, path))
        waiting = served.failures.get(path)
        if self.command == "GET" and waiting:
            self.send_error(waiting.pop(0))
            return True
        return False
