"""Reads graphics back from what was written to a terminal, by decoders of their own."""

from __future__ import annotations

import re
from base64 import b64decode
from dataclasses import dataclass, field
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]

_KITTY = re.compile(r"\x1b_G([^;\x1b]*);?([^\x1b]*)\x1b\\")
_SIXEL = re.compile(r"\x1bP([\d;]*)q([^\x1b]*)\x1b\\")
_ITERM2 = re.compile(r"\x1b\]1337;File=([^:]*):([^\x07]*)\x07")
_MOVE = re.compile(r"\x1b\[(\d+);(\d+)H")
_TMUX = re.compile(r"\x1bPtmux;((?:[^\x1b]|\x1b\x1b)*)\x1b\\")
_ANY = re.compile("|".join(f"(?:{one.pattern})" for one in (_KITTY, _SIXEL, _ITERM2, _MOVE)) + r"|\x1b[78]")
_PLACEMENT = re.compile(r'"1;1;(\d+);(\d+)')
_SIXELS = re.compile(r"#(\d+)(?:;2;(\d+);(\d+);(\d+))?|!(\d+)([?-~])|([?-~])|(\$)|(-)")


@dataclass
class Drawn:
    """An image that a terminal was told to draw: its pixels, and the column and row of its corner, from 0."""

    protocol: str
    pixels: Pixels
    corner: tuple[int, int]
    controls: dict[str, str] = field(default_factory=dict)

    @property
    def cells(self) -> tuple[int, int]:
        """Columns and rows, as far as the protocol says them."""
        names = {"kitty": ("c", "r"), "iterm2": ("width", "height")}[self.protocol]
        return int(self.controls[names[0]]), int(self.controls[names[1]])


class Reader:
    """A terminal that remembers what it was told: the images drawn, in order, and the ids of those deleted."""

    def __init__(self, text: str = "") -> None:
        self.drawn: list[Drawn] = []
        self.deleted: list[str] = []
        self._cursor = self._saved = (0, 0)
        self._begun: dict[str, str] = {}
        self._data = ""
        for match in _ANY.finditer(text):
            self._read(match[0])

    def _read(self, sequence: str) -> None:
        if match := _KITTY.fullmatch(sequence):
            self._read_kitty(_controls(match[1], ","), match[2])
        elif match := _SIXEL.fullmatch(sequence):
            self.drawn.append(Drawn("sixel", sixels(match[2]), self._cursor))
        elif match := _ITERM2.fullmatch(sequence):
            controls, file = _controls(match[1], ";"), b64decode(match[2], validate=True)
            assert int(controls["size"]) == len(file)
            self.drawn.append(Drawn("iterm2", _decoded(file), self._cursor, controls))
        elif match := _MOVE.fullmatch(sequence):
            self._cursor = int(match[2]) - 1, int(match[1]) - 1
        elif sequence == "\x1b7":
            self._saved = self._cursor
        else:
            self._cursor = self._saved

    def _read_kitty(self, controls: dict[str, str], data: str) -> None:
        assert controls["q"] == "2", "the terminal would answer"
        if controls.get("a") == "d":
            self.deleted.append(controls["i"])
            return
        assert len(data) <= 4096 and (controls["m"] == "0" or len(data) % 4 == 0)
        self._begun, self._data = self._begun or controls, self._data + data
        if controls["m"] == "0":
            image = Drawn("kitty", _decoded(b64decode(self._data, validate=True)), self._cursor, self._begun)
            self.drawn.append(image)
            self._begun, self._data = {}, ""


def unwrapped(text: str) -> tuple[str, str]:
    """What tmux hands on to the terminal, and what is left for tmux itself."""
    outer = "".join(match[1].replace("\x1b\x1b", "\x1b") for match in _TMUX.finditer(text))
    return outer, _TMUX.sub("", text)


def sixels(body: str) -> Pixels:
    """The pixels of sixels: uint8[height, width, 3]."""
    placement = _PLACEMENT.match(body)
    assert placement is not None
    width, height = int(placement[1]), int(placement[2])
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    is_drawn = np.zeros((height, width), dtype=bool)
    colors: dict[int, tuple[int, ...]] = {}
    color = column = band = 0
    rest = body[placement.end() :]
    assert _SIXELS.sub("", rest) == ""
    for match in _SIXELS.finditer(rest):
        number, red, green, blue, count, repeated, single, back, down = match.groups()
        if number is not None:
            color = int(number)
            if red is not None:
                colors[color] = tuple(round(int(share) * 255 / 100) for share in (red, green, blue))
        elif back:
            column = 0
        elif down:
            column, band = 0, band + 6
        else:
            bits, length = ord(repeated or single) - ord("?"), int(count or 1)
            for row in range(6):
                if bits >> row & 1:
                    pixels[band + row, column : column + length] = colors[color]
                    is_drawn[band + row, column : column + length] = True
            column += length
            assert column <= width
    assert is_drawn.all()
    return pixels


def _controls(text: str, separator: str) -> dict[str, str]:
    return {name: value for name, _, value in (part.partition("=") for part in text.split(separator))}


def _decoded(file: bytes) -> Pixels:
    return np.asarray(Image.open(BytesIO(file)).convert("RGB"))
