"""The web server of the viewer. It answers only on the loopback interface, only to those who know its secret, and only
with its page, the message stream, and the images that messages have named."""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, suppress
from pathlib import Path
from urllib.parse import quote

from aiohttp import web

from alc_tui.data.dataset import ImageSource
from alc_tui.data.images import BadImageError
from alc_tui.errors import AlcError
from alc_tui.viewer.feed import Feed
from alc_tui.viewer.images import EncodedImage, full_image, thumbnail

LOOPBACK = "127.0.0.1"
HEARTBEAT = 10.0
"""Seconds without a message after which the server checks whether the page is still there."""

_PAGE = Path(__file__).parent / "page"
_FILES = {
    "": ("index.html", "text/html"),
    "viewer.css": ("viewer.css", "text/css"),
    "viewer.js": ("viewer.js", "text/javascript"),
    "picture.js": ("picture.js", "text/javascript"),
}
"""What the page consists of, by the last part of the address."""
_HOST = re.compile(r"(127\.0\.0\.1|localhost)(:\d{1,5})?", re.IGNORECASE)
"""The hosts under which a browser may know the server, at any port of an SSH tunnel. A page of another site that gives
its own name this address (DNS rebinding) sends that name."""
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Server": "alc",
    "X-Content-Type-Options": "nosniff",
}
_THREADS = 2
_PATIENCE = 1.0
"""Seconds that requests have to end when the server stops."""

# Without a handler, Python would print errors of the server over the screen.
logging.getLogger("aiohttp").addHandler(logging.NullHandler())

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Encode = Callable[[ImageSource, int], EncodedImage]


class Server:
    """Serves the page to browsers on this computer."""

    def __init__(self, feed: Feed, heartbeat: float = HEARTBEAT) -> None:
        self._feed, self._heartbeat = feed, heartbeat
        self._secret = secrets.token_urlsafe(16)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="viewer")
        app = web.Application(middlewares=[self._guard])
        handlers: dict[str, Handler] = dict.fromkeys(_FILES, self._file) | {
            "events": self._events,
            "image/{token}": self._full_image,
            "thumbnail/{token}": self._thumbnail,
        }
        for path, handler in handlers.items():
            app.router.add_get(f"/{{secret}}/{path}", handler, allow_head=False)
        app.on_response_prepare.append(_add_headers)
        app.on_shutdown.append(self._end_messages)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_PATIENCE)
        self.port = 0

    @property
    def address(self) -> str:
        """Where the page is, with the secret."""
        return f"http://{LOOPBACK}:{self.port}/{self._secret}/"

    async def start(self, port: int) -> None:
        """Listen at a port, at a free one for 0; raises OSError if it cannot be used."""
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, LOOPBACK, port).start()
        except OSError:
            await self.stop()
            raise
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Stop listening, and end all connections."""
        await self._runner.cleanup()
        self._threads.shutdown(wait=False, cancel_futures=True)

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse whoever comes under another name or without the secret."""
        hosts = request.headers.getall("Host", [])
        if len(hosts) != 1 or not _HOST.fullmatch(hosts[0]):
            raise web.HTTPForbidden
        secret = request.path.removeprefix("/").partition("/")[0]
        if not secrets.compare_digest(secret.encode(errors="replace"), self._secret.encode()):
            raise web.HTTPNotFound
        return await handler(request)

    async def _file(self, request: web.Request) -> web.Response:
        name, kind = _FILES[request.path.rpartition("/")[2]]
        return web.Response(text=(_PAGE / name).read_text(encoding="utf-8"), content_type=kind, charset="utf-8")

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """The messages as server-sent events."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        async with aclosing(self._feed.messages(self._heartbeat)) as messages:
            with suppress(ConnectionResetError):  # the page is closed
                async for message in messages:
                    await response.write(b":\n\n" if message is None else f"data: {message}\n\n".encode())
        return response

    async def _full_image(self, request: web.Request) -> web.Response:
        window = request.query.get("window", "")
        return await self._image(request, lambda images, position: full_image(images, position, window))

    async def _thumbnail(self, request: web.Request) -> web.Response:
        return await self._image(request, thumbnail)

    async def _image(self, request: web.Request, encode: Encode) -> web.Response:
        named = self._feed.image(request.match_info["token"])
        if named is None:
            raise web.HTTPNotFound
        open_images, position = named
        try:
            encoded = await asyncio.get_running_loop().run_in_executor(
                self._threads, lambda: encode(open_images(), position)
            )
        except BadImageError as error:
            raise web.HTTPUnprocessableEntity(text=f"This image cannot be shown: {error}.") from error
        except AlcError as error:  # its message may name files
            raise web.HTTPServiceUnavailable(text="This image cannot be read now.") from error
        return web.Response(body=encoded.content, content_type=encoded.kind, headers=_window_headers(encoded))

    async def _end_messages(self, _app: web.Application) -> None:
        self._feed.end()


def _window_headers(image: EncodedImage) -> dict[str, str]:
    """The name of the window in which an image is seen and those of all, percent-encoded; none without windows."""
    if not image.windows:
        return {}
    names = [quote(name, safe="", errors="replace") for name in (image.window, *image.windows)]
    return {"X-Window": names[0], "X-Windows": ",".join(names[1:])}


async def _add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_HEADERS)
