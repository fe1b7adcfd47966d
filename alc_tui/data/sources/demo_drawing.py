"""Draws the images of `demo`: lesions that differ by class in shape, border, color and texture.

The classes overlap: a rare class partly resembles a common one, so that it is easily mistaken for label noise. An image
depends only on its class and number, so that it is always the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Field = NDArray[Any]
"""One value, or three, per pixel: float32[S, S] or float32[S, S, 3]."""
Color = tuple[float, float, float]

VERSION = 2
"""Incremented whenever the images change, to invalidate caches."""
SIZE = 64
"""Pixels per side."""
OVERLAP = 0.4
TEXTURE_RANGE = (0.7, 1.2)
CRUST: Color = (226, 200, 152)


@dataclass(frozen=True)
class Appearance:
    """The average appearance of a class's lesions; lengths in pixels, strengths from 0 to 1.

    similar_to: the class that it overlaps with.
    radius, stretch: size, and long axis over short axis.
    lobes, raggedness, notches: deviations of the outline from an ellipse, as fractions of the radius.
    softness: width of the border. core, rim: RGB at the center and at the border.
    network, dots, streaks, crust: strengths of the textures.
    """

    similar_to: int
    radius: float
    stretch: float
    lobes: float
    raggedness: float
    notches: float
    softness: float
    core: Color
    rim: Color
    network: float = 0.0
    dots: float = 0.0
    streaks: float = 0.0
    crust: float = 0.0


APPEARANCES: dict[str, Appearance] = {
    "round-nevus": Appearance(1, 16, 1.1, 0.02, 0.04, 0.0, 0.9, (138, 86, 58), (160, 108, 78)),
    "net-nevus": Appearance(0, 18, 1.4, 0.04, 0.08, 0.0, 2.6, (146, 98, 68), (178, 130, 100), network=1.0),
    "pink-patch": Appearance(3, 18, 1.2, 0.05, 0.20, 0.0, 3.0, (204, 118, 112), (214, 142, 130)),
    "pale-crust": Appearance(2, 18, 1.2, 0.16, 0.06, 0.0, 1.2, (188, 140, 104), (172, 118, 88), crust=1.0),
    "dotted-nevus": Appearance(0, 16, 1.1, 0.02, 0.05, 0.0, 1.3, (158, 108, 78), (172, 122, 92), dots=1.0),
    "notched-dark": Appearance(1, 18, 1.3, 0.06, 0.16, 0.3, 1.2, (92, 58, 46), (124, 82, 62), network=0.5),
    "dark-star": Appearance(0, 15, 1.05, 0.02, 0.03, 0.0, 1.2, (52, 38, 46), (80, 58, 56), streaks=1.0),
    "blue-dot": Appearance(0, 12, 1.05, 0.02, 0.03, 0.0, 1.4, (94, 94, 112), (122, 114, 120)),
}
CLASSES = tuple(APPEARANCES)
_BLENDED = tuple(field.name for field in fields(Appearance) if field.name != "similar_to")
_AXIS = np.arange(SIZE, dtype=np.float32)
_X, _Y = np.meshgrid(_AXIS, _AXIS)


@dataclass(frozen=True)
class Outline:
    """The lesion's position and outline, in pixels.

    depth: float32[S, S], distance from the border, negative outside. angle: float32[S, S], around its center.
    """

    x: float
    y: float
    radius: float
    depth: Field
    angle: Field


def render(label: int, number: int) -> NDArray[np.uint8]:
    """The image `number` of class `label`: uint8[64, 64, 3]."""
    rng = np.random.default_rng([VERSION, label, number])
    appearance = _vary(rng, APPEARANCES[CLASSES[label]])
    outline = _outline(rng, appearance)
    image = _skin(rng)
    image = _paint_lesion(rng, image, appearance, outline)
    for _ in range(int(rng.integers(0, 3))):
        image = _hair(rng, image)
    image = _light(rng, image)
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)


def _vary(rng: np.random.Generator, appearance: Appearance) -> Appearance:
    """The appearance of one image: interpolated at random between its class and the class that it overlaps with."""
    other = APPEARANCES[CLASSES[appearance.similar_to]]
    part = OVERLAP * float(rng.random()) ** 1.5
    return replace(
        appearance, **{name: _interpolate(getattr(appearance, name), getattr(other, name), part) for name in _BLENDED}
    )


def _interpolate(one: Any, other: Any, part: float) -> Any:
    mixed = (1 - part) * np.asarray(one) + part * np.asarray(other)
    return tuple(mixed.tolist()) if mixed.ndim else float(mixed)


def _smooth(rng: np.random.Generator, cells: int) -> Field:
    """Smooth noise of unit variance: a random grid of `cells` by `cells`, scaled up."""
    grid = rng.standard_normal((cells, cells), dtype=np.float32)
    return np.asarray(Image.fromarray(grid).resize((SIZE, SIZE), Image.Resampling.BICUBIC))


def _blend(image: Field, color: Color | Field, amount: Field) -> Field:
    """`image` blended with `color`; `amount` is in [0, 1] for each pixel."""
    return image + amount[..., None] * (np.asarray(color, dtype=np.float32) - image)


def _outline(rng: np.random.Generator, appearance: Appearance) -> Outline:
    x, y = SIZE / 2 + rng.uniform(-5, 5, 2)
    turn, phase = rng.uniform(0, 2 * math.pi, 2)
    radius = appearance.radius * rng.uniform(0.8, 1.2)
    stretch = math.sqrt(appearance.stretch * rng.uniform(0.95, 1.12))
    along = ((_X - x) * math.cos(turn) + (_Y - y) * math.sin(turn)) / stretch
    across = ((_Y - y) * math.cos(turn) - (_X - x) * math.sin(turn)) * stretch
    angle = np.arctan2(across, along)
    border = 1 + appearance.lobes * np.cos(rng.integers(3, 6) * angle + phase)
    for wave in range(2, 7):
        border += appearance.raggedness * rng.normal(0, 0.45) * np.cos(wave * angle + rng.uniform(0, 2 * math.pi))
    border -= appearance.notches * np.maximum(np.cos(rng.integers(4, 7) * angle - phase), 0) ** 5
    depth = radius * border - np.hypot(along, across)
    return Outline(float(x), float(y), radius, depth.astype(np.float32), angle.astype(np.float32))


def _skin(rng: np.random.Generator) -> Field:
    tone = _interpolate((236, 196, 172), (206, 158, 130), float(rng.random()))
    base = np.asarray(tone, dtype=np.float32) + rng.normal(0, 3, 3).astype(np.float32)
    return base * (1 + 0.02 * _smooth(rng, 5) + 0.015 * _smooth(rng, 24))[..., None]


def _paint_lesion(rng: np.random.Generator, image: Field, appearance: Appearance, outline: Outline) -> Field:
    """Pigment inside the outline, then the textures of the appearance."""
    inside = 1 / (1 + np.exp(np.clip(-outline.depth / (appearance.softness * rng.uniform(0.8, 1.3)), -30, 30)))
    middle = np.clip(outline.depth / (0.8 * outline.radius) + 0.15 * _smooth(rng, 6), 0, 1)
    jitter = rng.normal(0, 4, 3) + rng.normal(0, 8)
    pigment = _blend(np.broadcast_to(appearance.rim, image.shape), appearance.core, middle)
    pigment = (pigment + jitter) * (1 + 0.05 * _smooth(rng, 9))[..., None]
    image = _blend(image, pigment, 0.95 * inside)
    strength = float(rng.uniform(*TEXTURE_RANGE))
    image = _darken(image, 0.4 * appearance.network * strength * inside * _network(rng))
    image = _darken(image, 0.6 * appearance.dots * strength * inside * _dots(rng, outline))
    image = _darken(image, 0.65 * appearance.streaks * strength * _streaks(rng, outline))
    return _blend(image, CRUST, 0.8 * appearance.crust * strength * inside * _crust(rng))


def _darken(image: Field, amount: Field) -> Field:
    darker: Field = image * (1 - np.minimum(amount, 0.85))[..., None]
    return darker


def _network(rng: np.random.Generator) -> Field:
    """A curved lattice of thin lines, like a pigment network."""
    turn, period = rng.uniform(0, math.pi), rng.uniform(6.5, 9)
    bend_x, bend_y = 1.2 * _smooth(rng, 6), 1.2 * _smooth(rng, 6)
    lines: Field = np.zeros_like(_X)
    for direction in (turn, turn + rng.uniform(1.2, 1.9)):
        wave = (_X + bend_x) * math.cos(direction) + (_Y + bend_y) * math.sin(direction)
        lines = np.maximum(lines, np.abs(np.cos(math.pi * wave / period)) ** 5)
    return lines


def _dots(rng: np.random.Generator, outline: Outline) -> Field:
    """Dark globules scattered over the lesion."""
    count = int(rng.integers(12, 22))
    far, turn = outline.radius * np.sqrt(rng.random(count)), rng.uniform(0, 2 * math.pi, count)
    width = rng.uniform(1.4, 2.2, count)[:, None]
    rows = np.exp(-(((_AXIS - (outline.y + far * np.sin(turn))[:, None]) / width) ** 2))
    columns = np.exp(-(((_AXIS - (outline.x + far * np.cos(turn))[:, None]) / width) ** 2))
    scattered: Field = np.minimum(rows.T @ columns, 1)
    return scattered


def _streaks(rng: np.random.Generator, outline: Outline) -> Field:
    """Rays that radiate from the border."""
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
    distance = across - rng.uniform(-26, 26) - bend * along**2
    return _darken(image, rng.uniform(0.3, 0.6) * np.exp(-((distance / 0.6) ** 2)))


def _light(rng: np.random.Generator, image: Field) -> Field:
    """Apply random brightness, color temperature, illumination gradient, and camera noise."""
    gain = rng.normal(1, 0.05) * rng.normal(1, 0.012, 3)
    slope_x, slope_y = rng.normal(0, 0.05, 2)
    light = 1 + slope_x * (_X / SIZE - 0.5) + slope_y * (_Y / SIZE - 0.5)
    noise = 3 * rng.standard_normal((SIZE, SIZE, 1), dtype=np.float32)
    lit: Field = image * gain.astype(np.float32) * light[..., None].astype(np.float32) + noise
    return lit
