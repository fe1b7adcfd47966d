"""Tells the pages which sample is on the screen. For the thread of one event loop."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncGenerator, Callable

from alc_tui.data.dataset import ImageSource
from alc_tui.viewer.sample import ViewedSample, as_message

OpenImages = Callable[[], ImageSource]
NOTHING = json.dumps({"image": None})
"""The message that no sample is on the screen."""


class Feed:
    """The current message for the pages, and the images that they may ask for: those that messages have named."""

    def __init__(self) -> None:
        self._message = NOTHING
        self._sample: ViewedSample | None = None
        self._open_images: OpenImages | None = None
        self._tokens: dict[int, str] = {}
        self._positions: dict[str, int] = {}
        self._waiting: set[asyncio.Event] = set()
        self._run = 0

    def show(self, sample: ViewedSample, open_images: OpenImages) -> None:
        """Tell all pages that this sample is on the screen. open_images: where its image comes from."""
        if open_images != self._open_images:
            self._open_images = open_images
            self._tokens, self._positions = {}, {}
        self._sample = sample
        self._send(json.dumps(as_message(sample, self._token)))

    def leave(self, sample: ViewedSample | None) -> None:
        """Tell all pages that this sample is on the screen no more, unless another one is there by now."""
        if sample is not None and sample is self._sample:
            self._sample = None
            self._send(NOTHING)

    def image(self, token: str) -> tuple[OpenImages, int] | None:
        """Where the image with this name comes from, and its position; None if no message has named it."""
        position = self._positions.get(token)
        return None if position is None or self._open_images is None else (self._open_images, position)

    async def messages(self, heartbeat: float) -> AsyncGenerator[str | None, None]:
        """The current message, then each newer one until `end`; None after `heartbeat` seconds without any.

        A message that is replaced before it could be delivered is left out.
        """
        changed, run = asyncio.Event(), self._run
        changed.set()
        self._waiting.add(changed)
        try:
            while True:
                try:
                    async with asyncio.timeout(heartbeat):
                        await changed.wait()
                except TimeoutError:
                    yield None
                    continue
                changed.clear()
                if run != self._run:
                    return
                yield self._message
        finally:
            self._waiting.discard(changed)

    def end(self) -> None:
        """End the messages of all pages."""
        self._run += 1
        self._wake()

    def _send(self, message: str) -> None:
        self._message = message
        self._wake()

    def _wake(self) -> None:
        for changed in self._waiting:
            changed.set()

    def _token(self, position: int) -> str:
        """A name that tells nothing about the image, not even its place in the data."""
        if position not in self._tokens:
            token = secrets.token_urlsafe(12)
            self._tokens[position], self._positions[token] = token, position
        return self._tokens[position]
