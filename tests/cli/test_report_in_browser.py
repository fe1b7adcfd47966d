"""The page of `alc session report` in a real browser."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from alc_tui.session.store.folder import SessionFolder
from tests.cli.person import Alc
from tests.cli.test_report import labeled
from tests.viewer.chromium import MISSING, chromium, errors, is_installed

__all__ = ["labeled"]

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not is_installed(), reason=MISSING)]

SIZE = (1000, 900)


@pytest.fixture(scope="module")
def window() -> Iterator[Chrome]:
    with chromium(*SIZE) as window:
        yield window


@pytest.fixture
def page(alc: Alc, labeled: SessionFolder, window: Chrome) -> Chrome:
    """The report of a session with one finished round, open in the window."""
    assert alc("session", "report", "--to", "report.html").code == 0
    errors(window)
    window.get(Path("report.html").absolute().as_uri())
    return window


def pixels(part: WebElement) -> NDArray[np.int64]:
    """Its screenshot."""
    with Image.open(io.BytesIO(part.screenshot_as_png)) as image:
        return np.asarray(image.convert("RGB")).astype(np.int64)


def ground(seen: NDArray[np.int64]) -> NDArray[np.int64]:
    """The most frequent color."""
    colors, counts = np.unique(seen.reshape(-1, 3), axis=0, return_counts=True)
    most: NDArray[np.int64] = colors[counts.argmax()]
    return most


def contrast(seen: NDArray[np.int64]) -> int:
    """The largest difference to the ground, in one channel."""
    return int(np.abs(seen - ground(seen)).max())


def test_the_browser_has_no_complaint_and_fetches_nothing(page: Chrome) -> None:
    assert errors(page) == []
    names = page.execute_script("return performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert [name for name in names if not name.startswith("data:")] == []


def test_each_section_has_its_tables(page: Chrome) -> None:
    tables = {
        section.find_element(By.TAG_NAME, "h2").text: [
            len(table.find_elements(By.CSS_SELECTOR, "tbody tr"))
            for table in section.find_elements(By.TAG_NAME, "table")
            if table.is_displayed()
        ]
        for section in page.find_elements(By.TAG_NAME, "section")
    }
    assert tables["Scores on the test set"] == [3]
    assert tables["Labels"][1] == 3
    rounds, ledger = tables["Costs"]
    assert rounds == 2 and ledger > 8
    assert all(tables["Session"]) and all(tables["Agreement"])
    settings = page.find_element(By.TAG_NAME, "details")
    assert "vog_window" not in settings.text
    settings.find_element(By.TAG_NAME, "summary").click()
    assert "vog_window" in settings.text


def test_the_changed_labels_are_seen(page: Chrome) -> None:
    shown = page.find_elements(By.CSS_SELECTOR, "figure img")
    assert len(shown) == 2
    for image in shown:
        assert page.execute_script("return [arguments[0].naturalWidth, arguments[0].naturalHeight]", image) == [24, 18]
        assert image.size["width"] > 100


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_curve_stand_out_in_both_themes(page: Chrome, scheme: str) -> None:
    page.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    try:
        heading, curve = pixels(page.find_element(By.TAG_NAME, "h1")), pixels(page.find_element(By.TAG_NAME, "svg"))
        assert (ground(heading).mean() > 200) == (ground(curve).mean() > 200) == (scheme == "light")
        assert (ground(heading).mean() < 60) == (scheme == "dark")
        assert contrast(heading) > 150
        assert contrast(curve) > 100
        blue = (curve[..., 2] - curve[..., 0] > 80).sum(axis=0)
        assert (blue[80:600] > 0).all(), "the curve has a gap"
    finally:
        page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_on_a_telephone_only_tables_scroll_sideways(page: Chrome) -> None:
    metrics = {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        assert page.execute_script("return document.documentElement.scrollWidth") <= 390
    finally:
        metrics = {"width": SIZE[0], "height": SIZE[1], "deviceScaleFactor": 1, "mobile": False}
        page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
