"""Makes the picture of the viewer: its page in Chromium, with an image of the demo data."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
from selenium.webdriver import Chrome
from selenium.webdriver.support.wait import WebDriverWait

from alc_tui.data.sources.demo import open_demo
from alc_tui.session.labeling.facts import Fact
from alc_tui.session.labeling.items import Neighbor
from alc_tui.tui.keys import class_keys
from alc_tui.viewer.feed import Feed
from alc_tui.viewer.sample import ClassKey, Labels, RatedLabel, ViewedSample
from alc_tui.viewer.server import Server
from tests.viewer.chromium import chromium

SIZE = (1400, 820)
GIVEN, SUGGESTED = 1, 4
"""The class of the given label, and that of the image and the suggestion."""
_IS_SHOWN = "return document.getElementById('zoom').value && [...document.images].every((one) => one.complete)"


def take_viewer_picture(path: Path) -> None:
    """Save the page as a PNG file."""
    asyncio.run(_take_viewer_picture(path))


async def _take_viewer_picture(path: Path) -> None:
    dataset = open_demo()
    names = dataset.classes
    shown, *near = np.flatnonzero(dataset.labels == SUGGESTED)[:5].tolist()
    sample = ViewedSample(
        position=shown,
        place="round 1 of 3, image 12 of 90",
        ahead=(),
        classes=tuple(ClassKey(key, name) for key, name in zip(class_keys(names), names, strict=True)),
        labels=Labels(
            RatedLabel(names[GIVEN], 0.082),
            RatedLabel(names[SUGGESTED], 0.641),
            tuple(Neighbor(position, names[SUGGESTED]) for position in near),
        ),
        facts=(Fact("age", "55"), Fact("site", "anterior torso")),
    )
    feed = Feed()
    feed.show(sample, lambda: dataset.images)
    server = Server(feed)
    await server.start(0)
    try:
        await asyncio.to_thread(_take_screenshot, server.address, path)
    finally:
        await server.stop()


def _take_screenshot(address: str, path: Path) -> None:
    with chromium(*SIZE) as window:
        _prefer_dark(window)
        window.get(address)
        WebDriverWait(window, 20).until(lambda _: window.execute_script(_IS_SHOWN))
        path.write_bytes(window.get_screenshot_as_png())


def _prefer_dark(window: Chrome) -> None:
    dark = {"name": "prefers-color-scheme", "value": "dark"}
    window.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [dark]})
