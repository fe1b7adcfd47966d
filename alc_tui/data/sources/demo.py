"""`demo`: synthetic images that resemble skin lesions, for a first session without downloads.

Eight imbalanced classes (30:1); `demo_drawing` renders the images on demand, and nothing is stored.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from alc_tui.data.dataset import TEST, TRAIN, VAL, Dataset
from alc_tui.data.sources.demo_drawing import CLASSES, VERSION, render
from alc_tui.errors import UsageError

LARGEST, RATIO = 600, 30
"""Training samples of the largest class, and its ratio to the smallest class."""
VAL_PER_CLASS, TEST_PER_CLASS = 28, 70
LOCATOR = re.compile(r"demo/([0-7])/(\d{5})")


class DemoImages:
    """Images drawn on demand from locators such as `demo/2/00012`: class 2, number 12."""

    def __init__(self, locators: Sequence[str]) -> None:
        self._locators = tuple(locators)
        self._numbers = tuple(_parse(locator) for locator in self._locators)

    def __len__(self) -> int:
        return len(self._locators)

    def read(self, index: int) -> Image.Image:
        """See `ImageSource.read`."""
        return Image.fromarray(render(*self._numbers[index]))

    def token(self, index: int) -> str:
        """See `ImageSource.token`."""
        label, number = self._numbers[index]
        return f"demo|{VERSION}|{label}|{number}"

    def locator(self, index: int) -> str:
        """See `ImageSource.locator`."""
        return self._locators[index]

    def path(self, index: int) -> Path | None:  # noqa: ARG002 - the images have no files
        """See `ImageSource.path`."""
        return None


def open_demo() -> Dataset:
    """The demo data set: always the same samples in the same shuffled order."""
    rows = [
        (label, number, part)
        for label, train in enumerate(train_profile())
        for number, part in enumerate(np.repeat((TRAIN, VAL, TEST), (train, VAL_PER_CLASS, TEST_PER_CLASS)).tolist())
    ]
    order = np.random.default_rng(VERSION).permutation(len(rows))
    labels, numbers, parts = np.array(rows, dtype=np.int64)[order].T
    locators = [f"demo/{label}/{number:05d}" for label, number in zip(labels, numbers, strict=True)]
    return Dataset(
        name="demo",
        classes=CLASSES,
        ids=tuple(f"demo-{position:05d}" for position in range(len(rows))),
        labels=labels.copy(),
        split=parts.astype(np.int8),
        images=DemoImages(locators),
        root=Path(),
        truth=labels.copy(),
    )


def train_profile() -> tuple[int, ...]:
    """Training samples of each class: exponential from `LARGEST` down to `LARGEST / RATIO`."""
    last = len(CLASSES) - 1
    return tuple(round(LARGEST * RATIO ** (-label / last)) for label in range(last + 1))


def _parse(locator: str) -> tuple[int, int]:
    match = LOCATOR.fullmatch(locator)
    if match is None:
        raise UsageError(f"{locator!r} is not an image of the demo data set; expected demo/CLASS/NUMBER.")
    return int(match[1]), int(match[2])
