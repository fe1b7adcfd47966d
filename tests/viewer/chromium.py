"""Chromium without a window, driven by Selenium. Debian: `apt-get install chromium chromium-driver`."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from selenium import webdriver

BROWSER, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
MISSING = "Chromium and its driver are not installed (apt-get install chromium chromium-driver)"


def is_installed() -> bool:
    return BROWSER is not None and DRIVER is not None


@contextmanager
def chromium(width: int, height: int) -> Iterator[webdriver.Chrome]:
    """A window of this many pixels, with an empty profile."""
    assert BROWSER is not None, MISSING
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    try:
        driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
        )
        yield driver
    finally:
        driver.quit()


def errors(window: webdriver.Chrome) -> list[str]:
    """What the browser has complained about since the last call."""
    entries = window.get_log("browser")  # type: ignore[no-untyped-call]
    return [entry["message"] for entry in entries if entry["level"] == "SEVERE"]
