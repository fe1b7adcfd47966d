"""Macro-F1 against labels, as an inline SVG."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil, floor

from alc_tui.session.store.records import RoundRecord

_WIDTH, _HEIGHT = 640, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 50, 20, 15, 40
"""The margins around the plot, in SVG units."""


def f1_curve(rounds: Sequence[RoundRecord]) -> str:
    """The macro-F1 of each round with its 95% interval, where there is one, against the labels decided so far."""
    low, high = _range(rounds)
    most = max(1, rounds[-1].decided_total)

    def x(record: RoundRecord) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * record.decided_total / most

    def y(value: float) -> float:
        return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * (value - low) / (high - low)

    points = [(x(record), y(record.macro_f1.best)) for record in rounds]
    edges = [(x(record), *map(y, record.interval.macro_f1)) for record in rounds if record.interval is not None]
    band = [(at, end) for at, _, end in edges] + [(at, start) for at, start, _ in reversed(edges)]
    dots = [
        f'<circle cx="{at:.1f}" cy="{height:.1f}" r="4"><title>round {record.round}: {record.macro_f1.best:.3f} after '
        f"{record.decided_total:,} labels</title></circle>"
        for record, (at, height) in zip(rounds, points, strict=True)
    ]
    return "\n".join(
        [
            f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" role="img" aria-label="macro-F1 by labels">',
            *(_horizontal(low + (high - low) * part / 4, y) for part in range(5)),
            *(
                f'<text x="{x(r):.1f}" y="{_HEIGHT - 20}" text-anchor="middle">{r.decided_total:,}</text>'
                for r in rounds
            ),
            f'<text x="{_WIDTH / 2:.0f}" y="{_HEIGHT - 3}" text-anchor="middle">labels</text>',
            f'<polygon class="band" points="{_joined(band)}"/>' if len(edges) > 1 else "",
            f'<polyline class="line" points="{_joined(points)}"/>',
            *dots,
            "</svg>",
        ]
    )


def _range(rounds: Sequence[RoundRecord]) -> tuple[float, float]:
    """The values at the lower and the upper end of the plot, tenths in [0, 1]."""
    values = [record.macro_f1.best for record in rounds]
    for record in rounds:
        values += record.interval.macro_f1 if record.interval is not None else ()
    low, high = max(0.0, floor(10 * min(values)) / 10), min(1.0, ceil(10 * max(values)) / 10)
    return (low, high) if high > low else (max(0.0, low - 0.1), min(1.0, high + 0.1))


def _horizontal(value: float, y: Callable[[float], float]) -> str:
    height = y(value)
    return (
        f'<line class="axis" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{height:.1f}" y2="{height:.1f}"/>'
        f'<text x="{_LEFT - 6}" y="{height + 4:.1f}" text-anchor="end">{value:.3g}</text>'
    )


def _joined(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
