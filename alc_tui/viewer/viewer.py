"""The viewer as the app sees it: started and stopped at any time, it follows the sample on the screen."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING

from alc_tui.errors import AlcError, UsageError
from alc_tui.viewer.feed import Feed, OpenImages
from alc_tui.viewer.sample import ViewedSample

if TYPE_CHECKING:
    from alc_tui.viewer.server import Server


class Viewer:
    """Shows the sample on the screen to the pages in browsers while it runs. For the thread of one event loop."""

    def __init__(self, port: int = 0) -> None:
        """port: of the server; 0 for a free one."""
        self._port, self._feed = port, Feed()
        self._server: Server | None = None
        self._starting = asyncio.Lock()

    @property
    def server(self) -> Server | None:
        """The server while it runs."""
        return self._server

    async def start(self) -> Server:
        """Start the server, unless it runs.

        Raises UsageError if the package that it needs is not installed, AlcError if the port cannot be used.
        """
        async with self._starting:
            if self._server is None:
                try:
                    module = await asyncio.to_thread(import_module, "alc_tui.viewer.server")
                except ModuleNotFoundError as error:
                    raise UsageError(
                        f"The viewer needs {error.name}, which is not installed; run `pip install 'alc-tui[viewer]'`."
                    ) from error
                server: Server = module.Server(self._feed)
                try:
                    await server.start(self._port)
                except OSError as error:
                    raise AlcError(
                        f"The viewer cannot use port {self._port} ({error.strerror}); specify another with "
                        "--viewer-port, or none for a free one."
                    ) from error
                self._server = server
            return self._server

    async def stop(self) -> None:
        """Stop the server, if it runs; its address becomes invalid."""
        async with self._starting:
            server, self._server = self._server, None
            if server is not None:
                await server.stop()

    def show(self, sample: ViewedSample, open_images: OpenImages) -> None:
        """Show this sample, at once or as soon as the viewer runs. open_images: where its image comes from; called in a
        thread."""
        self._feed.show(sample, open_images)

    def leave(self, sample: ViewedSample | None) -> None:
        """This sample is on the screen no more."""
        self._feed.leave(sample)
