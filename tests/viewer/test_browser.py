"""The page in a real browser."""

from __future__ import annotations

import asyncio
import io
import time
from base64 import b64decode
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from selenium.webdriver import Chrome
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.support.select import Select

from alc_tui.viewer.feed import Feed, OpenImages
from alc_tui.viewer.sample import ViewedSample
from tests.data.images.samples import png
from tests.viewer.chromium import MISSING, chromium, errors, is_installed
from tests.viewer.watching import Browser, files, sample, serving

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not is_installed(), reason=MISSING)]

SIZE = (1100, 700)
COLORS = [(200, 0, 0), (0, 200, 0), (0, 0, 200), (120, 120, 120)]
_PIXELS = "return document.getElementById('picture').toDataURL('image/png')"
_CENTER = """
const canvas = document.getElementById("picture");
const pixels = canvas.getContext("2d").getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data;
return [...pixels].slice(0, 3);
"""


@pytest.fixture(scope="module")
def window() -> Iterator[Chrome]:
    with chromium(*SIZE) as window:
        yield window


@pytest.fixture
def images(tmp_path: Path) -> OpenImages:
    """Four images of one color each, then one of noise."""
    for number, color in enumerate(COLORS):
        Image.new("RGB", (90, 60), color).save(tmp_path / f"{number}.png")
    noise = np.random.default_rng(0).integers(256, size=(900, 1300, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "4.png")
    (tmp_path / "5.png").write_bytes(b"")
    return files(tmp_path, [f"{number}.png" for number in range(6)])


class Page:
    """The page in the window, and somebody who looks at it."""

    def __init__(self, window: Chrome, browser: Browser) -> None:
        self.window, self.address = window, browser.address

    async def opens(self) -> None:
        self.errors()
        await asyncio.to_thread(self.window.get, self.address)

    def errors(self) -> list[str]:
        """What the browser has complained about since the last call."""
        return errors(self.window)

    async def shows(self, is_so: Callable[[], bool]) -> None:
        """Wait until it is so."""
        deadline = time.monotonic() + 20
        while not await asyncio.to_thread(is_so):
            assert time.monotonic() < deadline, await self.text()
            await asyncio.sleep(0.02)

    async def text(self) -> str:
        found: str = await asyncio.to_thread(self.window.execute_script, "return document.body.innerText")
        return found

    async def reads(self, text: str) -> None:
        await self.shows(lambda: text in self.window.execute_script("return document.body.innerText"))

    async def presses(self, keys: str) -> None:
        await asyncio.to_thread(ActionChains(self.window).send_keys(keys).perform)

    def canvas(self) -> NDArray[np.uint8]:
        """The pixels on the canvas, before brightness and contrast."""
        content = b64decode(self.window.execute_script(_PIXELS).partition(",")[2])
        with Image.open(io.BytesIO(content)) as image:
            return np.asarray(image.convert("RGBA"))[..., :3]

    def center(self) -> tuple[int, ...]:
        return tuple(self.window.execute_script(_CENTER))

    def screenshot(self) -> NDArray[np.uint8]:
        with Image.open(io.BytesIO(self.window.get_screenshot_as_png())) as image:
            return np.asarray(image.convert("RGB"))

    async def sees(self, color: tuple[int, int, int]) -> None:
        await self.shows(lambda: self.center() == color)


@asynccontextmanager
async def viewing(window: Chrome, images: OpenImages, shown: ViewedSample) -> AsyncIterator[tuple[Page, Feed]]:
    """The page of a viewer that shows a sample, open in the browser, and what feeds it."""
    feed = Feed()
    feed.show(shown, images)
    async with serving(feed) as browser:
        page = Page(window, browser)
        await page.opens()
        yield page, feed


async def test_the_page_shows_what_is_on_the_screen_and_follows_it(window: Chrome, images: OpenImages) -> None:
    async with viewing(
        window, images, sample(0, "image 1 of 5", ahead=[1], neighbors=[(2, "near NV"), (3, "near MEL")])
    ) as (page, feed):
        await page.sees(COLORS[0])
        text = await page.text()
        for part in ("image 1 of 5", "1 MEL", "2 NV", "NV p 0.125", "MEL p 0.750", "near NV", "near MEL"):
            assert part in text
        feed.show(sample(1, "image 2 of 5"), images)
        await page.sees(COLORS[1])
        await page.reads("image 2 of 5")
        assert "near" not in await page.text()
        assert page.errors() == []


async def test_the_page_shows_the_case_data(window: Chrome, images: OpenImages) -> None:
    facts = [("age_approx", "55"), ("site", "<b>torso</b>")]
    async with viewing(window, images, sample(0, hidden=True, facts=facts)) as (page, feed):
        await page.sees(COLORS[0])
        shown = window.find_element("id", "facts").text.split("\n")
        assert [part.strip() for part in shown] == ["age", "about 55", "site", "<b>torso</b>"]
        feed.show(sample(1), images)
        await page.sees(COLORS[1])
        assert "torso" not in await page.text()
        assert page.errors() == []


async def test_in_blind_mode_the_page_has_only_the_class_keys(window: Chrome, images: OpenImages) -> None:
    async with viewing(window, images, sample(0, neighbors=[(2, "near")])) as (page, feed):
        await page.reads("near")
        feed.show(sample(1, hidden=True, neighbors=[(2, "near")]), images)
        await page.sees(COLORS[1])
        content = window.execute_script("return document.querySelector('aside').textContent")
        assert "hidden until you decide" in content
        assert not any(word in content for word in ("near ", "0.125", "0.75", "p 0"))
        assert (content.count("NV"), content.count("MEL")) == (1, 1)


async def test_space_shows_each_pixel_of_the_original(window: Chrome, images: OpenImages, tmp_path: Path) -> None:
    with Image.open(tmp_path / "4.png") as image:
        original = np.asarray(image)
    async with viewing(window, images, sample(4)) as (page, _):
        await page.shows(lambda: page.canvas().std() > 10)
        whole = page.canvas()
        await page.presses(" ")
        await page.reads("100 %")
        seen = page.canvas()
        height, width = seen.shape[:2]
        assert (width, height) < original.shape[1::-1]
        top, left = (original.shape[0] - height) // 2, (original.shape[1] - width) // 2
        around = original[top - 1 : top + height + 1, left - 1 : left + width + 1]
        places = [(y, x) for y in range(3) for x in range(3)]
        differences = [np.abs(around[y : y + height, x : x + width].astype(int) - seen).max() for y, x in places]
        assert min(differences) == 0
        await page.presses(" ")
        await page.shows(lambda: np.array_equal(page.canvas(), whole))


async def test_zoomed_in_pixels_have_edges_and_pan_moves_them(window: Chrome, images: OpenImages) -> None:
    async with viewing(window, images, sample(4)) as (page, _):
        await page.shows(lambda: page.canvas().std() > 10)
        await page.presses(" " + "+" * 8)
        await page.reads("596 %")
        seen = page.canvas()
        assert (seen[:, 1:] == seen[:, :-1]).all(axis=2).mean() > 0.7
        await page.presses("\ue014")
        await page.shows(lambda: not np.array_equal(page.canvas(), seen))
        await page.presses("\ue012")
        await page.shows(lambda: np.array_equal(page.canvas(), seen))


async def test_brightness_and_contrast_persist_until_they_are_reset(window: Chrome, images: OpenImages) -> None:
    def gray() -> float:
        return float(page.screenshot()[300:320, 400:420].mean())

    async with viewing(window, images, sample(3)) as (page, feed):
        await page.sees(COLORS[3])
        await page.shows(lambda: abs(gray() - 120) < 2)
        await page.presses("]]")
        await page.shows(lambda: gray() > 140)
        feed.show(sample(0), images)
        await page.sees(COLORS[0])
        feed.show(sample(3), images)
        await page.sees(COLORS[3])
        assert gray() > 140
        await page.presses("}}")
        await page.shows(lambda: gray() > 152)
        await page.presses("=")
        await page.shows(lambda: abs(gray() - 120) < 2)


@pytest.fixture
def scans(tmp_path: Path) -> OpenImages:
    """Two alike of 16 bits: 1000 at the left, 2000 at the right, 65,535 in two pixels; then one of 8 bits."""
    samples = np.full((64, 64), 1000, np.uint16)
    samples[:, 30:] = 2000
    samples[0, :2] = 65_535
    for name in ("first.png", "second.png"):
        (tmp_path / name).write_bytes(png(samples))
    Image.new("L", (64, 64), 120).save(tmp_path / "plain.png")
    return files(tmp_path, ["first.png", "second.png", "plain.png"])


TYPICAL, FULL = (255, 255, 255), (4, 4, 4)
"""The center of a scan in its windows: (2000 − 1000) / 64,535 · 255 is 4."""


async def test_the_page_lists_the_windows_and_a_key_or_a_choice_changes_them(window: Chrome, scans: OpenImages) -> None:
    async with viewing(window, scans, sample(0, ahead=[1])) as (page, feed):
        await page.sees(TYPICAL)
        choice = Select(window.find_element("id", "windows"))
        assert [option.text for option in choice.options] == ["typical range", "full range"]
        assert choice.first_selected_option.text == "typical range"
        await page.presses("+++")
        zoom = window.find_element("id", "zoom").text
        await page.presses("W")
        await page.sees(FULL)
        assert Select(window.find_element("id", "windows")).first_selected_option.text == "full range"
        assert window.find_element("id", "zoom").text == zoom
        feed.show(sample(1, "image 2"), scans)
        await page.reads("image 2")
        await page.sees(FULL)
        Select(window.find_element("id", "windows")).select_by_visible_text("typical range")
        await page.sees(TYPICAL)
        await page.presses("W")
        await page.sees(FULL)
        await page.presses("=")
        await page.sees(TYPICAL)
        assert page.errors() == []


async def test_the_page_follows_the_window_of_the_terminal_until_another_is_chosen(
    window: Chrome, scans: OpenImages
) -> None:
    async with viewing(window, scans, sample(0)) as (page, feed):
        await page.sees(TYPICAL)
        feed.show(sample(0, window="full range"), scans)
        await page.sees(FULL)
        await page.presses("W")
        await page.sees(TYPICAL)
        feed.show(sample(1, "image 2", window="full range"), scans)
        await page.reads("image 2")
        await page.sees(TYPICAL)
        feed.show(sample(1, "image 3"), scans)
        await page.reads("image 3")
        feed.show(sample(1, "image 3", window="full range"), scans)
        await page.sees(FULL)


async def test_an_image_with_8_bits_offers_no_windows(window: Chrome, scans: OpenImages) -> None:
    async with viewing(window, scans, sample(2, window="full range")) as (page, feed):
        await page.sees((120, 120, 120))
        assert not window.find_element("id", "voi").is_displayed()
        await page.presses("W")
        feed.show(sample(0, window="full range"), scans)
        await page.sees(FULL)
        assert window.find_element("id", "voi").is_displayed()
        assert page.errors() == []


async def test_an_image_that_cannot_be_shown_is_a_sentence(window: Chrome, images: OpenImages) -> None:
    async with viewing(window, images, sample(0)) as (page, feed):
        await page.sees(COLORS[0])
        feed.show(sample(5), images)
        await page.reads("This image cannot be shown: empty file.")
        assert not page.canvas().any()
        feed.show(sample(1), images)
        await page.sees(COLORS[1])
        assert "cannot be shown" not in await page.text()


async def test_once_the_viewer_stops_the_page_shows_nothing_and_says_why(window: Chrome, images: OpenImages) -> None:
    async with viewing(window, images, sample(0)) as (page, _):
        await page.sees(COLORS[0])
    await page.reads("The connection to alc is lost.")
    assert not page.canvas().any()
    assert "MEL" not in await page.text()


@pytest.mark.parametrize("scheme", ["dark", "light"])
async def test_the_page_follows_the_theme_of_the_system(window: Chrome, images: OpenImages, scheme: str) -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    window.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    async with serving(Feed()) as browser:
        page = Page(window, browser)
        await page.opens()
        await page.reads("No sample")
        brightness = page.screenshot()[10:60, 10:60].mean()
        assert (brightness > 200) == (scheme == "light")


@pytest.mark.parametrize("size", [(768, 1024), (390, 800), (1920, 1080)])
async def test_everything_is_in_view_on_a_tablet_a_telephone_and_a_screen(
    window: Chrome, images: OpenImages, size: tuple[int, int]
) -> None:
    metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": True}
    window.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    neighbored = sample(0, neighbors=[(1, "NV"), (2, "MEL"), (3, "NV"), (0, "NV")])
    try:
        async with viewing(window, images, neighbored) as (page, _):
            await page.sees(COLORS[0])
            width, height = window.execute_script(
                "return [document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
            )
            assert (width, height) <= size
            assert height <= size[1]
            shown = page.canvas()
            assert shown.shape[0] > size[1] / 4
    finally:
        window.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": SIZE[0], "height": SIZE[1], "deviceScaleFactor": 1, "mobile": False},
        )
