"""`demo`: skin-lesion-like images made by the program, for a first session without a download.

Eight unequal classes (30 : 1) that differ in shape, border, color and texture, and shade into each other:
a rare class resembles a common one in part, so that it is easily taken for label noise. An image is drawn
from its class and number alone, always the same; nothing is stored.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from alc_tui.data.dataset import TEST, TRAIN, VAL, Dataset
from alc_tui.errors import UsageError

Field = NDArray[Any]
Color = tuple[float, float, float]

VERSION = 2
SIZE = 64
LARGEST, RATIO = 600, 30
VAL_PER_CLASS, TEST_PER_CLASS = 28, 70
OVERLAP = 0.4
TEXTURE_RANGE = (0.7, 1.2)
CRUST: Color = (226, 200, 152)
LOCATOR = re.compile(r"demo/([0-7])/(\d{5})")


@dataclass(frozen=True)
class Look:
    """What the lesions of one class look like on average; lengths in pixels, strengths from 0 to 1.

    like: the class it shades into.
    radius, stretch: size, and long axis over short axis.
    lobes, ragged, notches: how far the outline departs from an ellipse, as parts of the radius.
    softness: width of the border. core, rim: RGB in the middle and at the border.
    network, dots, streaks, crust: strengths of the textures.
    """

    like: int
    radius: float
    stretch: float
    lobes: float
    ragged: float
    notches: float
    softness: float
    core: Color
    rim: Color
    network: float = 0.0
    dots: float = 0.0
    streaks: float = 0.0
    crust: float = 0.0


LOOKS: dict[str, Look] = {
    "round-nevus": Look(1, 16, 1.1, 0.02, 0.04, 0.0, 0.9, (138, 86, 58), (160, 108, 78)),
    "net-nevus": Look(0, 18, 1.4, 0.04, 0.08, 0.0, 2.6, (146, 98, 68), (178, 130, 100), network=1.0),
    "pink-patch": Look(3, 18, 1.2, 0.05, 0.20, 0.0, 3.0, (204, 118, 112), (214, 142, 130)),
    "pale-crust": Look(2, 18, 1.2, 0.16, 0.06, 0.0, 1.2, (188, 140, 104), (172, 118, 88), crust=1.0),
    "dotted-nevus": Look(0, 16, 1.1, 0.02, 0.05, 0.0, 1.3, (158, 108, 78), (172, 122, 92), dots=1.0),
    "notched-dark": Look(1, 18, 1.3, 0.06, 0.16, 0.3, 1.2, (92, 58, 46), (124, 82, 62), network=0.5),
    "dark-star": Look(0, 15, 1.05, 0.02, 0.03, 0.0, 1.2, (52, 38, 46), (80, 58, 56), streaks=1.0),
    "blue-dot": Look(0, 12, 1.05, 0.02, 0.03, 0.0, 1.4, (94, 94, 112), (122, 114, 120)),
}
CLASSES = tuple(LOOKS)
BLENDED = tuple(field.name for field in fields(Look) if field.name != "like")

_AXIS = np.arange(SIZE, dtype=np.float32)
_X, _Y = np.meshgrid(_AXIS, _AXIS)


@dataclass(frozen=True)
class Outline:
    """Where the lesion lies: `depth` is the distance inside its border, `angle` that around its center."""

    x: float
    y: float
    radius: float
    depth: Field
    angle: Field


class DemoImages:
    """Images drawn on demand from locators such as `demo/2/00012`: class 2, number 12."""

    def __init__(self, locators: Sequence[str]) -> None:
        self._locators = tuple(locators)
        self._keys = tuple(_parse(locator) for locator in self._locators)

    def __len__(self) -> int:
        return len(self._locators)

    def read(self, index: int) -> Image.Image:
        """See `ImageSource.read`."""
        return Image.fromarray(render(*self._keys[index]))

    def token(self, index: int) -> str:
        """See `ImageSource.token`."""
        label, number = self._keys[index]
        return f"demo|{VERSION}|{label}|{number}"

    def locator(self, index: int) -> str:
        """See `ImageSource.locator`."""
        return self._locators[index]

    def path(self, index: int) -> Path | None:  # noqa: ARG002 - no image has a file
        """See `ImageSource.path`."""
        return None


def open_demo() -> Dataset:
    """The demo data set: always the same samples in the same, shuffled order."""
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


def render(label: int, number: int) -> NDArray[np.uint8]:
    """The image `number` of class `label`: uint8[64, 64, 3]."""
    rng = np.random.default_rng([VERSION, label, number])
    look = _look(rng, LOOKS[CLASSES[label]])
    outline = _outline(rng, look)
    image = _skin(rng)
    image = _paint_lesion(rng, image, look, outline)
    for _ in range(int(rng.integers(0, 3))):
        image = _hair(rng, image)
    image = _light(rng, image)
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)


def _parse(locator: str) -> tuple[int, int]:
    match = LOCATOR.fullmatch(locator)
    if match is None:
        raise UsageError(f"{locator!r} is no image of the demo data set: expected demo/CLASS/NUMBER.")
    return int(match[1]), int(match[2])


def _look(rng: np.random.Generator, look: Look) -> Look:
    """The look of one image: part of the way from its class to the one it shades into."""
    other = LOOKS[CLASSES[look.like]]
    part = OVERLAP * float(rng.random()) ** 1.5
    return replace(look, **{name: _mix(getattr(look, name), getattr(other, name), part) for name in BLENDED})


def _mix(one: Any, other: Any, part: float) -> Any:
    mixed = (1 - part) * np.asarray(one) + part * np.asarray(other)
    return tuple(mixed.tolist()) if mixed.ndim else float(mixed)


def _smooth(rng: np.random.Generator, cells: int) -> Field:
    """Smooth noise of unit variance: a random grid of `cells` by `cells`, scaled up."""
    grid = rng.standard_normal((cells, cells), dtype=np.float32)
    return np.asarray(Image.fromarray(grid).resize((SIZE, SIZE), Image.Resampling.BICUBIC))


def _blend(image: Field, color: Color | Field, amount: Field) -> Field:
    """`image` with `color` laid over it, `amount` 0 to 1 for each pixel."""
    return image + amount[..., None] * (np.asarray(color, dtype=np.float32) - image)


def _outline(rng: np.random.Generator, look: Look) -> Outline:
    x, y = SIZE / 2 + rng.uniform(-5, 5, 2)
    turn, phase = rng.uniform(0, 2 * math.pi, 2)
    radius = look.radius * rng.uniform(0.8, 1.2)
    stretch = math.sqrt(look.stretch * rng.uniform(0.95, 1.12))
    along = ((_X - x) * math.cos(turn) + (_Y - y) * math.sin(turn)) / stretch
    across = ((_Y - y) * math.cos(turn) - (_X - x) * math.sin(turn)) * stretch
    angle = np.arctan2(across, along)
    border = 1 + look.lobes * np.cos(rng.integers(3, 6) * angle + phase)
    for wave in range(2, 7):
        border += look.ragged * rng.normal(0, 0.45) * np.cos(wave * angle + rng.uniform(0, 2 * math.pi))
    border -= look.notches * np.maximum(np.cos(rng.integers(4, 7) * angle - phase), 0) ** 5
    depth = radius * border - np.hypot(along, across)
    return Outline(float(x), float(y), radius, depth.astype(np.float32), angle.astype(np.float32))


def _skin(rng: np.random.Generator) -> Field:
    tone = _mix((236, 196, 172), (206, 158, 130), float(rng.random()))
    base = np.asarray(tone, dtype=np.float32) + rng.normal(0, 3, 3).astype(np.float32)
    return base * (1 + 0.02 * _smooth(rng, 5) + 0.015 * _smooth(rng, 24))[..., None]


def _paint_lesion(rng: np.random.Generator, image: Field, look: Look, outline: Outline) -> Field:
    """Pigment inside the outline, then each texture the look has."""
    inside = 1 / (1 + np.exp(np.clip(-outline.depth / (look.softness * rng.uniform(0.8, 1.3)), -30, 30)))
    middle = np.clip(outline.depth / (0.8 * outline.radius) + 0.15 * _smooth(rng, 6), 0, 1)
    jitter = rng.normal(0, 4, 3) + rng.normal(0, 8)
    pigment = _blend(np.broadcast_to(look.rim, image.shape), look.core, middle)
    pigment = (pigment + jitter) * (1 + 0.05 * _smooth(rng, 9))[..., None]
    image = _blend(image, pigment, 0.95 * inside)
    strength = float(rng.uniform(*TEXTURE_RANGE))
    image = _darken(image, 0.4 * look.network * strength * inside * _network(rng))
    image = _darken(image, 0.6 * look.dots * strength * inside * _dots(rng, outline))
    image = _darken(image, 0.65 * look.streaks * strength * _streaks(rng, outline))
    return _blend(image, CRUST, 0.8 * look.crust * strength * inside * _crust(rng))


def _darken(image: Field, amount: Field) -> Field:
    darker: Field = image * (1 - np.minimum(amount, 0.85))[..., None]
    return darker


def _network(rng: np.random.Generator) -> Field:
    """A bent lattice of thin lines, as of pigment around pores."""
    turn, period = rng.uniform(0, math.pi), rng.uniform(6.5, 9)
    bend_x, bend_y = 1.2 * _smooth(rng, 6), 1.2 * _smooth(rng, 6)
    lines: Field = np.zeros_like(_X)
    for direction in (turn, turn + rng.uniform(1.2, 1.9)):
        wave = (_X + bend_x) * math.cos(direction) + (_Y + bend_y) * math.sin(direction)
        lines = np.maximum(lines, np.abs(np.cos(math.pi * wave / period)) ** 5)
    return lines


def _dots(rng: np.random.Generator, outline: Outline) -> Field:
    """Dark globules strewn over the lesion."""
    count = int(rng.integers(12, 22))
    far, turn = outline.radius * np.sqrt(rng.random(count)), rng.uniform(0, 2 * math.pi, count)
    width = rng.uniform(1.4, 2.2, count)[:, None]
    rows = np.exp(-(((_AXIS - (outline.y + far * np.sin(turn))[:, None]) / width) ** 2))
    columns = np.exp(-(((_AXIS - (outline.x + far * np.cos(turn))[:, None]) / width) ** 2))
    strewn: Field = np.minimum(rows.T @ columns, 1)
    return strewn


def _streaks(rng: np.random.Generator, outline: Outline) -> Field:
    """Rays that leave the border all around."""
    phase, bend = rng.uniform(0, 2 * math.pi, 2)
    wave = rng.integers(8, 11) * outline.angle + phase + 0.9 * np.sin(2 * outline.angle + bend)
    rays: Field = np.maximum(np.cos(wave), 0) ** 2 * np.exp(-(((outline.depth + 2) / 4) ** 2))
    return rays


def _crust(rng: np.random.Generator) -> Field:
    """Pale, sharp-edged flakes."""
    return np.clip(2.5 * (_smooth(rng, 12) - 0.25), 0, 1)


def _hair(rng: np.random.Generator, image: Field) -> Field:
    turn, bend = rng.uniform(0, 2 * math.pi), rng.uniform(-0.006, 0.006)
    along = (_X - SIZE / 2) * math.cos(turn) + (_Y - SIZE / 2) * math.sin(turn)
    across = (_Y - SIZE / 2) * math.cos(turn) - (_X - SIZE / 2) * math.sin(turn)
    off = across - rng.uniform(-26, 26) - bend * along**2
    return _darken(image, rng.uniform(0.3, 0.6) * np.exp(-((off / 0.6) ** 2)))


def _light(rng: np.random.Generator, image: Field) -> Field:
    """How bright and how warm the light is, its slope across the image, and the camera's noise."""
    gain = rng.normal(1, 0.05) * rng.normal(1, 0.012, 3)
    slope_x, slope_y = rng.normal(0, 0.05, 2)
    light = 1 + slope_x * (_X / SIZE - 0.5) + slope_y * (_Y / SIZE - 0.5)
    noise = 3 * rng.standard_normal((SIZE, SIZE, 1), dtype=np.float32)
    lit: Field = image * gain.astype(np.float32) * light[..., None].astype(np.float32) + noise
    return lit
