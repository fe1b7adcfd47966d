"""A running viewer without an app, and what a browser asks it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import ClientResponse, ClientSession

from alc_tui.data.dataset import ImageSource
from alc_tui.data.images import FileImages
from alc_tui.session.labeling.facts import Fact
from alc_tui.session.labeling.items import Neighbor
from alc_tui.viewer.feed import Feed
from alc_tui.viewer.sample import ClassKey, Labels, RatedLabel, ViewedSample
from alc_tui.viewer.server import HEARTBEAT, Server

CLASSES = (ClassKey("1", "MEL"), ClassKey("2", "NV"))


def sample(
    position: int = 0,
    place: str = "round 1 of 2, image 1 of 5",
    hidden: bool = False,
    ahead: Sequence[int] = (),
    neighbors: Sequence[tuple[int, str]] = (),
    facts: Sequence[tuple[str, str]] = (),
    window: str = "",
) -> ViewedSample:
    near = tuple(Neighbor(*one) for one in neighbors)
    labels = Labels(RatedLabel("NV", 0.125), RatedLabel("MEL", 0.75), near)
    shown = tuple(Fact(*fact) for fact in facts)
    return ViewedSample(position, place, tuple(ahead), CLASSES, None if hidden else labels, shown, window)


def files(folder: Path, names: Sequence[str]) -> Callable[[], ImageSource]:
    images = FileImages(folder, names)
    return lambda: images


class Browser:
    """Asks the viewer; knows its address."""

    def __init__(self, session: ClientSession, address: str) -> None:
        self.session, self.address = session, address

    @property
    def origin(self) -> str:
        return self.address.rsplit("/", 2)[0]

    async def asks(self, path: str = "", method: str = "GET", **options: Any) -> ClientResponse:
        """The answer to a request for what lies below the address; `path` may be absolute."""
        url = self.origin + path if path.startswith("/") else self.address + path
        answer = await self.session.request(method, url, **options)
        await answer.read()
        return answer

    @asynccontextmanager
    async def follows(self) -> AsyncIterator[Messages]:
        """An open message stream."""
        async with self.session.get(self.address + "events") as answer:
            assert answer.status == 200
            yield Messages(answer)

    async def message(self) -> dict[str, Any]:
        """The current message."""
        async with self.follows() as messages:
            return await messages.next()


class Messages:
    """A message stream, as a browser reads it."""

    def __init__(self, answer: ClientResponse) -> None:
        self.answer = answer

    async def line(self) -> str:
        """The next line that is not empty; empty at the end."""
        while (line := await self.answer.content.readline()) == b"\n":
            pass
        return line.decode().strip()

    async def next(self) -> dict[str, Any]:
        line = await self.line()
        assert line.startswith("data: "), line
        found: dict[str, Any] = json.loads(line.removeprefix("data: "))
        return found


@asynccontextmanager
async def browsing(address: str) -> AsyncIterator[Browser]:
    async with ClientSession() as session:
        yield Browser(session, address)


@asynccontextmanager
async def serving(feed: Feed, heartbeat: float = HEARTBEAT) -> AsyncIterator[Browser]:
    """The viewer runs, and somebody has its address."""
    server = Server(feed, heartbeat)
    await server.start(0)
    try:
        async with browsing(server.address) as browser:
            yield browser
    finally:
        await server.stop()
