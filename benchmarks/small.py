"""The smallest data and settings on which the scripts run, to see whether they work."""

from __future__ import annotations

from pathlib import Path

from tests.session.small import draw_colors

SETTINGS = (
    *("--backbone", "small", "--weights", "none", "--device", "cpu", "--image-size", "16", "--batch-size", "16"),
    *("--epochs", "2", "--round-epochs", "1", "--warmup", "1"),
)
"""Options of `alc session new`."""


def dataset(root: Path) -> list[str]:
    """Draw 72 images of three classes below `root`; returns the options that name them."""
    return ["--dataset", f"folder:{draw_colors(root / 'images')}"]


def images(root: Path) -> list[Path]:
    """Draw 24 images below `root`."""
    return sorted(draw_colors(root / "images", per_class=8).rglob("*.png"))
