"""Ways to damage a file: bytes, values of JSON, TOML, CSV and arrays, tensors, and things that are no files."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

Damage = Callable[[Random, bytes], bytes]

_DEEP, _HUGE = "@deep@", "@huge@"
_MANY_DIGITS = "9" * 5000
_TYPES = ("int8", "uint64", "float16", "complex64", "bool", "M8[s]")
_TEXTS = {f'"{_DEEP}"': "[" * 100_000 + "]" * 100_000, f'"{_HUGE}"': _MANY_DIGITS}
_VALUES: tuple[Any, ...] = (
    *(None, True, False, -1, 0, 2, 10**12, 2**63, 10**40, 0.5, -0.5, 1e308, float("nan"), float("inf")),
    *("", "x", "nan", "\ud800", "\x1b[31m", "a\nb", "é" * 300, _DEEP, _HUGE),
    *([], {}, [None], [[]], {"a": {}}, [1, "x"], {"": None}),
)


def flip(random: Random, content: bytes) -> bytes:
    """Some bits are flipped."""
    damaged = bytearray(content)
    for _ in range(random.choice((1, 1, 2, 8))):
        damaged[random.randrange(len(damaged))] ^= 1 << random.randrange(8)
    return bytes(damaged)


def cut(random: Random, content: bytes) -> bytes:
    """The end, the beginning or a piece is missing."""
    start, end = sorted((random.randrange(len(content) + 1), random.randrange(len(content) + 1)))
    return random.choice((content[:start], content[start:], content[:start] + content[end:]))


def overwrite(random: Random, content: bytes) -> bytes:
    """A piece is zeros, or other bytes."""
    start, end = sorted((random.randrange(len(content) + 1), random.randrange(len(content) + 1)))
    piece = bytes(end - start) if random.random() < 0.5 else random.randbytes(end - start)
    return content[:start] + piece + content[end:]


def repeat(random: Random, content: bytes) -> bytes:
    """A piece is there twice."""
    start, end = sorted((random.randrange(len(content) + 1), random.randrange(len(content) + 1)))
    return content[:end] + content[start:]


def json_value(random: Random, content: bytes) -> bytes:
    """One value of a JSON document is another one, or missing."""
    return _dumped(_changed(random, json.loads(content)))


def json_line(random: Random, content: bytes) -> bytes:
    """One value of one line of a JSON Lines file is another one, or missing."""
    lines = content.splitlines()
    place = random.randrange(len(lines))
    lines[place] = _dumped(_changed(random, json.loads(lines[place])))
    return b"\n".join(lines) + b"\n"


def lines(random: Random, content: bytes) -> bytes:
    """The lines are in another order, or some are missing or there twice."""
    all_lines = content.splitlines(keepends=True)
    chosen = random.choices(all_lines, k=random.randint(0, len(all_lines) + 1))
    return b"".join(random.choice((chosen, random.sample(all_lines, len(all_lines)))))


def toml_line(random: Random, content: bytes) -> bytes:
    """A line has another value, or another line is added."""
    values = ("[1, 'a']", "{a = {}}", "nan", "1979-05-27", "-1", "''", "true", "[[[]]]", _MANY_DIGITS, "[" * 5000)
    names = ("seed", "noise", "about", "oracle", "preset", "keys", "grid", "rounds", "theme", "largest", "lr")
    tables = ("[session]", "[app]", "[keys]", "[keys.classes]", "[[grid]]", "[settings]", "[grid.x]", "[[settings]]")
    all_lines = content.decode().splitlines()
    added = random.choice((f"{random.choice(names)} = {random.choice(values)}", random.choice(tables)))
    place = random.randrange(len(all_lines) + 1)
    name, sign, _ = all_lines[min(place, len(all_lines) - 1)].partition("=")
    changed = f"{name}= {random.choice(values)}" if sign else added
    return "\n".join([*all_lines[:place], random.choice((added, changed)), *all_lines[place + 1 :]]).encode()


def csv_cell(random: Random, content: bytes) -> bytes:
    """A cell has another text."""
    table = list(csv.reader(io.StringIO(content.decode())))
    row = random.choice(table)
    row[random.randrange(len(row))] = random.choice(
        ("", "nan", "-1", "1e999", "x", "\x1b[31m", '"', "a\nb", "../x", _MANY_DIGITS)
    )
    text = io.StringIO()
    csv.writer(text).writerows(table)
    return text.getvalue().encode(errors="surrogatepass")


def array(random: Random, content: bytes) -> bytes:
    """One array of an npz file has another type, shape or other values, or is missing."""
    with np.load(io.BytesIO(content)) as file:
        arrays = {name: file[name] for name in file.files}
    name = random.choice(list(arrays))
    values = arrays[name]
    number = np.random.default_rng(random.getrandbits(32))
    changes: list[Callable[[], Any]] = [
        lambda: values[: len(values) // 2],
        lambda: np.concatenate([values, values]),
        lambda: values[..., None],
        lambda: values.reshape(-1)[:0],
        lambda: np.zeros((), dtype=values.dtype),
        lambda: values.astype(str),
        lambda: values.astype(object),
        lambda: np.full_like(values, number.integers(-3, 120)),
        lambda: np.full(values.shape, np.nan),
        lambda: np.full(values.shape, 10**12),
        lambda: np.full(values.shape, "\ud800"),
        lambda: np.zeros(values.shape, dtype=random.choice(_TYPES)),
        lambda: number.permutation(values),
    ]
    choice = random.randrange(len(changes) + 2)
    if choice < len(changes):
        try:
            arrays[name] = changes[choice]()
        except (TypeError, ValueError):
            arrays[name] = np.arange(3)
    else:
        del arrays[name]
    if choice == len(changes) + 1:
        arrays["other"] = values
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def tensor(random: Random, content: bytes) -> bytes:
    """One tensor of a safetensors file has another name, type or shape, or is missing."""
    import safetensors.torch
    import torch

    tensors = safetensors.torch.load(content)
    name = random.choice(list(tensors))
    value = tensors.pop(name)
    renamed = {f"{name}.x": value}
    others: list[dict[str, Any]] = [
        renamed,
        {},
        {name: value.flatten()[:1]},
        {name: torch.stack([value, value])},
        {name: torch.zeros(0)},
        {name: value.to(torch.complex64)},
        {name: torch.full_like(value, 10**6 if not value.is_floating_point() else float("nan"))},
        {name: value.to(torch.int8)},
    ]
    return safetensors.torch.save({**tensors, **random.choice(others)})


BYTES: tuple[Damage, ...] = (flip, cut, overwrite, repeat)


def put_no_file(random: Random, path: Path) -> str:
    """Replace a file by something that is none; returns what."""
    path.unlink()
    what = random.choice(("folder", "fifo", "dangling link", "loop", "link to a folder", "endless device", "nothing"))
    match what:
        case "folder":
            path.mkdir()
        case "fifo":
            os.mkfifo(path)
        case "dangling link":
            path.symlink_to(path.with_name("nowhere"))
        case "loop":
            path.symlink_to(path)
        case "link to a folder":
            path.symlink_to("/")
        case "endless device":
            path.symlink_to("/dev/zero")
    return what


def _changed(random: Random, document: Any) -> Any:
    """The document with a value at a random place replaced, removed or added."""
    parent: Any = None
    key: Any = None
    here = document
    while isinstance(here, dict | list) and here and (parent is None or random.random() < 0.8):
        parent, key = here, random.choice(list(here) if isinstance(here, dict) else range(len(here)))
        here = here[key]
    if parent is None:
        return random.choice(_VALUES)
    action = random.random()
    if action < 0.7:
        parent[key] = random.choice(_VALUES)
    elif action < 0.85:
        del parent[key]
    elif isinstance(parent, list):
        parent.append(here)
    else:
        parent["other"] = here
    return document


def _dumped(document: Any) -> bytes:
    text = json.dumps(document)
    for placeholder, stands_for in _TEXTS.items():
        text = text.replace(placeholder, stands_for)
    return text.encode()
